import { CloudWatchClient, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { EnableRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { expect, it } from 'vitest';
import { stackRef } from '#test/support/lab-ports.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { seenBad } from '#test/support/seen-bad.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: region A is dead and both vantage points know it. The alarms of both go into ALARM at the same instant.
 *
 * Proves:
 * 1. The rule hands both events to the intake.
 * 2. They are one incident and one execution, which recovers.
 * 3. A third event for the same incident, while the recovery runs, starts nothing.
 */
const scenario = useScenarioLab();

it(
  'two-alarms-at-the-same-instant',
  async () => {
    const at = scenario();
    const { plan, lab, ports } = at;
    const region = plan.regions.standby;
    const cloudwatch = new CloudWatchClient({ region });
    const alarms = ['HealthyFromStandbyAlarm', 'HealthyFromWitnessAlarm'].map((id) => stackRef(lab, id));
    const set = (StateValue: 'OK' | 'ALARM') =>
      Promise.all(
        alarms.map((AlarmName) =>
          cloudwatch.send(new SetAlarmStateCommand({ AlarmName, StateValue, StateReason: `set to ${StateValue}` })),
        ),
      );
    const events = lab.cloud.regions.get(region)?.events;
    const delivered = () => events?.deliveries().filter(({ outcome }) => outcome === 'delivered').length ?? 0;

    // While the rule is off, the alarms notice by themselves; then both are put back, and go off together.
    await at.disableAlarmRule();
    await at.killRegion('primary');
    await seenBad(at);
    // The rule first: an alarm that goes off by itself in between is one that goes off.
    await new EventBridgeClient({ region }).send(new EnableRuleCommand({ Name: stackRef(lab, 'AlarmRule') }));
    await set('OK');
    await set('ALARM');

    // 1
    await waitFor('both events to be delivered', () => delivered() >= 2, { withinMs: 20_000 });
    // 3
    await set('OK');
    await set('ALARM');
    await waitFor('the third and the fourth event to be delivered', () => delivered() >= 4, { withinMs: 20_000 });

    // 2
    const recovery = await at.recoveryOf();
    expect(recovery).toMatchObject({ status: 'SUCCEEDED', error: null });
    await waitFor(
      'the intake to be done with every event',
      () =>
        lab.cloud.lambda.functions().every(({ name, running }) => !name.includes('ReceiveAlarm') || running.size === 0),
      { withinMs: 20_000 },
    );
    const all = await at.executions();
    expect(all.map(({ name }) => name)).toEqual([expect.stringMatching(/^svg-ai-INC-\d{4}-\d{4}-001$/)]);
    expect(await ports.incidents.current(plan.plan)).toBeNull();

    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
