import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { withConnection } from '#lab/parts/postgres/sql.ts';
import { world } from '#test/support/fakes/world.ts';
import { type PairSession, sessionOver } from '#test/support/pair-session.ts';
import { slowness, waitFor } from '#test/support/wait-for.ts';
import { createPair, type Pair } from '#test/unit/lab/parts/postgres/pair.ts';
import { fencePrimary } from '../../../functions/fence-primary.ts';

const at = world();
let pair: Pair;
let session: PairSession;
beforeEach(async () => {
  // PostgreSQL's own default; the lab's is short.
  pair = await createPair(36, { wal_retrieve_retry_interval: '5s' });
  session = await sessionOver(pair, at.plan);
});
afterEach(async () => {
  session.stop();
  await pair.stop();
});

const INSERT = 'insert into conversions (id, client) values ($1, $2)';

/** What the application writes until the database takes nothing any more; `acknowledged` grows meanwhile. */
const writing = () => {
  const acknowledged: string[] = [];
  const over = withConnection(pair.primary.connectionString('svg_ai_app'), async (client) => {
    for (;;) {
      const id = randomUUID();
      await client.query(INSERT, [id, 'job']);
      acknowledged.push(id);
    }
  }).catch(() => undefined);
  return { acknowledged, over };
};

it('what a primary acknowledged up to its fence is in the standby that is promoted, over a link that takes a second and a half', {
  timeout: 30_000 * slowness,
}, async () => {
  const { databaseSession } = session;
  pair.wan.setDelay(1_500);
  const { acknowledged, over } = writing();
  await waitFor('rows on their way', () => acknowledged.length > 50);
  const fence = await fencePrimary({ ...at, ports: { ...at.ports, databaseSession } });
  await pair.standby.promote();
  await over;
  expect(await databaseSession.countPresent('standby', acknowledged)).toBe(acknowledged.length);
  expect(fence).toMatchObject({ verifiedBy: 'database-role', catchUp: { missingBytes: 0 } });
});

it('so it is when the standby has just lost its connection, and makes the next one after five seconds', {
  timeout: 30_000 * slowness,
}, async () => {
  const { databaseSession } = session;
  pair.wan.cut('reset');
  const { acknowledged, over } = writing();
  await waitFor('rows behind the cut', () => acknowledged.length > 50);
  pair.wan.heal();
  const fence = await fencePrimary({ ...at, ports: { ...at.ports, databaseSession } });
  await pair.standby.promote();
  await over;
  expect(await databaseSession.countPresent('standby', acknowledged)).toBe(acknowledged.length);
  expect(fence).toMatchObject({ verifiedBy: 'database-role', catchUp: { missingBytes: 0 } });
  expect(fence.catchUp?.waitedMs).toBeGreaterThan(3_000);
});

it('of a link that is cut it says what is missing, and does not wait for ever', {
  timeout: 30_000 * slowness,
}, async () => {
  const { databaseSession } = session;
  pair.wan.cut('stall');
  const { acknowledged, over } = writing();
  await waitFor('rows behind the cut', () => acknowledged.length > 50);
  const fence = await fencePrimary({ ...at, ports: { ...at.ports, databaseSession } });
  await over;
  expect(fence.catchUp?.missingBytes).toBeGreaterThan(0);
  expect(fence.dataLoss).toMatchObject({ missingBytes: fence.catchUp?.missingBytes, primaryLivedOn: false });
  expect(fence.catchUp?.waitedMs).toBeGreaterThanOrEqual(8_000);
  expect(fence.catchUp?.waitedMs).toBeLessThan(17_000);
});
