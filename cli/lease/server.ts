import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Keeper, Standing } from './keeper.ts';

export interface SidecarOptions {
  readonly keeper: Keeper;
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly renewEveryMs: number;
  readonly log: (event: string, data?: Readonly<Record<string, unknown>>) => void;
}

export interface Sidecar {
  readonly port: number;
  stop(): Promise<void>;
}

/** While it is not held it is asked for so many times as often: who is granted it should write soon. */
const EAGERNESS = 3;
/** Whoever asks before the first answer of the third site waits for it, but no longer. */
const FIRST_ANSWER_WITHIN_MS = 1_000;

const send = (response: ServerResponse, status: number, body: object): void => {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
};

/** What is worth a line: a change, never each renewal. */
const sayChange = (before: Standing | null, now: Standing, log: SidecarOptions['log']): void => {
  if (before?.held === now.held && (now.held || (!before.held && before.reason === now.reason))) return;
  if (now.held) log('held', { epoch: now.epoch, remainingMs: now.remainingMs });
  else log('not-held', { reason: now.reason });
};

/**
 * Renews for as long as it runs, and answers on loopback: `GET /lease` 200 with the milliseconds that are left, or 503 with the reason;
 * `GET /health` says that the process lives, whatever the third site says: a pod must not be taken out because writes are refused.
 */
export const startSidecar = async ({ keeper, host, port, renewEveryMs, log }: SidecarOptions): Promise<Sidecar> => {
  const over = new AbortController();
  let before: Standing | null = null;

  const attempt = async (): Promise<void> => {
    await keeper.attempt();
    const now = keeper.standing();
    sayChange(before, now, log);
    before = now;
  };
  let first: Promise<void> = Promise.resolve();

  const answer = async (path: string | undefined, response: ServerResponse): Promise<void> => {
    if (path === '/health') return send(response, 200, { status: 'ok' });
    if (path !== '/lease') return send(response, 404, { error: `there is no ${path}: GET /lease, GET /health` });
    await Promise.race([first, delay(FIRST_ANSWER_WITHIN_MS, undefined, { ref: false })]);
    const standing = keeper.standing();
    send(response, standing.held ? 200 : 503, standing);
  };

  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (request.method === 'GET') void answer(path, response);
    else send(response, 405, { error: `only GET is answered, got ${request.method}` });
  });
  server.keepAliveTimeout = 65_000;
  server.listen(port, host);
  await once(server, 'listening');
  const { port: chosen } = server.address() as AddressInfo;
  log('listening', { host, port: chosen });
  // Not before: a process that cannot listen must not renew.
  first = attempt();

  const renewing = (async () => {
    await first;
    while (!over.signal.aborted) {
      const every = keeper.standing().held ? renewEveryMs : renewEveryMs / EAGERNESS;
      await delay(every, undefined, { signal: over.signal }).catch(() => undefined);
      if (!over.signal.aborted) await attempt();
    }
  })();

  return {
    port: chosen,
    stop: async () => {
      over.abort();
      server.close();
      server.closeAllConnections();
      await renewing;
    },
  };
};
