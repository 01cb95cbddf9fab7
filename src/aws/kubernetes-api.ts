import { Agent, request } from 'node:https';
import { CallRefusedError, ServiceUnavailableError, UnreachableError, WorkloadNotFoundError } from '#domain/errors.ts';
import { presentSignal, readForAll } from '#src/work.ts';

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

/** How TLS says that the server's certificate is not of the authority that is known: OpenSSL's names, as Node gives them in `code`. */
const OTHER_AUTHORITY = new Set([
  'CERT_SIGNATURE_FAILURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

type NoAnswer = Error & { readonly code?: string };

/** The request went out on a connection that was kept from the one before. */
class KeptConnectionError extends Error {}

const causeOf = (error: Error): NoAnswer => (error.cause as NoAnswer | undefined) ?? error;

const wasClosed = (why: NoAnswer): boolean => why instanceof KeptConnectionError && causeOf(why).code === 'ECONNRESET';
const isOthers = (why: NoAnswer): boolean => OTHER_AUTHORITY.has(why.code ?? '');

const after =
  <T>(is: (why: NoAnswer) => boolean, repeat: () => Promise<T>) =>
  (error: Error): Promise<T> => {
    if (is(causeOf(error))) return repeat();
    throw error;
  };

/**
 * The few requests that the pipeline makes of a Kubernetes API: GET and merge patch of one object, and reviews of its own rights. The official client is
 * 1.5 MB of bundle for them. A process that was idle tries once more, at once, where the server had closed the connection that was kept
 * (https://nodejs.org/api/http.html#requestreusedsocket; each of these requests may be repeated), and where the cluster's authority has become
 * another: it was built anew under its name, and is looked up again. Throws UnreachableError (no answer in `timeoutMs`), WorkloadNotFoundError
 * (404), ServiceUnavailableError (429, 5xx), CallRefusedError.
 */
export const kubernetesApi = (find: () => Promise<KubernetesAccess>, timeoutMs: number) => {
  let known: Promise<KubernetesAccess & { readonly agent: Agent }> | undefined;
  const access = () => {
    const found = readForAll(find).then((place) => ({
      ...place,
      agent: new Agent({ ca: place.ca, keepAlive: true, maxSockets: 8, timeout: timeoutMs }),
    }));
    found.catch(forget);
    return found;
  };
  const forget = (): void => {
    known = undefined;
  };

  const exchange = async (method: 'GET' | 'PATCH' | 'POST', path: string, body?: unknown): Promise<unknown> => {
    const what = `${method} ${path}`;
    known ??= access();
    const { endpoint, agent, token } = await known;
    const bearer = await token();
    const late = AbortSignal.timeout(timeoutMs);
    const over = presentSignal();
    const { status, text } = await new Promise<{ status: number; text: string }>((resolve, reject) => {
      const call = request(
        new URL(path, endpoint),
        {
          method,
          agent,
          signal: over ? AbortSignal.any([late, over]) : late,
          headers: {
            authorization: `Bearer ${bearer}`,
            accept: 'application/json',
            ...(body === undefined
              ? {}
              : { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' }),
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
      call.on('error', (error) =>
        reject(call.reusedSocket ? new KeptConnectionError(error.message, { cause: error }) : error),
      );
      call.end(body === undefined ? undefined : JSON.stringify(body));
    }).catch((error: Error) => {
      const cause = causeOf(error);
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

  const send = (...asked: Parameters<typeof exchange>): Promise<unknown> => {
    const once = () => exchange(...asked);
    const found = () => {
      forget();
      return once();
    };
    return once().catch(after(wasClosed, once)).catch(after(isOthers, found));
  };

  return {
    get: (path: string) => send('GET', path),
    patch: (path: string, body: unknown) => send('PATCH', path, body),
    /** Of what creates nothing: reviews. */
    post: (path: string, body: unknown) => send('POST', path, body),
  };
};

export type KubernetesApi = ReturnType<typeof kubernetesApi>;
