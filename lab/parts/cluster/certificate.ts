import { isIP } from 'node:net';
import { generate } from 'selfsigned';

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** A certificate for one host that is its own authority: clients get it as `certificate-authority-data`. Valid for a year. */
export const selfSigned = async (host: string): Promise<Certificate> => {
  const address = isIP(host) ? { type: 7 as const, ip: host } : { type: 2 as const, value: host };
  const made = await generate([{ name: 'commonName', value: host }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: [address] },
    ],
  });
  return { key: made.private, cert: made.cert };
};
