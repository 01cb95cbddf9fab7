import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { pgDatabaseSession } from '#aws/pg-database-session.ts';
import { pieceOfWork } from '#src/work.ts';
import { type AwsServer, awsServer, describedReplica } from '#test/support/aws-server.ts';
import { examplePlan } from '#test/support/fakes/plan.ts';
import { AUTHENTICATED, done } from '#test/support/postgres-wire.ts';

const HOST = '127.0.0.1';

/** A server that takes a login and simple statements; `hold` keeps its answers back. */
const serve = async () => {
  const at = {
    statements: [] as string[],
    connections: 0,
    hold: new Set<'login' | 'statement'>(),
    held: [] as (() => void)[],
  };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    at.connections += 1;
    sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => undefined));
    const answer = (when: 'login' | 'statement', bytes: Buffer): void => {
      const send = () => socket.destroyed || socket.write(bytes);
      if (at.hold.has(when)) at.held.push(send);
      else send();
    };
    let isIn = false;
    socket.on('data', (bytes) => {
      if (!isIn) {
        isIn = true;
        answer('login', AUTHENTICATED);
      } else if (bytes[0] === 'Q'.charCodeAt(0)) {
        at.statements.push(bytes.subarray(5, bytes.indexOf(0, 5)).toString());
        answer('statement', done('ALTER ROLE'));
      } else if (bytes[0] === 'P'.charCodeAt(0)) {
        // One with parameters: it is not answered.
        const text = bytes.indexOf(0, 5) + 1;
        at.statements.push(bytes.subarray(text, bytes.indexOf(0, text)).toString());
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  return { at, server, sockets, port: (server.address() as AddressInfo).port };
};

let postgres: { at: Awaited<ReturnType<typeof serve>>['at']; server: Server; sockets: Set<Socket>; port: number };
let aws: AwsServer;

beforeEach(async () => {
  postgres = await serve();
  aws = await awsServer((operation) =>
    operation === 'GetSecretValue'
      ? [200, JSON.stringify({ SecretString: JSON.stringify({ username: 'continuity', password: 'a password' }) })]
      : describedReplica(HOST, postgres.port),
  );
  vi.stubEnv('AWS_ENDPOINT_URL', aws.endpoint);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'a');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'b');
});

afterEach(() => {
  vi.unstubAllEnvs();
  aws.close();
  for (const socket of postgres.sockets) socket.destroy();
  postgres.server.close();
});

/** The first statement of a fence refuses the application; the second ends its sessions. */
const fence = (until?: AbortSignal) => pieceOfWork(() => pgDatabaseSession(examplePlan()).fence('primary'), until);

it('sends one statement after the other for work that goes on', async () => {
  postgres.at.hold.add('statement');
  const running = fence();
  await vi.waitFor(() => expect(postgres.at.held).toHaveLength(1));
  postgres.at.held[0]?.();
  await vi.waitFor(() => expect(postgres.at.statements).toHaveLength(2));
  for (const socket of postgres.sockets) socket.destroy();
  await expect(running).rejects.toThrow();
});

it('does not connect for work that is over', async () => {
  await expect(fence(AbortSignal.abort())).rejects.toThrow();
  expect(postgres.at.connections).toBe(0);
});

it.each([
  ['while it logs in', 'login', 0],
  ['while a statement is under way', 'statement', 1],
] as const)('sends no further statement when its work is over %s', async (_, when, statements) => {
  postgres.at.hold.add(when);
  const time = new AbortController();
  const running = fence(time.signal);
  await vi.waitFor(() => expect(postgres.at.held).toHaveLength(1));
  time.abort();
  postgres.at.hold.clear();
  postgres.at.held[0]?.();
  await expect(running).rejects.toThrow();
  expect(postgres.at.statements).toHaveLength(statements);
  await vi.waitFor(() => expect(postgres.sockets.size).toBe(0));
});
