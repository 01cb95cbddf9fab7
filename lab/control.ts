import { createServer, type IncomingMessage } from 'node:http';
import type { Address } from '#lab/addresses.ts';
import type { Part } from '#lab/contract.ts';

/** What the lab's control answers: one JSON object per path, or `{error}` with status 400. */
export type Actions = Readonly<Record<string, (body: Record<string, unknown>) => Promise<unknown> | unknown>>;

const bodyOf = async (request: IncomingMessage): Promise<Record<string, unknown>> => {
  let text = '';
  for await (const part of request) text += part;
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
};

/** The lab's own control: status, break, heal, down. Loopback only, JSON, `POST /<action>`. */
export const serveControl = async (address: Address, actions: Actions): Promise<Part> => {
  const server = createServer(async (request, response) => {
    const name = (request.url ?? '/').slice(1);
    const answer = (status: number, value: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value ?? {}));
    };
    try {
      const action = actions[name];
      if (!action) answer(404, { error: `unknown action "${name}"; there are: ${Object.keys(actions).join(', ')}` });
      else answer(200, await action(await bodyOf(request)));
    } catch (error) {
      answer(400, { error: error instanceof Error ? error.message : String(error) });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, resolve);
  });
  return {
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** What `fetch` met is in its cause. */
const reasonOf = ({ message, cause }: Error): string => (cause instanceof Error ? cause.message : message);

/** Nobody answered at the lab's control, or not in time. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

/** Calls an action of a running lab. Throws with the lab's own words when it refuses, NoAnswerError when it does not answer. */
export const callControl = async <T>(
  url: string,
  action: string,
  body: object = {},
  timeoutMs = 30_000,
): Promise<T> => {
  const ask = async () => {
    const answer = await fetch(`${url}/${action}`, {
      method: 'POST',
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
    return { answer, value: (await answer.json()) as T & { error?: string } };
  };
  const { answer, value } = await ask().catch((cause: Error) => {
    const why = cause.name === 'TimeoutError' ? `in ${timeoutMs / 1000} s` : `(${reasonOf(cause)})`;
    throw new NoAnswerError(`no answer ${why}`, { cause });
  });
  if (!answer.ok) throw new Error(value.error ?? `the lab answered ${answer.status}`);
  return value;
};
