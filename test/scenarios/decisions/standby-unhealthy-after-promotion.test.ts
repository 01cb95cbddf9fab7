import { expect, it } from 'vitest';
import { stackRef } from '#test/support/lab-ports.ts';
import { expectOnePromotion } from '#test/support/promotions.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: region A dies. The standby is promoted, and then its database dies as well, before the application there was verified.
 *
 * Proves:
 * 1. No traffic is sent to a standby that does not take writes: the switch is never touched.
 * 2. The recovery fails and says what was done and what was not.
 * 3. When the database is back, a person's run goes forward and recovers, with exactly one promotion.
 */
const scenario = useScenarioLab();

it(
  'standby-unhealthy-after-promotion',
  async () => {
    const at = scenario();
    const { plan, lab, ports } = at;
    const { door } = lab.cloud;
    await at.killRegion('primary');
    const first = await at.started();
    await waitFor(
      'the promotion to be confirmed',
      async () =>
        (await at.record(first)).some(
          ({ state, kind, result }) =>
            state === 'ConfirmPromotion' && kind === 'left' && (result as { done?: boolean }).done === true,
        ),
      { withinMs: 30_000 },
    );
    await lab.faults.break('kill-database', { side: 'standby' });

    // 1, 2
    const failed = await at.recoveryOf(first);
    expect(failed).toMatchObject({ status: 'FAILED' });
    expect(failed.cause).toMatch(/Done: .*promote.*Not done: .*shift the traffic/);
    const role = stackRef(lab, 'ShiftTrafficRole');
    expect(door.calls.list({ service: 'monitoring', operation: 'PutMetricData', role })).toEqual([]);
    expect((await ports.traffic.read()).map(({ side }) => side)).toEqual(plan.traffic.records.map(() => 'primary'));

    // 3
    await lab.faults.heal();
    const { arn } = await ports.executions.start(at.machineArn, 'by-hand', {
      plan: plan.plan,
      reason: 'the database in us-west-2 is back',
      mode: 'failover',
    });
    expect(await at.recoveryOf(arn)).toMatchObject({ status: 'SUCCEEDED', error: null });
    expectOnePromotion(at);

    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
