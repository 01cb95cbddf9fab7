import pg from 'pg';
import { expect, it } from 'vitest';
import type { DataLossEstimate } from '#domain/data-loss.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: eight clients write without pause through the service's name when every process of region A is killed.
 *
 * Proves, by counting each acknowledged write in the database of B:
 * 1. What is missing was acknowledged after the instant up to which the record, before the promotion, said that the standby has everything,
 *    and before the kill: the loss is inside the measured window.
 * 2. Nothing that B acknowledged is missing, and no write is there twice.
 * 3. Clients go on by themselves: they honour the TTL and write in B.
 * 4. The region that acknowledges changes once: no write was taken by A after the first one that B took.
 */
const scenario = useScenarioLab(62);

const presentIn = async (connectionString: string, ids: readonly string[]): Promise<readonly string[]> => {
  const client = new pg.Client({ connectionString, query_timeout: 20_000 });
  await client.connect();
  try {
    const { rows } = await client.query<{ id: string }>('select id from conversions where id = any($1::uuid[])', [ids]);
    return rows.map(({ id }) => id);
  } finally {
    await client.end();
  }
};

it(
  'primary-killed-under-write-load',
  async () => {
    const at = scenario();
    const { plan, lab } = at;
    const { primary, standby } = plan.regions;
    const writers = at.writers({ count: 8, everyMs: 10 });
    await waitFor('steady writing', () => writers.summary().acknowledged >= 400, { withinMs: 30_000 });

    await at.killRegion('primary');
    const deadAt = Date.now();
    const recovery = await at.recoveryOf();
    expect(recovery).toMatchObject({ status: 'SUCCEEDED', error: null });

    // 3
    await waitFor('clients to write in B', () => (writers.summary().byRegion[standby] ?? 0) >= 100, {
      withinMs: 20_000,
    });
    await writers.stop();
    const writes = writers.writes();

    // 2
    const present = await presentIn(
      lab.world.databases.standby.connectionString('postgres'),
      writes.map(({ id }) => id),
    );
    expect(new Set(present).size).toBe(present.length);
    const missing = writes.filter(({ id }) => !present.includes(id));
    expect(missing.filter(({ region }) => region === standby)).toEqual([]);

    // 1
    const { result } = await at.left(recovery.arn, 'CheckGuards');
    const { dataLoss } = result as unknown as { readonly dataLoss: DataLossEstimate };
    expect(dataLoss.bounds.length).toBeGreaterThan(0);
    const completeUntil = Math.max(...dataLoss.bounds.map((bound) => Date.parse(bound.completeUntil)));
    expect(missing.filter((write) => write.at <= completeUntil || write.at > deadAt)).toEqual([]);
    expect(present.length + missing.length).toBe(writes.length);

    // 4
    const { firstAt, lastAt } = writers.summary();
    expect(lastAt[primary]).toBeLessThanOrEqual(deadAt);
    expect(lastAt[primary]).toBeLessThan(firstAt[standby] ?? 0);

    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
