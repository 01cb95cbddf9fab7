import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { pgDatabaseSession } from '#aws/pg-database-session.ts';
import type { LastKnown } from '#ports/database-session.ts';
import { world } from '#test/support/fakes/world.ts';
import { fencePrimary } from '../../../functions/fence-primary.ts';
import { observeService } from '../../../functions/shared/observe-service.ts';

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

const listen = async (server: Server): Promise<number> => {
  open.push(server);
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return (server.address() as AddressInfo).port;
};

const instance = (host: string, port: number, tls: boolean) => `<R xmlns="http://rds.amazonaws.com/doc/2014-10-31/">
  <DescribeDBInstancesResult><DBInstances><DBInstance>
    <DBInstanceIdentifier>svg-ai-db</DBInstanceIdentifier><DBInstanceStatus>available</DBInstanceStatus>
    ${host === '' ? '' : `<Endpoint><Address>${host}</Address><Port>${port}</Port></Endpoint>`}
    ${tls ? '<CACertificateIdentifier>rds-ca-rsa2048-g1</CACertificateIdentifier>' : ''}
  </DBInstance></DBInstances></DescribeDBInstancesResult></R>`;

const refusal = (status: number) =>
  `<ErrorResponse><Error><Code>${status === 404 ? 'DBInstanceNotFound' : 'ServiceUnavailable'}</Code></Error></ErrorResponse>`;

const LOGIN = JSON.stringify({ SecretString: JSON.stringify({ username: 'u', password: 'p'.repeat(20) }) });

interface Around {
  readonly host?: string;
  readonly port: number;
  readonly tls?: boolean;
  /** The secret store takes requests and answers none. */
  readonly silentStore?: boolean;
  /** Status with which RDS answers; 0: not at all. */
  readonly rds?: number;
  readonly lastKnown?: LastKnown;
  readonly onRds?: () => void;
}

