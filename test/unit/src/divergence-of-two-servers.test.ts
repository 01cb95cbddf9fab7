import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { withConnection } from '#lab/parts/postgres/sql.ts';
import { findDivergence } from '#src/divergence.ts';
import { examplePlan } from '#test/support/fakes/plan.ts';
import { type PairSession, sessionOver } from '#test/support/pair-session.ts';
import { slowness } from '#test/support/wait-for.ts';
import { createPair, type Pair } from '#test/unit/lab/parts/postgres/pair.ts';

let pair: Pair;
let session: PairSession;
beforeEach(async () => {
  pair = await createPair(37);
  session = await sessionOver(pair, examplePlan());
});
afterEach(async () => {
  session.stop();
  await pair.stop();
});

/** One after the other on one connection of the superuser, whom the append-only triggers of the sample do not stop. */
const change = (node: Pair['primary'], ...statements: readonly string[]): Promise<void> =>
  withConnection(node.connectionString('postgres'), async (client) => {
    for (const sql of ['set session_replication_role to replica', ...statements]) await client.query(sql);
  });

const insert = (id: string) => `insert into conversions (id, client) values ('${id}', 'x')`;
const find = () =>
  findDivergence(session.databaseSession, { execution: 'arn:run', table: 'conversions', entries: [], most: 10 });

it('finds what was written, changed and deleted on either side, and nothing that only reads otherwise', {
  timeout: 30_000 * slowness,
}, async () => {
  const { primary, standby, wan } = pair;
  const [same, corrected, removed, late, fresh] = [0, 1, 2, 3, 4].map(() => randomUUID()) as [
    string,
    string,
    string,
    string,
    string,
  ];
  await change(primary, insert(same), insert(corrected), insert(removed));
  await pair.caughtUp();
  wan.cut('stall');
  await change(
    primary,
    `update conversions set client = 'corrected' where id = '${corrected}'`,
    `delete from conversions where id = '${removed}'`,
    insert(late),
  );
  await standby.promote();
  // Another parameter group: the same instants, written otherwise.
  await change(
    standby,
    "alter system set timezone to 'Asia/Tokyo'",
    "alter system set datestyle to 'German'",
    'select pg_reload_conf()',
    insert(fresh),
  );
  expect(await find()).toMatchObject({
    columns: { compared: ['id', 'client', 'created_at', 'seq'], notCompared: [] },
    onlyInPrimary: { count: 1, ids: [late] },
    changed: { count: 1, ids: [corrected] },
    onlyInStandby: { count: 2, ids: [removed, fresh].sort() },
  });

  await change(standby, 'alter table conversions add column paid boolean not null default false');
  expect(await find()).toMatchObject({
    columns: { compared: ['id', 'client', 'created_at', 'seq'], notCompared: ['paid'] },
    changed: { count: 1, ids: [corrected] },
  });
});
