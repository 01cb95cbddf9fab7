import { Agent, request } from 'node:https';
import { CallRefusedError, ServiceUnavailableError, UnreachableError, WorkloadNotFoundError } from '#domain/errors.ts';

export interface KubernetesAccess {
  /** `https://host[:port]` */
  readonly endpoint: string;
  /** PEM of the cluster's own authority. */
  readonly ca: string;
  readonly token: () => Promise<string>;
}

interface Status {
  readonly message?: string;
}

/**
 * The few requests that the pipeline makes of a Kubernetes API: GET and merge patch of one object. The official client is 1.5 MB of
 * bundle for them. Throws UnreachableError (no answer in `timeoutMs`), WorkloadNotFoundError (404), ServiceUnavailableError (429, 5xx),
 * CallRefusedError.
 */
export const kubernetesApi = ({ endpoint, ca, token }: KubernetesAccess, timeoutMs: number) => {
  const agent = new Agent({ ca, keepAlive: true, maxSockets: 8, timeout: timeoutMs });

  const send = async (method: 'GET' | 'PATCH', path: string, body?: unknown): Promise<unknown> => {
    const what = `${method} ${path}`;
    const bearer = await token();
    const { status, text } = await new Promise<{ status: number; text: string }>((resolve, reject) => {
      const call = request(
        new URL(path, endpoint),
        {
          method,
          agent,
          signal: AbortSignal.timeout(timeoutMs),
          headers: {
            authorization: `Bearer ${bearer}`,
            accept: 'application/json',
            ...(body === undefined ? {} : { 'content-type': 'application/merge-patch+json' }),
          },
        },
        (answer) => {
          let received = '';
          answer.setEncoding('utf8');
          answer.on('data', (chunk: string) => {
            received += chunk;
          });
          answer.on('error', reject);
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: received }));
        },
      );
      call.on('error', reject);
      call.end(body === undefined ? undefined : JSON.stringify(body));
    }).catch((error: Error) => {
      const cause = (error.cause as Error | undefined) ?? error;
      const said = cause.name === 'TimeoutError' ? `no answer in ${timeoutMs} ms` : cause.message;
      throw new UnreachableError(`${what} at ${endpoint}: ${said}`, { cause: error });
    });
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      parsed = { message: text.slice(0, 200) };
    }
    if (status < 300) return parsed;
    const says = `${what}: ${status} ${(parsed as Status).message ?? ''}`;
    if (status === 404) throw new WorkloadNotFoundError(says);
    if (status === 429 || status >= 500) throw new ServiceUnavailableError(says);
    throw new CallRefusedError(says);
  };

  return {
    get: (path: string) => send('GET', path),
    patch: (path: string, body: unknown) => send('PATCH', path, body),
  };
};

export type KubernetesApi = ReturnType<typeof kubernetesApi>;
