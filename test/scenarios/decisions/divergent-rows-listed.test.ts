import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { withConnection } from '#lab/parts/postgres/sql.ts';
import type { Divergence } from '#src/divergence.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: the link between the regions is cut, region A goes on taking writes, changes a row and deletes another, and then dies. B is promoted
 * without all that. Later the old primary's server answers again.
 *
 * Proves:
 * 1. `continuity divergence` lists exactly the acknowledged rows that only the old primary has, with both timelines.
 * 2. It lists the row that is not the same on both sides, and among those that only the standby has the one that was deleted.
 * 3. Its text says the same, and which table and columns were compared.
 * 4. It changes nothing on either side.
 */
const scenario = useScenarioLab();
const run = promisify(execFile);
const WRITERS = 8;

it(
  'divergent-rows-listed',
  async () => {
    const at = scenario();
    const { plan, lab, ports } = at;
    const { databases } = lab.world;
    const writers = at.writers({ count: WRITERS });
    await waitFor('replicated writes', () => writers.summary().acknowledged >= 20, { withinMs: 20_000 });
    const [corrected = '', removed = ''] = writers.writes().map(({ id }) => id);
    await waitFor('both rows in the standby', async () => {
      return (await ports.databaseSession.countPresent('standby', [corrected, removed])) === 2;
    });
    await lab.faults.break('cut-wan', {});
    const cutAt = writers.summary().acknowledged;
    // The answers of what was under way at the cut, one write of each writer at most, come after it: those rows may be in the standby.
    const behind = cutAt + WRITERS + 20;
    await waitFor('writes behind the cut', () => writers.summary().acknowledged >= behind, { withinMs: 20_000 });
    // The sample's table is append-only, by triggers that a superuser can pass.
    await withConnection(databases.primary.connectionString('postgres'), async (client) => {
      await client.query('set session_replication_role to replica');
      await client.query("update conversions set client = 'corrected' where id = $1", [corrected]);
      await client.query('delete from conversions where id = $1', [removed]);
    });
    await at.killRegion('primary');
    const recovery = await at.recoveryOf();
    expect(recovery).toMatchObject({ status: 'SUCCEEDED' });
    await writers.stop();
    const acknowledged = writers.writes().map(({ id }) => id);
    const kept = await ports.databaseSession.countPresent('standby', acknowledged);

    // The server answers again; nobody writes to it.
    lab.cloud.door.blackhole(plan.regions.primary, false);
    await databases.primary.start();
    const columns = (await ports.databaseSession.columns('primary')).map(({ name }) => name);
    const before = await ports.databaseSession.shares('primary', columns);
    const divergence = async (...more: readonly string[]): Promise<string> => {
      const words = [join(process.cwd(), 'cli/main.ts'), 'divergence', recovery.arn, '--most', '10000', ...more];
      return (await run(process.execPath, words, { env: process.env, maxBuffer: 16 * 1024 * 1024 })).stdout;
    };

    // 1
    const found = JSON.parse(await divergence('--json')) as Divergence;
    expect(found.onlyInPrimary.count).toBeGreaterThanOrEqual(20);
    expect(found.onlyInPrimary.count).toBe(found.onlyInPrimary.ids.length);
    const missing = acknowledged.length - kept;
    expect(acknowledged.filter((id) => found.onlyInPrimary.ids.includes(id))).toHaveLength(missing);
    expect([found.positions.primary.timeline, found.positions.standby.timeline]).toEqual([1, 2]);
    expect(found.recorded.beforePromotion).not.toBeNull();

    // 2
    expect(found.changed).toEqual({ count: 1, ids: [corrected] });
    expect(found.onlyInStandby.ids).toContain(removed);
    expect(found.onlyInPrimary.ids).not.toContain(removed);

    // 3
    const text = await divergence();
    expect(text).toContain('compared:    conversions and no other table, by id, client, created_at, seq\n');
    expect(text).toContain(`${found.onlyInPrimary.count} only in the old primary (written there and never replicated`);
    expect(text).toMatch(new RegExp(`^1 in both and not the same [^\n]*:\n  ${corrected}$`, 'm'));
    expect(text).toMatch(
      new RegExp(`only in the standby \\(written after the promotion, or deleted in the old primary\\)[^]*${removed}`),
    );

    // 4: nothing was copied over; the standby's own writers go on meanwhile.
    expect(await ports.databaseSession.shares('primary', columns)).toEqual(before);
    expect(await ports.databaseSession.countPresent('standby', found.onlyInPrimary.ids)).toBe(0);
    expect(await ports.databaseSession.countPresent('standby', acknowledged)).toBe(kept);

    await databases.primary.kill();
    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
