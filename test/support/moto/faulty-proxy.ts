import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Part } from '#lab/contract.ts';
import { collect } from '#lab/door/body.ts';
import { createFaults, type Faults } from '#lab/door/faults.ts';
import { parsePairs } from '#lab/door/query-string.ts';
import { parseAuthorization } from '#lab/door/signature.ts';
import { hear } from '#lab/door/wire.ts';

export interface FaultyProxy extends Part {
  readonly url: string;
  readonly faults: Faults;
}

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: Buffer;
}

/**
 * Stands between AWS clients and a moto server, and can do the faults of the lab's door: errors, delays, resets, lost answers. Calls go on one after the
 * other: moto answers in threads and looks at a condition and writes in two steps, so that of two conditional writes at once both may pass. On AWS one
 * does: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithItems.html#WorkingWithItems.ConditionalUpdate
 */
export const startFaultyProxy = async (target: string): Promise<FaultyProxy> => {
  const faults = createFaults();
  let last: Promise<unknown> = Promise.resolve();
  const forward = (method: string, path: string, headers: NodeJS.Dict<string | string[]>, body: Buffer) =>
    new Promise<Answer>((resolve, reject) => {
      const call = request(new URL(path, target), { method, headers, timeout: 30_000 }, (answer) => {
        collect(answer).then(
          (got) => resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: got }),
          reject,
        );
      });
      call.on('timeout', () => call.destroy(new Error('no answer in time')));
      call.on('error', reject);
      call.end(body);
    });

  const server = createServer(async (req, res) => {
    try {
      const body = await collect(req);
      const [path = '/', query = ''] = (req.url ?? '/').split(/\?(.*)/s);
      const scope = parseAuthorization(req.headers.authorization);
      const service = scope?.service ?? '';
      const { operation = '' } = hear(service, path, parsePairs(query), req.headers, body);
      const effects = faults.take({
        id: '',
        at: Date.now(),
        service,
        operation,
        region: scope?.region ?? '',
        accessKeyId: scope?.accessKeyId ?? '',
      });
      for (const effect of effects) {
        if (effect.kind === 'delay') await new Promise((resolve) => setTimeout(resolve, effect.ms));
        if (effect.kind === 'reset') return void req.socket.resetAndDestroy();
        if (effect.kind === 'throttle') return void res.writeHead(429).end();
        if (effect.kind === 'error') return void res.writeHead(effect.status ?? 500).end();
      }
      const next = last.then(() => forward(req.method ?? 'GET', req.url ?? '/', req.headers, body));
      last = next.catch(() => undefined);
      const answer = await next;
      if (effects.some(({ kind }) => kind === 'lose-answer')) return void req.socket.resetAndDestroy();
      res.writeHead(answer.status, answer.headers).end(answer.body);
    } catch {
      req.socket.resetAndDestroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};
