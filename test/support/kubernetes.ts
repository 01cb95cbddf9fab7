import { request } from 'node:https';
import type { Side } from '#domain/side.ts';
import type { Lab } from '#lab/lab.ts';

/** As kubectl would, with the token of the lab's kubeconfig. */
export const kubernetes = (lab: Lab, side: Side, path: string, method: string, body?: unknown): Promise<void> => {
  const { endpoint, caData, token } = lab.world.clusters[side];
  return new Promise((resolve, reject) => {
    const call = request(
      new URL(path, endpoint),
      {
        method,
        ca: Buffer.from(caData, 'base64').toString('utf8'),
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
        },
      },
      (answer) => {
        answer.resume();
        const ok = (answer.statusCode ?? 500) < 300;
        answer.on('end', () => (ok ? resolve() : reject(new Error(`${method} ${path}: ${answer.statusCode}`))));
      },
    );
    call.on('error', reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
};
