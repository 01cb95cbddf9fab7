import { expect, it } from 'vitest';
import { continuity, startAsked } from '#test/support/approval.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';

/**
 * Situation: region A dies. A person starts the recovery with approval, scales the standby up to two replicas by hand, and tells the run to leave
 * that step out. Then it is approved.
 *
 * Proves:
 * 1. Steps that a rule of the design needs cannot be skipped, and there is nothing to force while nothing waits for a confirmation.
 * 2. The run leaves the step out, waits for no more replicas than there are, and recovers.
 * 3. The step is skipped in outcome and history, not done; the order names person and reason.
 */
const scenario = useScenarioLab();

it(
  'operator-skips-a-step',
  async () => {
    const at = scenario();
    const { plan, ports } = at;
    await at.disableAlarmRule();
    await at.killRegion('primary');
    const arn = await startAsked(at);
    const [deployment] = plan.workloads.deployments;
    const name = deployment?.name ?? '';
    await ports.workloads.scale('standby', name, 2);

    // 1
    const never = await continuity(at, 'skip', arn, 'VerifyStandby', '--reason', 'faster');
    expect(never).toMatchObject({ code: 2, stderr: expect.stringMatching(/a rule of the design needs it/) });
    const early = await continuity(at, 'force', arn, '--reason', 'faster');
    expect(early).toMatchObject({ code: 2, stderr: expect.stringMatching(/waits for no confirmation now/) });

    // 2
    const skip = await continuity(at, 'skip', arn, 'ScaleUpWorkloads', '--reason', 'two are enough', '--as', 'jane');
    expect(skip).toMatchObject({ code: 0, stdout: expect.stringMatching(/will be skipped/) });
    for (const person of ['John Doe', 'Jane Smith'])
      expect((await continuity(at, 'approve', arn, '--as', person, '--reason', 'seen it')).code).toBe(0);
    expect(await at.recoveryOf(arn)).toMatchObject({ status: 'SUCCEEDED', error: null });
    expect(await ports.workloads.status('standby', [name])).toMatchObject([{ wanted: 2, ready: 2 }]);

    // 3
    const outcome = (await at.left(arn, 'PublishOutcome')).result as {
      readonly steps: readonly { readonly state: string; readonly status: string }[];
      readonly notDone: readonly string[];
    };
    expect(outcome).toMatchObject({
      result: 'recovered',
      notDone: ['scale up the workloads'],
      orders: [{ order: 'skip', state: 'ScaleUpWorkloads', by: 'jane', reason: 'two are enough' }],
    });
    expect(outcome.steps.find(({ state }) => state === 'ScaleUpWorkloads')?.status).toBe('skipped');
    const history = await continuity(at, 'history', arn);
    expect(history.stdout).toMatch(/ScaleUpWorkloads .*skipped by jane/);
    expect(history.stdout).toMatch(/person:jane: skip ScaleUpWorkloads: two are enough/);

    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
