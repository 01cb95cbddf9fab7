/** Who calls: AWS Signature Version 4 parsed and checked for real, by signing again with the caller's secret. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { SignatureV4 } from '@smithy/signature-v4';

/** The credential scope that a request claims. */
export interface Scope {
  readonly accessKeyId: string;
  readonly region: string;
  /** Signing name, e.g. `monitoring`. */
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

/** What was sent, as bytes: the signature covers the body before any decoding. */
export interface SignedRequest {
  readonly method: string;
  /** Path as on the wire, still escaped, without the query. */
  readonly path: string;
  readonly query: ReadonlyMap<string, readonly string[]>;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256\s+Credential=(?<key>.+?)\/\d{8}\/(?<region>[^/]+)\/(?<service>[^/]+)\/aws4_request,\s*SignedHeaders=(?<signed>[^,\s]+),\s*Signature=(?<signature>[0-9a-f]+)$/;

/** The scope of an Authorization header, or undefined if it is no SigV4 header. */
export const parseAuthorization = (header: string | undefined): Scope | undefined => {
  const found = header?.match(AUTHORIZATION)?.groups;
  if (!found) return undefined;
  const { key = '', region = '', service = '', signed = '', signature = '' } = found;
  return { accessKeyId: key, region, service, signedHeaders: signed.split(';'), signature };
};

const ROLE_KEY = 'LABROLE';

/** Role behind an access key (`LABROLE` + role name), or undefined for the person's own key. */
export const roleOf = (accessKeyId: string): string | undefined =>
  accessKeyId.startsWith(ROLE_KEY) && accessKeyId.length > ROLE_KEY.length
    ? accessKeyId.slice(ROLE_KEY.length)
    : undefined;

/** Secret of an access key by the lab's rule, or undefined if no such key can exist. */
export const labSecret = (accessKeyId: string): string | undefined => {
  if (accessKeyId === 'LABPERSON') return 'secret-person';
  const role = roleOf(accessKeyId);
  return role === undefined ? undefined : `secret-${role}`;
};

type Source = string | ArrayBuffer | ArrayBufferView;

const bytesOf = (data: Source): string | Uint8Array => {
  if (typeof data === 'string') return data;
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
};

/** Node's own SHA-256 in the form that the signer asks for. */
class Sha256 {
  readonly #hash;
  constructor(key?: Source) {
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(key));
  }
  update(data: Source): void {
    this.#hash.update(bytesOf(data));
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {
    throw new Error('a hash is used once');
  }
}

/** `20260102T030405Z` -> milliseconds since the epoch, or NaN. */
const parseAmzDate = (text: string): number =>
  Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));

/** AWS refuses signatures older or newer than 15 minutes (docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html). */
const MAX_SKEW_MS = 15 * 60_000;

/** Why the signature is not valid, in AWS's words, or undefined if it is. */
export const signatureProblem = async (
  request: SignedRequest,
  scope: Scope,
  secret: string,
  now: number,
): Promise<string | undefined> => {
  const text = request.headers['x-amz-date'] ?? request.headers.date ?? '';
  const at = parseAmzDate(String(text));
  if (Number.isNaN(at)) return 'Date in the request is missing or has a wrong format.';
  if (Math.abs(now - at) > MAX_SKEW_MS)
    return `Signature expired or not yet current: ${text} is not within 15 min. of the server's time.`;
  const claimed = request.headers['x-amz-content-sha256'];
  if (typeof claimed === 'string' && /^[0-9a-f]{64}$/.test(claimed)) {
    if (createHash('sha256').update(request.body).digest('hex') !== claimed)
      return 'The provided x-amz-content-sha256 header does not match what was computed.';
  }

  const headers: Record<string, string> = {};
  for (const name of scope.signedHeaders) headers[name] = String(request.headers[name] ?? '');
  const signer = new SignatureV4({
    credentials: { accessKeyId: scope.accessKeyId, secretAccessKey: secret },
    region: scope.region,
    service: scope.service,
    sha256: Sha256,
    uriEscapePath: scope.service !== 's3',
    applyChecksum: false,
  });
  const signed = await signer.sign(
    {
      method: request.method,
      protocol: 'http:',
      hostname: headers.host ?? '',
      path: request.path,
      query: Object.fromEntries([...request.query].map(([key, values]) => [key, [...values]])),
      // The payload's hash comes from this header where it is sent, else from the body.
      headers:
        claimed === undefined || headers['x-amz-content-sha256']
          ? headers
          : { ...headers, 'x-amz-content-sha256': String(claimed) },
      body: request.body,
    },
    { signingDate: new Date(at), signableHeaders: new Set(scope.signedHeaders) },
  );
  const expected = Buffer.from(parseAuthorization(signed.headers.authorization)?.signature ?? '');
  const given = Buffer.from(scope.signature);
  if (expected.length === given.length && timingSafeEqual(expected, given)) return undefined;
  return 'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.';
};
