import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AppConfig, readConfig } from './config.ts';
import { DatabaseUnavailableError, openDatabase } from './database.ts';
import { type Answer, createRoutes } from './routes.ts';
import { createWriteLease, NO_LEASE } from './write-lease.ts';

/** The sample service, `svg-ai-api`: `node lab/app/server.ts`. One JSON line per event on stdout. */
const configured = (): AppConfig => {
  try {
    return readConfig(process.env);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exit(1);
  }
};
const config = configured();
const log = (event: string, data: Record<string, unknown> = {}): void => {
  process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), event, pod: config.pod, ...data })}\n`);
};
const database = openDatabase(config.database, config.pod, (error) =>
  log('idle-connection-lost', { reason: error.message }),
);
const lease = config.writeLeaseUrl === null ? NO_LEASE : createWriteLease(config.writeLeaseUrl);
const routes = createRoutes(config, database, lease);

const MAX_BODY_BYTES = 64 * 1024;
const OVERALL_TIMEOUT_MS = 1_900;
const DRAIN_TIMEOUT_MS = 5_000;

const readBody = async (request: IncomingMessage): Promise<unknown> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return undefined;
  }
};

/** An order takes up to two statements: the promise of 2 s is held for the whole request. */
const bounded = async (answer: Promise<Answer> | Answer): Promise<Answer> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new DatabaseUnavailableError('database-timeout', `no answer in ${OVERALL_TIMEOUT_MS} ms`)),
      OVERALL_TIMEOUT_MS,
    );
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
};

const answer = async (request: IncomingMessage): Promise<Answer> => {
  const path = (request.url ?? '/').split('?')[0];
  const route = routes[`${request.method} ${path}`];
  if (!route) return { status: 404, body: { error: `no route ${request.method} ${path}` } };
  const body = request.method === 'POST' ? await readBody(request) : undefined;
  try {
    return await bounded(route(body));
  } catch (error) {
    if (!(error instanceof DatabaseUnavailableError)) throw error;
    const { region, pod } = config;
    return {
      status: 503,
      body: { error: error.message, reason: error.reason, region, pod, databaseHost: config.database.host },
    };
  }
};

let draining = false;
const send = (response: ServerResponse, { status, body }: Answer): void => {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...(draining ? { connection: 'close' } : {}),
  });
  response.end(text);
};

const server = createServer((request, response) => {
  answer(request).then(
    (result) => send(response, result),
    (error: unknown) => {
      log('request-failed', { error: String(error) });
      if (!response.headersSent) send(response, { status: 500, body: { error: 'internal error' } });
    },
  );
});
/** Longer than the load balancer keeps an idle connection, so that it never sends into one that is being closed. */
server.keepAliveTimeout = 65_000;

const drain = (signal: string): void => {
  if (draining) return;
  draining = true;
  log('draining', { signal });
  setTimeout(() => process.exit(1), DRAIN_TIMEOUT_MS).unref();
  server.close(async () => {
    lease.close();
    await database.close().catch(() => undefined);
    log('stopped');
    process.exit(0);
  });
};
process.on('SIGTERM', () => drain('SIGTERM'));
process.on('SIGINT', () => drain('SIGINT'));

server.on('error', (error) => {
  log('cannot-listen', { error: error.message });
  process.exit(1);
});
server.listen(config.port, config.host, () => {
  const address = server.address();
  log('listening', { host: config.host, port: typeof address === 'object' ? address?.port : config.port });
});
