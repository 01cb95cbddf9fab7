import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pgDatabaseSession } from '#aws/pg-database-session.ts';
import { type AwsServer, awsServer, describedReplica } from '#test/support/aws-server.ts';
import { examplePlan } from '#test/support/fakes/plan.ts';
import { world } from '#test/support/fakes/world.ts';
import { AUTHENTICATED, done, sqlError } from '#test/support/postgres-wire.ts';
import { fencePrimary } from '../../../functions/fence-primary.ts';

const HOST = '127.0.0.1';

/** What a server does with a login, and with each statement after it. Null: it says nothing. */
interface Says {
  readonly login: Buffer | null;
  readonly statement?: Buffer | null;
  /** How late a statement is answered. */
  readonly afterMs?: number;
}

const refuses = (code: string, said: string): Says => ({ login: sqlError('FATAL', code, said) });
const fails = (code: string, said: string): Says => ({
  login: AUTHENTICATED,
  statement: sqlError('ERROR', code, said),
});

const STARTS = refuses('57P03', 'the database system is starting up');
const FULL = refuses('53300', 'sorry, too many clients already');
const STOPS: Says = { login: AUTHENTICATED, statement: sqlError('FATAL', '57P01', 'terminating connection') };
const CANCELS = fails('57014', 'canceling statement due to statement timeout');
const SILENT_IN_SESSION: Says = { login: AUTHENTICATED, statement: null };
const SLOW: Says = { login: AUTHENTICATED, statement: done('ALTER ROLE'), afterMs: 1_200 };
const FROZEN: Says = { login: null };

let server: Server;
let aws: AwsServer;
const sockets = new Set<Socket>();
/** By connection; the last one goes for all further ones. */
let says: readonly Says[];
let connections: number;

beforeEach(async () => {
  connections = 0;
  server = createServer((socket) => {
    const now = says[connections] ?? says.at(-1);
    connections += 1;
    sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => undefined));
    let isIn = false;
    socket.on('data', () => {
      const late = isIn ? (now?.afterMs ?? 0) : 0;
      const answer = isIn ? now?.statement : now?.login;
      isIn = true;
      if (answer?.includes('FATAL')) socket.end(answer);
      else if (answer) setTimeout(() => socket.writable && socket.write(answer), late);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  const { port } = server.address() as AddressInfo;
  aws = await awsServer((operation) =>
    operation === 'GetSecretValue'
      ? [200, JSON.stringify({ SecretString: JSON.stringify({ username: 'continuity', password: 'a password' }) })]
      : describedReplica(HOST, port),
  );
  vi.stubEnv('AWS_ENDPOINT_URL', aws.endpoint);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'a');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'b');
});

afterEach(() => {
  vi.unstubAllEnvs();
  aws.close();
  for (const socket of sockets) socket.destroy();
  server.close();
});

const fence = () => pgDatabaseSession(examplePlan()).fence('primary');
const look = () => pgDatabaseSession(examplePlan()).serverOf('primary');

describe('a fence that a server answers and does not make', () => {
  it.each([
    ['has no connection left', [FULL], /too many clients/],
    ['takes too long over a statement', [CANCELS], /statement timeout/],
    ['takes the session and answers nothing in it', [SILENT_IN_SESSION], /Query read timeout|no answer in 2000 ms/],
    ['is slow over each statement', [SLOW], /no answer in 2000 ms/],
    ['ends the session, again and again', [STOPS], /terminating connection/],
    ['starts up, and has no connection left then', [STARTS, FULL], /too many clients/],
  ] as const)('is of a server that lives: one that %s', async (_, what, message) => {
    says = what;
    await expect(fence()).rejects.toMatchObject({
      name: 'FenceFailedError',
      message: expect.stringMatching(message),
    });
  });

  it('stops the recovery, also where the write lease is over', async () => {
    says = [FULL];
    const at = world();
    const ports = { ...at.ports, databaseSession: pgDatabaseSession(at.plan) };
    await expect(fencePrimary({ ...at, ports })).rejects.toMatchObject({
      name: 'FenceFailedError',
      message: expect.stringContaining('too many clients'),
    });
  });
});

describe('a look at what a server is, before it is fenced', () => {
  it.each([
    ['has no connection left: it lives', [FULL], 'FenceFailedError'],
    ['refuses the login', [refuses('28P01', 'password authentication failed')], 'CallRefusedError'],
    ['lacks a right for us', [fails('42501', 'permission denied')], 'CallRefusedError'],
    ['starts up: it lets nobody in', [STARTS], 'UnreachableError'],
    ['takes the connection and not the login', [FROZEN], 'UnreachableError'],
  ] as const)('takes as the fence does one that %s', async (_, what, name) => {
    says = what;
    await expect(look()).rejects.toMatchObject({ name });
  });
});

describe('a fence that reaches nobody', () => {
  it('is of a server that takes the connection and not the login', async () => {
    says = [FROZEN];
    await expect(fence()).rejects.toMatchObject({ name: 'UnreachableError' });
  });

  it('is of a server that lets nobody in, once that was waited for', async () => {
    says = [STARTS];
    await expect(fence()).rejects.toMatchObject({
      name: 'UnreachableError',
      message: expect.stringContaining('starting up'),
    });
    expect(connections).toBeGreaterThan(1);
  });
});
