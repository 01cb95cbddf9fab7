import { request } from 'node:http';
import { createConnection } from 'node:net';

export interface ProbeTarget {
  readonly type: 'HTTP' | 'HTTP_STR_MATCH' | 'TCP';
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** Host header. */
  readonly hostName: string;
  readonly searchString: string | undefined;
}

export interface ProbeResult {
  readonly ok: boolean;
  /** As Route 53 reports it: `Success: HTTP Status Code 200, OK`. */
  readonly report: string;
}

/** Route 53 looks for the string in the first 5,120 bytes. */
const SEARCHED_BYTES = 5_120;

const failure = (reason: string): ProbeResult => ({ ok: false, report: `Failure: ${reason}` });

/** One check of an endpoint: 2xx and 3xx are healthy. Never rejects; an answer later than `timeoutMs` is a failure. */
export const probe = (target: ProbeTarget, timeoutMs: number): Promise<ProbeResult> =>
  target.type === 'TCP' ? probeTcp(target, timeoutMs) : probeHttp(target, timeoutMs);

const probeTcp = ({ host, port }: ProbeTarget, timeoutMs: number): Promise<ProbeResult> =>
  new Promise((resolve) => {
    const socket = createConnection({ host, port });
    const done = (result: ProbeResult): void => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(timeoutMs, () => done(failure('the connection timed out')));
    socket.once('connect', () => done({ ok: true, report: 'Success: TCP connection was established' }));
    socket.once('error', (error) => done(failure(error.message)));
  });

const probeHttp = (
  { host, port, path, hostName, searchString, type }: ProbeTarget,
  timeoutMs: number,
): Promise<ProbeResult> =>
  new Promise((resolve) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const headers = { host: hostName, 'user-agent': 'Amazon-Route53-Health-Check-Service' };
    const outgoing = request({ host, port, path, headers, signal, agent: false }, (response) => {
      const { statusCode = 0, statusMessage } = response;
      const line = `HTTP Status Code ${statusCode}, ${statusMessage}`;
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        if (body.length < SEARCHED_BYTES) body += chunk;
      });
      response.on('error', (error) => resolve(failure(error.message)));
      response.on('end', () => {
        if (statusCode < 200 || statusCode >= 400) return resolve(failure(line));
        if (type === 'HTTP_STR_MATCH' && !body.slice(0, SEARCHED_BYTES).includes(searchString ?? '')) {
          return resolve(failure('the response body did not contain the search string'));
        }
        resolve({ ok: true, report: `Success: ${line}` });
      });
    });
    outgoing.once('error', (error) => resolve(failure(signal.aborted ? 'the request timed out' : error.message)));
    outgoing.end();
  });
