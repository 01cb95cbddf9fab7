import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { kubernetesApi } from '#aws/kubernetes-api.ts';
import { UnreachableError } from '#domain/errors.ts';
import { type Certificate, selfSigned } from '#lab/parts/cluster/certificate.ts';
import { attempt } from '#src/attempt.ts';
import { pieceOfWork } from '#src/work.ts';

const HOST = '127.0.0.1';
const servers: Server[] = [];
const close = (): void => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
};
afterEach(close);

/** A cluster of this certificate; gives where it listens. */
const serve = async (certificate: Certificate, requests: string[], port = 0): Promise<number> => {
  const server = createServer(certificate, (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    response.end('{}');
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, HOST, resolve));
  return (server.address() as AddressInfo).port;
};

it('a cluster that was built anew under its name is looked up once more, and each request is made once', async () => {
  const requests: string[] = [];
  const [first, second] = [await selfSigned(HOST), await selfSigned(HOST)];
  const port = await serve(first, requests);
  let ca = first.cert;
  let looks = 0;
  const find = async () => {
    looks += 1;
    return { endpoint: `https://${HOST}:${port}`, ca, token: async () => 'token' };
  };
  const api = kubernetesApi(find, 2_000);
  await api.get('/one');
  await api.get('/two');
  expect(looks).toBe(1);

  close();
  await serve(second, requests, port);
  ca = second.cert;
  await api.patch('/three', {});
  await api.get('/four');
  expect(looks).toBe(2);
  expect(requests).toEqual(['GET /one', 'GET /two', 'PATCH /three', 'GET /four']);
});

it('a cluster whose authority stays unknown is unreachable after two looks', async () => {
  const requests: string[] = [];
  const [known, other] = [await selfSigned(HOST), await selfSigned(HOST)];
  const port = await serve(other, requests);
  let looks = 0;
  const find = async () => {
    looks += 1;
    return { endpoint: `https://${HOST}:${port}`, ca: known.cert, token: async () => 'token' };
  };
  await expect(kubernetesApi(find, 2_000).get('/one')).rejects.toThrow(UnreachableError);
  expect(looks).toBe(2);
  expect(requests).toEqual([]);
});

it('a look that failed is made again by the next request', async () => {
  const requests: string[] = [];
  const certificate = await selfSigned(HOST);
  const port = await serve(certificate, requests);
  let looks = 0;
  const find = async () => {
    looks += 1;
    if (looks === 1) throw new UnreachableError('EKS does not answer');
    return { endpoint: `https://${HOST}:${port}`, ca: certificate.cert, token: async () => 'token' };
  };
  const api = kubernetesApi(find, 2_000);
  await expect(api.get('/one')).rejects.toThrow('EKS does not answer');
  await api.get('/two');
  expect(requests).toEqual(['GET /two']);
});

it('a kept connection that the server has closed meanwhile costs nothing; a server that has gone is unreachable', async () => {
  const requests: string[] = [];
  const certificate = await selfSigned(HOST);
  const port = await serve(certificate, requests);
  const find = async () => ({ endpoint: `https://${HOST}:${port}`, ca: certificate.cert, token: async () => 'token' });
  const api = kubernetesApi(find, 2_000);
  await api.get('/one');
  for (const server of servers) server.closeAllConnections();
  await api.patch('/two', {});
  expect(requests).toEqual(['GET /one', 'PATCH /two']);
  close();
  await expect(api.get('/three')).rejects.toThrow(UnreachableError);
});

it('nothing is asked for work that is over, and a look that it began serves the next', async () => {
  const requests: string[] = [];
  const certificate = await selfSigned(HOST);
  const endpoint = `https://${HOST}:${await serve(certificate, requests)}`;
  const found = Promise.withResolvers<void>();
  let looks = 0;
  const find = async () => {
    looks += 1;
    await found.promise;
    return { endpoint, ca: certificate.cert, token: async () => 'token' };
  };
  const api = kubernetesApi(find, 2_000);
  const time = new AbortController();
  const ended = pieceOfWork(() => api.patch('/scale', { spec: { replicas: 0 } }), time.signal);
  time.abort();
  const next = pieceOfWork(() => api.get('/one'));
  found.resolve();
  await expect(ended).rejects.toThrow(UnreachableError);
  await next;
  expect(requests).toEqual(['GET /one']);
  expect(looks).toBe(1);
});

it('a request under way ends with its work', async () => {
  const certificate = await selfSigned(HOST);
  const silent = createServer(certificate, () => undefined);
  servers.push(silent);
  await new Promise<void>((resolve) => silent.listen(0, HOST, resolve));
  const endpoint = `https://${HOST}:${(silent.address() as AddressInfo).port}`;
  const api = kubernetesApi(async () => ({ endpoint, ca: certificate.cert, token: async () => 'token' }), 60_000);
  let asked: Promise<unknown> = Promise.resolve();
  const given = await attempt(() => {
    asked = api.patch('/scale', { spec: { replicas: 0 } });
    return asked;
  }, 200);
  expect(given.outcome).toBe('unreachable');
  await expect(asked).rejects.toThrow(UnreachableError);
});
