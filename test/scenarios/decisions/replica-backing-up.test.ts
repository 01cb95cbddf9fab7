import { expect, it } from 'vitest';
import { withConnection } from '#lab/parts/postgres/sql.ts';
import { continuity, startAsked } from '#test/support/approval.ts';
import { jsonOf, person } from '#test/support/person.ts';
import { type ScenarioLab, STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: a backup of the standby is being taken when region A dies. RDS promotes no replica in that state.
 *
 * Proves:
 * 1. The guard refuses before the first change and says what the instance does; everyone is told; nobody may override it.
 * 2. When the backup is over, a person's start recovers, with no repair in between.
 * 3. A backup that begins after the guards, while people think: RDS refuses, and the run tries again until the backup is over, on record each time.
 *    One promotion comes of it.
 */
const scenario = useScenarioLab();

const backups = ({ lab }: ScenarioLab): Promise<number> =>
  withConnection(lab.world.databases.standby.connectionString('postgres', 'postgres'), async (client) => {
    const { rows } = await client.query('SELECT pid FROM pg_stat_progress_basebackup');
    return rows.length;
  });

it(
  'replica-backing-up',
  async () => {
    const at = scenario();
    const { lab, plan, ports } = at;
    const backUp = async (): Promise<void> => {
      await lab.faults.break('back-up-database', { side: 'standby' });
      await waitFor('the backup to be under way', async () => (await backups(at)) === 1);
    };
    await backUp();
    expect(await ports.database.describe('standby')).toMatchObject({ status: 'backing-up' });
    await at.killRegion('primary');

    // 1
    const alarmed = await at.started();
    await at.disableAlarmRule();
    const first = await at.recoveryOf(alarmed);
    expect(first).toMatchObject({ status: 'FAILED', error: 'GuardsRefusedError' });
    expect(first.cause).toContain(`GU-130: ${plan.database.instances.standby} is backing-up, not available`);
    const states = new Set((await at.record(first.arn)).map(({ state }) => state));
    for (const state of ['FencePrimary', 'PromoteReplica', 'ShiftTraffic']) expect(states).not.toContain(state);
    await waitFor(
      'everyone to be told',
      () => lab.world.smtp.mails.some(({ text }) => text.includes('is backing-up')),
      {
        withinMs: 20_000,
      },
    );
    const start = (...more: readonly string[]) =>
      person('start', plan.plan, '--as', 'jane', '--reason', 'the region is gone', ...more);
    expect(await start('--override', 'GU-130=we need it now')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('GU-130 cannot be overridden'),
    });
    const rehearsed = await start('--dry-run', '--json');
    expect(jsonOf<{ refusals: unknown }>(rehearsed).refusals).toMatchObject([{ by: 'GU-130' }]);

    // 2
    await lab.faults.heal();
    await waitFor('the backup to be over', async () => (await backups(at)) === 0);
    expect(jsonOf<{ refusals: unknown }>(await start('--dry-run', '--json')).refusals).toEqual([]);

    // 3
    const arn = await startAsked(at);
    await backUp();
    for (const name of ['john-doe', 'alice-brown'])
      expect(await continuity(at, 'approve', arn, '--as', name, '--reason', 'the region is gone')).toMatchObject({
        code: 0,
      });
    const refusals = async () =>
      (await at.record(arn)).filter(({ state, kind }) => state === 'PromoteReplica' && kind === 'failed');
    await waitFor('a promotion that RDS refuses', async () => (await refusals()).length >= 2, { withinMs: 30_000 });
    expect((await refusals())[0]?.error).toMatchObject({
      name: 'PromotionNotYetError',
      message: expect.stringContaining('backing-up'),
    });
    expect(await lab.world.databases.standby.isStandby()).toBe(true);
    await lab.faults.heal();
    expect(await at.recoveryOf(arn)).toMatchObject({ status: 'SUCCEEDED', error: null });
    const taken = lab.cloud.door.calls.list({ operation: 'PromoteReadReplica' }).filter(({ status }) => status === 200);
    expect(taken).toHaveLength(1);

    await expectSteadyState(at, 'standby');
  },
  2 * STORY_MS,
);
