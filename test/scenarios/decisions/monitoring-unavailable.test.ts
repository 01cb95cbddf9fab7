import { expect, it } from 'vitest';
import { stackRef } from '#test/support/lab-ports.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { stays, waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: what the probes measure does not arrive: CloudWatch and the table of readings refuse it from both vantage points. The service is well.
 *
 * Proves:
 * 1. Missing data is not a bad sign: the alarms fall silent, and no run begins by itself.
 * 2. A person's start is refused as healthy by what the standby itself sees, or for lack of evidence: nothing is changed either way.
 * 3. When the monitor is back, the alarms are OK again.
 */
const scenario = useScenarioLab(165);

it(
  'monitoring-unavailable',
  async () => {
    const at = scenario();
    const { lab, plan, ports } = at;
    const { door } = lab.cloud;
    const roles = ['ProbeServiceRole'].map((id) => stackRef(lab, id)).filter(Boolean);
    const refuse = door.faults.inject({
      service: 'monitoring',
      operation: 'PutMetricData',
      effect: { kind: 'throttle' },
    });
    const lose = roles.map((role) =>
      door.faults.inject({ service: 'dynamodb', operation: 'PutItem', role, effect: { kind: 'throttle' } }),
    );
    const health = () =>
      [...lab.cloud.regions.values()]
        .flatMap(({ cloudwatch }) => cloudwatch.describeAlarms())
        .filter(({ AlarmName }) => AlarmName?.includes('-healthy-'));
    await waitFor(
      'the alarms to have no data',
      () => health().every(({ StateValue }) => StateValue === 'INSUFFICIENT_DATA'),
      {
        withinMs: 30_000,
      },
    );

    // 1
    await stays('nothing started', async () => (await at.executions()).length === 0, 1_500);
    expect(refuse.hits).toBeGreaterThan(0);

    // 2
    const { arn } = await ports.executions.start(at.machineArn, 'by-hand', {
      plan: plan.plan,
      reason: 'the dashboards are dark',
      mode: 'failover',
    });
    expect((await at.recoveryOf(arn)).status).not.toBe('RUNNING');
    const verdict = (await at.record(arn)).findLast(({ state, kind }) => state === 'AssessEvidence' && kind === 'left');
    expect(verdict?.result).toMatchObject({ outcome: 'none' });
    const states = new Set((await at.record(arn)).map(({ state }) => state));
    for (const state of ['FencePrimary', 'PromoteReplica', 'ShiftTraffic']) expect(states).not.toContain(state);
    expect(await lab.world.databases.standby.isStandby()).toBe(true);

    // 3
    refuse.remove();
    for (const one of lose) one.remove();
    await waitFor('the alarms to be OK again', () => health().every(({ StateValue }) => StateValue === 'OK'), {
      withinMs: 30_000,
    });

    await expectSteadyState(at, 'primary');
  },
  STORY_MS,
);
