import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Address } from '#lab/addresses.ts';
import type { Part } from '#lab/contract.ts';
import type { ReceiverMode } from './smtp-receiver.ts';

export interface ReceivedRequest {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface WebhookReceiver extends Part {
  readonly address: Address;
  readonly requests: readonly ReceivedRequest[];
  /** `refuse`: 503 to each request; `hang`: no answer. Neither keeps the request. */
  setMode(mode: ReceiverMode): void;
  /** Called with each kept request; used to confirm SNS subscriptions. */
  onRequest(listener: (request: ReceivedRequest) => void): void;
  /** Resolves with the first request, of those here and those to come, that fits. Rejects after `withinMs`. */
  waitForRequest(fits: (request: ReceivedRequest) => boolean, withinMs?: number): Promise<ReceivedRequest>;
}

/** Takes every request on every path, answers 200, and keeps it in memory. */
export const createWebhookReceiver = async ({ address }: { address: Address }): Promise<WebhookReceiver> => {
  const requests: ReceivedRequest[] = [];
  const arrivals = new EventEmitter().setMaxListeners(0);
  let mode: ReceiverMode = 'accept';

  const server = createServer(async (request, response) => {
    const body = await text(request).catch(() => undefined);
    if (mode === 'hang' || body === undefined) return;
    if (mode === 'refuse') return void response.writeHead(503).end('refused on purpose\n');
    const received: ReceivedRequest = {
      at: Date.now(),
      method: request.method ?? '',
      path: request.url ?? '/',
      headers: request.headers,
      body,
    };
    requests.push(received);
    response.writeHead(200, { 'content-type': 'text/plain' }).end('ok\n');
    arrivals.emit('request', received);
  });
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(address.port, address.host, resolve),
  );

  return {
    address,
    requests,
    setMode(next) {
      mode = next;
    },
    onRequest: (listener) => void arrivals.on('request', listener),
    async waitForRequest(fits, withinMs = 5_000) {
      const signal = AbortSignal.timeout(withinMs);
      for (;;) {
        const found = requests.find(fits);
        if (found !== undefined) return found;
        await once(arrivals, 'request', { signal });
      }
    },
    async stop() {
      server.closeAllConnections();
      if (server.listening) await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};
