import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { httpServiceProbe } from '#aws/http-service-probe.ts';
import { type Certificate, selfSigned } from '#lab/parts/cluster/certificate.ts';

/** By https: what the contract of the port proves by http. */
const NAME = 'api.example';
const authorities = tls.getCACertificates('default');
let certificate: Certificate;
let server: Server;
let base: string;
beforeEach(async () => {
  certificate = await selfSigned(NAME);
  server = createServer(certificate, (request, answer) =>
    answer.end(JSON.stringify({ region: 'us-west-2', host: request.headers.host })),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  tls.setDefaultCACertificates(authorities);
  server.closeAllConnections();
  server.close();
});

it("asks a load balancer's address by the service's name, whose certificate it has", async () => {
  tls.setDefaultCACertificates([...authorities, certificate.cert]);
  const answer = await httpServiceProbe().read(base, '/health', { host: NAME });
  expect(answer).toMatchObject({ status: 200, region: 'us-west-2', body: { host: NAME } });
});

it.each([
  ['its authority', () => undefined, NAME],
  ['its name', () => tls.setDefaultCACertificates([...authorities, certificate.cert]), 'other.example'],
])('a certificate that a client would refuse for %s is no answer', async (_what, trust, host) => {
  trust();
  await expect(httpServiceProbe().read(base, '/health', { host })).rejects.toMatchObject({ name: 'UnreachableError' });
});
