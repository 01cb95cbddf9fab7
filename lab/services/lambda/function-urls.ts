import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Address } from '#lab/addresses.ts';
import type { Log, Part } from '#lab/contract.ts';

/** Lambda takes 6 MB. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MOST_BYTES = 6 * 1024 * 1024;

export interface FunctionUrls extends Part {
  add(functionArn: string): string;
}

interface Options {
  readonly address: Address;
  readonly log: Log;
  /** Whether anyone may call the function by its URL. */
  permits(functionArn: string): boolean;
  invoke(functionArn: string, event: unknown): Promise<{ readonly payload: unknown; readonly functionError?: string }>;
}

interface Answer {
  readonly statusCode?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
}

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += (part as Buffer).length;
    if (bytes > MOST_BYTES) throw new Error('the body is too large');
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts);
};

/** Payload format 2.0. https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads */
const eventOf = (request: IncomingMessage, url: URL, rawPath: string, body: Buffer) => {
  const query = Object.fromEntries(url.searchParams);
  const now = new Date();
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString: url.search.slice(1),
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, [value].flat().join(',')]),
    ),
    ...(url.search !== '' && { queryStringParameters: query }),
    requestContext: {
      accountId: 'anonymous',
      domainName: url.host,
      http: {
        method: request.method ?? 'GET',
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? '',
        userAgent: request.headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey: '$default',
      stage: '$default',
      time: now.toUTCString(),
      timeEpoch: now.getTime(),
    },
    ...(body.length > 0 && { body: body.toString('base64') }),
    isBase64Encoded: body.length > 0,
  };
};

/** Serves the URLs of functions (AuthType NONE): on AWS each has a host name of its own, here the first part of the path. */
export const createFunctionUrls = async ({ address, log, permits, invoke }: Options): Promise<FunctionUrls> => {
  const base = `http://${address.host}:${address.port}`;
  const functions = new Map<string, string>();

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', base);
    const [, name = '', ...rest] = url.pathname.split('/');
    const arn = functions.get(name);
    if (arn === undefined || !permits(arn)) {
      response.writeHead(403, { 'content-type': 'application/json' }).end('{"Message":"Forbidden"}');
      return;
    }
    const { payload, functionError } = await invoke(
      arn,
      eventOf(request, url, `/${rest.join('/')}`, await bodyOf(request)),
    );
    if (functionError !== undefined) {
      response.writeHead(502, { 'content-type': 'text/plain' }).end('Internal Server Error');
      return;
    }
    const { statusCode = 200, headers = {}, body = '', isBase64Encoded } = (payload ?? {}) as Answer;
    response.writeHead(statusCode, headers).end(isBase64Encoded ? Buffer.from(body, 'base64') : body);
  };

  const server = createServer((request, response) => {
    serve(request, response).catch((error: Error) => {
      log('function-urls', error.message);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, resolve);
  });

  return {
    add: (arn) => {
      const name = (arn.split(':').at(-1) ?? arn).toLowerCase();
      functions.set(name, arn);
      return `${base}/${name}/`;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
