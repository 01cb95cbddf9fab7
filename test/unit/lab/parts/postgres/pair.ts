import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { type LabAddresses, labAddresses } from '#lab/addresses.ts';
import { reachableFolder } from '#lab/parts/postgres/folders.ts';
import { type Installation, prepareInstallation } from '#lab/parts/postgres/installation.ts';
import { createPostgresNode, type PostgresNode } from '#lab/parts/postgres/node.ts';
import type { Passwords } from '#lab/parts/postgres/roles.ts';
import { withConnection } from '#lab/parts/postgres/sql.ts';
import { createWan, type Wan } from '#lab/parts/wan.ts';
import { waitFor } from '#test/support/wait-for.ts';

export const PASSWORDS: Passwords = {
  postgres: 'lab-postgres',
  svg_ai_app: "lab-app-'quoted'",
  continuity: 'lab-continuity',
  replicator: 'lab-replicator',
};

export const silent = (): void => {};

/** A folder for data directories that the server's user can enter. The caller removes it. */
export const makeFolder = async (installation: Installation): Promise<string> => {
  // In memory where the system has that: a copy of the template takes a tenth of the time.
  const base = await reachableFolder(
    join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'continuity-tests'),
    installation.user,
  );
  const folder = await mkdtemp(join(base, 'postgres-'));
  await chmod(folder, 0o755);
  return folder;
};

export interface Pair {
  readonly addresses: LabAddresses;
  readonly installation: Installation;
  readonly primary: PostgresNode;
  readonly standby: PostgresNode;
  readonly wan: Wan;
  /** One statement on one connection. */
  run<Row extends pg.QueryResultRow>(node: PostgresNode, sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Resolves when the standby has replayed all that the primary has written. */
  caughtUp(): Promise<void>;
  stop(): Promise<void>;
}

/** A primary and a standby that stream through the WAN proxy, with a table `orders (id)` of the application. */
export const createPair = async (slot: number, settings: Readonly<Record<string, string>> = {}): Promise<Pair> => {
  const addresses = labAddresses(slot);
  const installation = await prepareInstallation({ passwords: PASSWORDS });
  const folder = await makeFolder(installation);
  const wan = await createWan({ listen: addresses.site.wan, target: () => addresses.a.database, log: silent });
  const common = { installation, log: silent, settings };
  const primary = createPostgresNode({
    ...common,
    name: 'primary',
    address: addresses.a.database,
    dataDirectory: join(folder, 'a'),
    slots: ['standby'],
  });
  const standby = createPostgresNode({
    ...common,
    name: 'standby',
    address: addresses.b.database,
    dataDirectory: join(folder, 'b'),
    upstream: { address: addresses.site.wan, slot: 'standby' },
  });
  const run: Pair['run'] = (node, sql, values = []) =>
    withConnection(node.connectionString('postgres'), async (client) => (await client.query(sql, [...values])).rows);
  const pair: Pair = {
    addresses,
    installation,
    primary,
    standby,
    wan,
    run,
    async caughtUp() {
      const [now] = await run<{ lsn: string }>(primary, 'SELECT pg_current_wal_lsn()::text AS lsn');
      await waitFor('the standby to replay everything', async () => {
        const [row] = await run<{ done: boolean }>(standby, 'SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS done', [
          now?.lsn,
        ]);
        return row?.done;
      });
    },
    async stop() {
      await Promise.all([primary.cleanUp(), standby.cleanUp()]);
      await wan.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await Promise.all([primary.prepare(), standby.prepare()]);
  await primary.start();
  await standby.start();
  await withConnection(primary.connectionString('svg_ai_app'), (client) =>
    client.query('CREATE SCHEMA app CREATE TABLE orders (id bigint PRIMARY KEY)'),
  );
  await pair.caughtUp();
  return pair;
};

/** Ids of the System V segments of this machine. */
export const segments = async (): Promise<string[]> => {
  return (await readFile('/proc/sysvipc/shm', 'utf8'))
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/)[1] ?? '');
};
