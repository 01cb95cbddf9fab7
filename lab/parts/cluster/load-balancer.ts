import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { PODS, SERVICES } from './kube/resources.ts';
import { matchesLabels } from './kube/selectors.ts';
import type { Store } from './kube/store.ts';
import type { Pod, Service } from './kube/types.ts';
import { isReady } from './pods/deployment-status.ts';

interface Backend {
  readonly pod: string;
  readonly host: string;
  readonly port: number;
  readonly agent: Agent;
  inFlight: number;
}

/** Longer than the application's own bound of 2 s: its 503 with a reason comes before ours. */
const UPSTREAM_TIMEOUT_MS = 10_000;
const SAFE = new Set(['GET', 'HEAD']);

const refuse = (response: ServerResponse, status: number, reason: string): void => {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = JSON.stringify({ error: reason, reason });
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
};

/** In front of the ready pods that the Services of type LoadBalancer select; the one with the fewest requests gets the next. */
export const createLoadBalancer = (store: Store): Server => {
  const backends = new Map<string, Backend>();

  const refresh = (): void => {
    const services = (store.list(SERVICES) as Service[]).filter(
      ({ spec }) => spec.type === 'LoadBalancer' && spec.selector,
    );
    const serving = (store.list(PODS) as Pod[]).filter(
      (pod) =>
        !pod.metadata.deletionTimestamp &&
        isReady(pod) &&
        services.some(
          ({ spec, metadata }) =>
            metadata.namespace === pod.metadata.namespace && matchesLabels(spec.selector, pod.metadata.labels),
        ),
    );
    // A restarted process has another port: the same pod is then another backend.
    const keys = new Map(serving.map((pod) => [`${pod.metadata.name}:${pod.metadata.annotations?.['lab/port']}`, pod]));
    for (const key of backends.keys()) if (!keys.has(key)) backends.delete(key);
    for (const [key, pod] of keys) {
      if (backends.has(key)) continue;
      const agent = new Agent({ keepAlive: true });
      const { name, annotations } = pod.metadata;
      backends.set(key, {
        pod: name,
        host: pod.status?.podIP ?? '',
        port: Number(annotations?.['lab/port']),
        agent,
        inFlight: 0,
      });
    }
  };
  store.subscribe(({ resource }) => {
    if (resource === PODS || resource === SERVICES) refresh();
  });

  let turn = 0;
  const choose = (except?: Backend): Backend | undefined => {
    const candidates = [...backends.values()].filter((backend) => backend !== except);
    turn += 1;
    const rotated = candidates.map((_, index) => candidates[(index + turn) % candidates.length] as Backend);
    return rotated.reduce<Backend | undefined>(
      (best, next) => (!best || next.inFlight < best.inFlight ? next : best),
      undefined,
    );
  };

  const forward = (incoming: IncomingMessage, response: ServerResponse, backend: Backend, mayRetry: boolean): void => {
    backend.inFlight += 1;
    let done = false;
    const finish = (): void => {
      if (!done) backend.inFlight -= 1;
      done = true;
    };
    const { host, port, agent } = backend;
    const headers = { ...incoming.headers, 'x-forwarded-for': incoming.socket.remoteAddress ?? '' };
    const upstream = request({ host, port, agent, method: incoming.method, path: incoming.url, headers });
    upstream.setTimeout(UPSTREAM_TIMEOUT_MS, () => upstream.destroy(new Error('upstream-timeout')));
    upstream.on('response', (answer) => {
      const { connection: _connection, 'keep-alive': _keepAlive, ...rest } = answer.headers;
      response.writeHead(answer.statusCode ?? 502, rest);
      answer.pipe(response);
      answer.on('close', finish);
      answer.on('error', () => response.destroy());
    });
    upstream.on('error', (error) => {
      if (done) return;
      finish();
      const next = mayRetry && !response.headersSent ? choose(backend) : undefined;
      if (next) forward(incoming, response, next, false);
      else refuse(response, error.message === 'upstream-timeout' ? 504 : 502, error.message);
    });
    response.on('close', () => {
      if (!response.writableFinished) upstream.destroy();
    });
    if (mayRetry) upstream.end();
    else incoming.pipe(upstream);
  };

  const server = createServer((incoming, response) => {
    if (incoming.url === '/lb-status') {
      const body = [...backends.values()].map(({ pod, host, port, inFlight }) => ({ pod, host, port, inFlight }));
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ backends: body }));
      return;
    }
    const backend = choose();
    if (!backend) return refuse(response, 503, 'no-ready-replica');
    forward(incoming, response, backend, SAFE.has(incoming.method ?? ''));
  });
  server.keepAliveTimeout = 60_000;
  return server;
};
