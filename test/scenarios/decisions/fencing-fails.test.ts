import pg from 'pg';
import { expect, it } from 'vitest';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { seenBad } from '#test/support/seen-bad.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: the application hangs in region A, its database lives and is written to by others, and whoever fences has lost the right to change the
 * application's role there. A person fails over.
 *
 * Proves:
 * 1. A primary that answers and is not fenced is not promoted beside: the run stops after a few tries, and says why and what to do.
 * 2. What the fence did change is undone: with the cluster frozen too, that is the write lease, which the primary has again. Everyone is told.
 * 3. When the right is given back, the next run fences, promotes and recovers.
 */
const scenario = useScenarioLab();

it(
  'fencing-fails',
  async () => {
    const at = scenario();
    const { plan, lab, ports } = at;
    await at.disableAlarmRule();
    const server = new pg.Client({ connectionString: lab.world.databases.primary.connectionString('postgres') });
    // The lab of a story that failed ends this connection.
    server.on('error', () => undefined);
    await server.connect();
    await server.query('revoke svg_ai_app from continuity cascade');
    await lab.faults.break('freeze-service', { side: 'primary' });
    await seenBad(at, { vantages: 1 });
    const start = (name: string) =>
      ports.executions.start(at.machineArn, name, { plan: plan.plan, reason: 'it hangs', mode: 'failover' });
    const first = await at.recoveryOf((await start('first')).arn, 60_000);

    // 1
    expect(first).toMatchObject({ status: 'FAILED', error: 'FenceFailedError' });
    expect(first.cause).toContain('answers and is not fenced');
    expect(await lab.world.databases.standby.isStandby()).toBe(true);
    expect(lab.cloud.door.calls.list({ operation: 'PromoteReadReplica' })).toEqual([]);
    expect((await ports.traffic.read()).map(({ side }) => side)).toEqual(plan.traffic.records.map(() => 'primary'));

    // 2
    expect((await at.left(first.arn, 'LiftFence')).result).toMatchObject({
      stays: null,
      methods: expect.arrayContaining([expect.objectContaining({ method: 'write-lease', outcome: 'lifted' })]),
    });
    expect(await ports.writeLease.read(plan.plan)).toMatchObject({ holder: 'primary', state: 'granted' });
    await waitFor('everyone to be told', () =>
      lab.world.smtp.mails.some(({ subject }) => /NOT COMPLETED/.test(subject)),
    );

    // 3
    await server.query('grant svg_ai_app to continuity with admin option');
    await server.end();
    const second = await at.recoveryOf((await start('second')).arn);
    expect(second).toMatchObject({ status: 'SUCCEEDED', error: null });
    expect((await at.left(second.arn, 'FencePrimary')).result).toMatchObject({ fenced: true, verified: true });

    await lab.faults.heal();
    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
