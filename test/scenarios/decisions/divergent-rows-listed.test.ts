import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { Divergence } from '#src/divergence.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: the link between the regions is cut, region A goes on taking writes, and then dies. B is promoted without those writes. Later the
 * old primary's server answers again.
 *
 * Proves:
 * 1. `continuity divergence` lists exactly the acknowledged rows that only the old primary has, with both timelines.
 * 2. It changes nothing on either side.
 */
const scenario = useScenarioLab(190);
const run = promisify(execFile);

it(
  'divergent-rows-listed',
  async () => {
    const at = scenario();
    const { plan, lab, ports } = at;
    const { databases } = lab.world;
    const writers = at.writers();
    await waitFor('replicated writes', () => writers.summary().acknowledged >= 20, { withinMs: 20_000 });
    await lab.faults.break('cut-wan', {});
    const cutAt = writers.summary().acknowledged;
    await waitFor('writes behind the cut', () => writers.summary().acknowledged >= cutAt + 20, { withinMs: 20_000 });
    await at.killRegion('primary');
    const recovery = await at.recoveryOf();
    expect(recovery).toMatchObject({ status: 'SUCCEEDED' });
    await writers.stop();
    const acknowledged = writers.writes().map(({ id }) => id);
    const kept = await ports.databaseSession.countPresent('standby', acknowledged);

    // The server answers again; nobody writes to it.
    lab.cloud.door.blackhole(plan.regions.primary, false);
    await databases.primary.start();
    const before = await ports.databaseSession.shares('primary');
    const { stdout } = await run(
      process.execPath,
      [join(process.cwd(), 'cli/main.ts'), 'divergence', recovery.arn, '--json'],
      {
        env: process.env,
      },
    );

    // 1
    const found = JSON.parse(stdout) as Divergence;
    expect(found.onlyInPrimary.count).toBeGreaterThanOrEqual(20);
    expect(found.onlyInPrimary.count).toBe(found.onlyInPrimary.ids.length);
    const missing = acknowledged.length - kept;
    expect(acknowledged.filter((id) => found.onlyInPrimary.ids.includes(id))).toHaveLength(missing);
    expect([found.positions.primary.timeline, found.positions.standby.timeline]).toEqual([1, 2]);
    expect(found.recorded.beforePromotion).not.toBeNull();

    // 2: nothing was copied over; the standby's own writers go on meanwhile.
    expect(await ports.databaseSession.shares('primary')).toEqual(before);
    expect(await ports.databaseSession.countPresent('standby', found.onlyInPrimary.ids)).toBe(0);
    expect(await ports.databaseSession.countPresent('standby', acknowledged)).toBe(kept);

    await databases.primary.kill();
    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
