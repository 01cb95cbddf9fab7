import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labAddresses } from '#lab/addresses.ts';
import { waitFor } from '#test/support/wait-for.ts';
import { startDatabase, type TestDatabase } from './database.ts';
import { type App, call, startApp } from './support.ts';

const { b } = labAddresses(46);

describe('the sample service on PostgreSQL', () => {
  let database: TestDatabase;
  let app: App;

  beforeAll(async () => {
    database = await startDatabase('app-test', b.database);
    app = await startApp(b.database, b.pods);
  });
  afterAll(async () => {
    await app?.stop();
    await database?.cleanUp();
  });

  it('acknowledges an order after its commit, the same for the same id', async () => {
    const id = randomUUID();
    const first = await call(app, '/conversions', { id, client: 'c-1' });
    expect(first).toMatchObject({ status: 201, body: { id, region: 'us-west-2', databaseHost: b.database.host } });
    const [again, also] = await Promise.all([1, 2].map(() => call(app, '/conversions', { id, client: 'c-1' })));
    expect(again?.body).toEqual(first.body);
    expect(also?.body).toEqual(first.body);
    const { rows } = await database.session('continuity', (client) =>
      client.query('select count(*)::int from conversions where id = $1', [id]),
    );
    expect(rows).toEqual([{ count: 1 }]);
    expect((await call(app, '/conversions/latest')).body.latest).toMatchObject({ id, client: 'c-1' });
    expect((await call(app, '/health')).body).toMatchObject({ status: 'ok', readOnly: false });
  });

  it('the same new id from many at once is one row and one acknowledgement', async () => {
    const before = Number((await call(app, '/conversions/count')).body.count);
    const id = randomUUID();
    const replies = await Promise.all(
      Array.from({ length: 8 }, () => call(app, '/conversions', { id, client: 'c-2' })),
    );
    expect(new Set(replies.map(({ body }) => body.acknowledgedAt)).size).toBe(1);
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([201]));
    expect((await call(app, '/conversions/count')).body.count).toBe(before + 1);
  });

  it('the table of orders refuses change, also by its owner', async () => {
    for (const statement of [
      "update conversions set client = 'x'",
      'delete from conversions',
      'truncate conversions',
    ]) {
      await expect(database.session('postgres', (client) => client.query(statement))).rejects.toThrow(
        /append-only|refused/,
      );
    }
  });

  it('the schema can be run again; continuity writes the heartbeat, the application does not', async () => {
    await database.session('postgres', (client) => client.query(database.schema));
    const beat =
      'insert into continuity_heartbeat values (1, now(), 1) on conflict (id) do update set at = now(), epoch = excluded.epoch';
    await database.session('continuity', (client) => client.query(beat));
    await database.session('continuity', (client) => client.query(beat));
    await expect(database.session('svg_ai_app', (client) => client.query(beat))).rejects.toThrow(/permission denied/);
  });

  it('names a database that only reads, and one that refuses the role', async () => {
    const role = (setting: string) =>
      database.session('postgres', (client) => client.query(`alter role svg_ai_app ${setting}`));
    const dropSessions = () =>
      database.session('postgres', (client) =>
        client.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'svg_ai_app'"),
      );
    const reason = async (): Promise<unknown> =>
      (await call(app, '/conversions', { id: randomUUID(), client: 'c' })).body.reason;
    await role('set default_transaction_read_only = on');
    await dropSessions();
    await waitFor('the reason for read-only', async () => (await reason()) === 'database-read-only');
    expect((await call(app, '/health')).body).toMatchObject({ status: 'ok', readOnly: true });
    await role('reset default_transaction_read_only');
    await role('nologin');
    await dropSessions();
    await waitFor('the reason for a fenced role', async () => (await reason()) === 'database-refused');
    await role('login');
    await waitFor('writes again', async () => (await reason()) === undefined);
  });

  it('answers in time while the database is frozen or dead and works again after, without a restart', async () => {
    const post = () => call(app, '/conversions', { id: randomUUID(), client: 'c-3' });
    expect((await post()).status).toBe(201);
    await database.node.freeze();
    try {
      const replies = await Promise.all(Array.from({ length: 8 }, post));
      for (const { status, ms } of replies) {
        expect(status).toBe(503);
        expect(ms).toBeLessThan(2_500);
      }
    } finally {
      await database.node.thaw();
    }
    await waitFor('a write after the thaw', async () => (await post()).status === 201);
    await database.node.kill();
    expect((await post()).status).toBe(503);
    await database.node.start();
    await waitFor('a write after the restart', async () => (await post()).status === 201);
  });
});
