import { expect, it } from 'vitest';
import { stackRef } from '#test/support/lab-ports.ts';
import { expectOnePromotion } from '#test/support/promotions.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: region A dies. The standby is promoted and healthy, but the write that moves the traffic fails, again and again.
 *
 * Proves:
 * 1. The recovery fails with the step's name and what was done and not done: nothing is half moved, every record still leads to A.
 * 2. The claim is free and the incident open: nothing starts by itself, and a person can go on.
 * 3. The person's run goes forward, with no second promotion, and traffic arrives in B.
 */
const scenario = useScenarioLab();

it(
  'dns-update-refused',
  async () => {
    const at = scenario();
    const { plan, lab, ports } = at;
    const { door } = lab.cloud;
    const role = stackRef(lab, 'ShiftTrafficRole');
    const refusal = door.faults.inject({
      service: 'monitoring',
      operation: 'PutMetricData',
      role,
      effect: { kind: 'error', status: 503 },
    });
    await at.killRegion('primary');

    // 1
    const failed = await at.recoveryOf();
    expect(refusal.hits).toBeGreaterThan(1);
    expect(failed).toMatchObject({ status: 'FAILED', error: 'ServiceUnavailableError' });
    expect(failed.cause).toMatch(/^ShiftTraffic: .*Done: .*promote.*Not done: .*shift the traffic/);
    expect((await ports.traffic.read()).map(({ side }) => side)).toEqual(plan.traffic.records.map(() => 'primary'));

    // 2
    expect((await ports.claims.read(plan.plan))?.holder ?? null).toBeNull();
    expect(await at.executions()).toHaveLength(1);

    // 3
    refusal.remove();
    const { arn } = await ports.executions.start(at.machineArn, 'by-hand', {
      plan: plan.plan,
      reason: 'CloudWatch takes metrics again',
      mode: 'failover',
    });
    expect(await at.recoveryOf(arn)).toMatchObject({ status: 'SUCCEEDED', error: null });
    expectOnePromotion(at);
    await waitFor('resolvers to lead to B', async () =>
      (await ports.traffic.read()).every(({ servedBy }) => servedBy === 'standby'),
    );

    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
