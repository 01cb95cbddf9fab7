import { CloudWatchClient, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { expect, it } from 'vitest';
import { planRecord } from '#domain/plan-record.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: the alarms go off, return to OK and go off again, over and over, while the service answers each time that somebody looks.
 *
 * Proves:
 * 1. What the alarms say alone moves nothing: the diagnosis is `healthy`, and the run ends without a change.
 * 2. A flapping service is one incident: while a run looks at it, further alarms start no other.
 */
const scenario = useScenarioLab();

const FLAPS = 4;

it(
  'alarm-flaps',
  async () => {
    const at = scenario();
    const { lab, plan, ports } = at;
    const cloudwatch = new CloudWatchClient({ region: plan.regions.standby });
    const names = (lab.cloud.regions.get(plan.regions.standby)?.cloudwatch.describeAlarms() ?? [])
      .map(({ AlarmName = '' }) => AlarmName)
      .filter((name) => name.includes('-healthy-'));
    const set = async (StateValue: 'ALARM' | 'OK') => {
      for (const AlarmName of names)
        await cloudwatch.send(new SetAlarmStateCommand({ AlarmName, StateValue, StateReason: 'flapping' }));
    };
    const flap = async (): Promise<void> => {
      await set('ALARM');
      await set('OK');
    };
    await flap();
    const arn = await at.started();
    // It goes on looking until the last of them was judged: a run that had ended by then would have been another incident.
    await ports.controls.pause(arn, { by: 'jane', reason: 'they go on flapping', at: new Date().toISOString() });
    for (let more = 1; more < FLAPS; more += 1) await flap();
    await waitFor(
      'every alarm but the one that began the run to be on record',
      async () => {
        const all = await ports.ledger.read(planRecord(plan.plan));
        return all.filter(({ kind }) => kind === 'refused').length >= FLAPS * names.length - 1;
      },
      { withinMs: 30_000 },
    );
    await ports.controls.resume(arn);

    // 1
    const end = await at.recoveryOf(arn);
    expect(end.status).not.toBe('RUNNING');
    const verdicts = (await at.record(arn)).filter(({ state, kind }) => state === 'AssessEvidence' && kind === 'left');
    expect(verdicts.at(-1)?.result).toMatchObject({ code: 'healthy', outcome: 'none' });
    expect(verdicts.length).toBeGreaterThan(1);
    const states = new Set((await at.record(arn)).map(({ state }) => state));
    for (const state of ['FencePrimary', 'PromoteReplica', 'ShiftTraffic']) expect(states).not.toContain(state);
    expect(await lab.world.databases.standby.isStandby()).toBe(true);

    // 2
    expect(await at.executions()).toHaveLength(1);
    await waitFor('the incident to be closed', async () => (await ports.incidents.current(plan.plan)) === null);

    await expectSteadyState(at, 'primary');
  },
  STORY_MS,
);
