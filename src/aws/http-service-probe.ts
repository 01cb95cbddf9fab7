import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { UnreachableError } from '#domain/errors.ts';
import type { ProbeAnswer, ServiceProbe } from '#ports/service-probe.ts';

const TIMEOUT_MS = 1_000;
/** The start of an answer is enough to judge it. */
const MOST_BYTES = 64 * 1024;

const parseBody = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

const regionOf = (body: unknown): string | null => {
  const region = (body as { region?: unknown } | null | undefined)?.region;
  return typeof region === 'string' ? region : null;
};

interface Options {
  readonly host?: string;
  readonly timeoutMs?: number;
}

/**
 * A new connection and a new name look-up for each request: what a client that comes now would see. By https a certificate that a client would
 * refuse is no answer. Asked at a load balancer's own address the certificate is that of `host`, as a client is sent there by the service's name.
 */
export const httpServiceProbe = (): ServiceProbe => {
  const ask = (method: string, base: string, path: string, options: Options, body?: string): Promise<ProbeAnswer> =>
    new Promise((resolve, reject) => {
      const started = performance.now();
      const url = new URL(path, base);
      const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
      const fail = (cause: Error): void => {
        const said = cause.name === 'TimeoutError' ? `no answer in ${timeoutMs} ms` : cause.message;
        reject(new UnreachableError(`${method} ${url.href}: ${said}`, { cause }));
      };
      const request = url.protocol === 'https:' ? requestHttps : requestHttp;
      const call = request(
        url,
        {
          method,
          agent: false,
          ...(options.host ? { servername: options.host } : {}),
          // One bound for look-up, connection and answer together.
          signal: AbortSignal.timeout(timeoutMs),
          headers: {
            accept: 'application/json',
            ...(options.host ? { host: options.host } : {}),
            ...(body === undefined
              ? {}
              : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
          },
        },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8');
          answer.on('data', (chunk: string) => {
            if (text.length < MOST_BYTES) text += chunk;
          });
          answer.on('error', fail);
          answer.on('end', () => {
            const parsed = parseBody(text);
            const ms = Math.round((performance.now() - started) * 10) / 10;
            resolve({ status: answer.statusCode ?? 0, ms, region: regionOf(parsed), body: parsed });
          });
        },
      );
      call.on('error', (error) => fail((error.cause as Error | undefined) ?? error));
      call.end(body);
    });
  return {
    read: (base, path, options = {}) => ask('GET', base, path, options),
    write: (base, path, body, options = {}) => ask('POST', base, path, options, JSON.stringify(body)),
  };
};
