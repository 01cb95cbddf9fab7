import { expect, it } from 'vitest';
import { continuity } from '#test/support/approval.ts';
import { stackRef } from '#test/support/lab-ports.ts';
import { expectOnePromotion } from '#test/support/promotions.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';

/**
 * Situation: region A dies, the standby is promoted and verified, and the one call that moves traffic is throttled for as long as the run tries.
 * The run fails. CloudWatch is well again, and a person retries.
 *
 * Proves:
 * 1. The failed run ends by itself: a redrive would only end it again, says so, and names the retry.
 * 2. The retry is a new run for the same incident, which finds done what is done: one promotion over both, and it recovers.
 * 3. Who retried, and why, is on record of the run that failed.
 */
const scenario = useScenarioLab();

it(
  'operator-retries',
  async () => {
    const at = scenario();
    const { plan, ports, lab } = at;
    const { roleName } = lab.cloud.lambda.find(stackRef(lab, 'ShiftTrafficLambdaFunction'), plan.regions.standby);
    const refused = lab.cloud.door.faults.inject({
      role: roleName,
      operation: 'PutMetricData',
      effect: { kind: 'throttle' },
    });
    await at.killRegion('primary');
    const failed = await at.recoveryOf();
    expect(failed).toMatchObject({ status: 'FAILED', error: 'ServiceUnavailableError' });
    expect(refused.hits).toBeGreaterThan(0);
    refused.remove();

    // 1
    const redrive = await continuity(at, 'redrive', failed.arn, '--reason', 'go on');
    expect(redrive).toMatchObject({ code: 2, stderr: expect.stringMatching(/ended by itself.*continuity retry/) });

    // 2
    const { code, stdout } = await continuity(
      at,
      'retry',
      failed.arn,
      '--reason',
      'CloudWatch is well',
      '--as',
      'jane',
    );
    expect(code).toBe(0);
    const arn = stdout.trim().split('\n').at(-1) ?? '';
    expect(await at.recoveryOf(arn)).toMatchObject({ status: 'SUCCEEDED', error: null });
    const incident = async (execution: string) =>
      (await at.record(execution)).find((entry) => entry.incident !== null)?.incident;
    expect(await incident(arn)).toBe(await incident(failed.arn));
    expectOnePromotion(at);
    expect(await ports.incidents.current(plan.plan)).toBeNull();

    // 3
    expect((await at.record(failed.arn)).find(({ kind }) => kind === 'control')).toMatchObject({
      actor: 'person:jane',
      result: { order: 'retry', reason: 'CloudWatch is well', as: arn.split(':').at(-1) },
    });

    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