/** The session over its real driver and SDK clients; AWS says that the database is where it is told to be. */
const sessionTo = async ({
  host = '127.0.0.1',
  port,
  tls = false,
  silentStore = false,
  rds = 200,
  lastKnown,
  onRds,
}: Around) => {
  const aws = createServer((request, response) => {
    if (request.headers['x-amz-target'] === undefined) {
      onRds?.();
      if (rds === 0) return;
      response
        .setHeader('content-type', 'text/xml')
        .writeHead(rds)
        .end(rds === 200 ? instance(host, port, tls) : refusal(rds));
    } else if (!silentStore) response.setHeader('content-type', 'application/x-amz-json-1.1').end(LOGIN);
  });
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${await listen(aws)}`);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIATEST');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret-of-the-test');
  const at = world();
  const databaseSession = pgDatabaseSession(at.plan, lastKnown);
  return { at: { ...at, ports: { ...at.ports, databaseSession } }, databaseSession };
};

const connectSignal = async ({ at }: Awaited<ReturnType<typeof sessionTo>>) =>
  (await observeService(at, { replication: false })).signals.find(({ name }) => name === 'database-connect');

/** Lives, and answers the request for TLS with a no: as little to be trusted as a server with another's certificate. */
const untrusted = () =>
  createTcpServer((socket) => {
    socket.on('error', () => undefined).once('data', () => socket.end('N'));
  });

const closedPort = async (): Promise<number> => {
  const server = createTcpServer();
  const port = await listen(server);
  await new Promise((closed) => server.close(closed));
  return port;
};

describe('what the session says of a database that it did not get to', () => {
  it('one that refuses the connection is unreachable: bad, and for the fence an outcome', async () => {
    const to = await sessionTo({ port: await closedPort() });
    await expect(to.databaseSession.position('primary')).rejects.toMatchObject({ name: 'UnreachableError' });
    expect(await connectSignal(to)).toMatchObject({ state: 'bad' });
    const { methods } = await fencePrimary(to.at);
    expect(methods[0]).toMatchObject({ method: 'database-role', outcome: 'unreachable' });
  });

  it('a secret store that does not answer is not the database: unknown, and nothing is promoted beside what may live', async () => {
    const to = await sessionTo({ port: await closedPort(), silentStore: true });
    await expect(to.databaseSession.position('primary')).rejects.toMatchObject({
      name: 'ServiceUnavailableError',
      message: expect.stringContaining('secretsmanager:GetSecretValue us-west-2'),
    });
    expect(await connectSignal(to)).toMatchObject({ state: 'unknown' });
    await expect(fencePrimary(to.at)).rejects.toMatchObject({
      name: 'FenceFailedError',
      message: expect.stringContaining('secretsmanager:GetSecretValue'),
    });
  });

  it('one that lives and is not trusted: unknown, and nothing is promoted beside it', async () => {
    const to = await sessionTo({ port: await listen(untrusted()), tls: true });
    await expect(to.databaseSession.position('primary')).rejects.toMatchObject({ name: 'CallRefusedError' });
    expect(await connectSignal(to)).toMatchObject({ state: 'unknown' });
    await expect(fencePrimary(to.at)).rejects.toMatchObject({ name: 'FenceFailedError' });
  });

  it('one whose name leads nowhere was not asked: unknown; its fence is one that reached nobody', async () => {
    const to = await sessionTo({ host: 'svg-ai-db.invalid', port: 5432 });
    await expect(to.databaseSession.position('primary')).rejects.toMatchObject({ name: 'ServiceUnavailableError' });
    expect(await connectSignal(to)).toMatchObject({ state: 'unknown' });
    await expect(to.databaseSession.fence('primary')).rejects.toMatchObject({ name: 'UnreachableError' });
  });
});

describe('where the control plane of its region does not say where the database is', () => {
  const at =
    (port: number, tls = false): LastKnown =>
    async () => ({ instance: 'svg-ai-db', at: '2026-11-23T23:30:00.000Z', host: '127.0.0.1', port, tls });

  it('the address that was known last is asked: a dead database is seen dead', async () => {
    const to = await sessionTo({ port: 1, rds: 503, lastKnown: at(await closedPort()) });
    await expect(to.databaseSession.position('primary')).rejects.toMatchObject({ name: 'UnreachableError' });
    expect(await connectSignal(to)).toMatchObject({ state: 'bad' });
  });

  it('one that lives there is not taken for a dead one', async () => {
    const to = await sessionTo({ port: 1, rds: 503, lastKnown: at(await listen(untrusted()), true) });
    await expect(fencePrimary(to.at)).rejects.toMatchObject({ name: 'FenceFailedError' });
  });

  it.each([
    ['no address was ever known', async () => null],
    [
      'what was known cannot be read',
      async () => {
        throw new Error('the table is throttled');
      },
    ],
  ])('and %s: unknown, with what the control plane said', async (_, lastKnown) => {
    const to = await sessionTo({ port: 1, rds: 503, lastKnown });
    await expect(to.databaseSession.locate('primary')).rejects.toMatchObject({ name: 'ServiceUnavailableError' });
    expect(await connectSignal(to)).toMatchObject({ state: 'unknown' });
  });

  it('a database that it says it does not have is nowhere', async () => {
    const to = await sessionTo({ port: 1, rds: 404, lastKnown: at(await closedPort()) });
    await expect(to.databaseSession.locate('primary')).rejects.toMatchObject({ name: 'DatabaseNotFoundError' });
  });

  it('what it says goes before what was known', async () => {
    const to = await sessionTo({ port: 5_433, lastKnown: at(1) });
    expect(await to.databaseSession.locate('primary')).toMatchObject({ host: '127.0.0.1', port: 5_433, tls: false });
  });

  it('it is asked again a minute later', async () => {
    const asked: string[] = [];
    const to = await sessionTo({ port: 1, rds: 503, lastKnown: at(1), onRds: () => asked.push('rds') });
    vi.useFakeTimers({ toFake: ['Date'] });
    for (const seconds of [0, 30, 61]) {
      vi.setSystemTime(Date.parse('2026-11-23T23:30:00.000Z') + seconds * 1_000);
      await to.databaseSession.locate('primary');
    }
    vi.useRealTimers();
    expect(asked).toHaveLength(2);
  });

  it('a table that does not answer is not waited for longer than a second, and is no dead database', async () => {
    const to = await sessionTo({ port: 1, rds: 503, lastKnown: () => new Promise(() => undefined) });
    expect(await connectSignal(to)).toMatchObject({
      state: 'unknown',
      detail: expect.stringContaining('rds:Describe'),
    });
  });

  it('one that is silent, and an instance that has no address yet, are no dead database', async () => {
    const silent = await sessionTo({ port: 1, rds: 0 });
    expect(await connectSignal(silent)).toMatchObject({ state: 'unknown' });
    const creating = await sessionTo({ host: '', port: 5432 });
    expect(await connectSignal(creating)).toMatchObject({ state: 'unknown' });
  });
});
