import { CloudWatchClient, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { EnableRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { expect, it } from 'vitest';
import { stackRef } from '#test/support/lab-ports.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { stays, waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: the application in A hung while the intake was switched off, and came back by itself. The intake is on again when the alarms return
 * to OK. The return itself is brought about by SetAlarmState: probes that are late on a busy machine could otherwise raise the alarm anew.
 *
 * Proves:
 * 1. The change back to OK starts nothing by the rule, and opens no incident.
 * 2. The same change by SNS, where no rule filters, is ignored by the intake, which says why.
 * 3. Nothing was moved: B is a replica, the service is A's.
 */
const scenario = useScenarioLab(64);

it(
  'alarm-back-to-ok-starts-nothing',
  async () => {
    const at = scenario();
    const { plan, lab, ports } = at;
    const region = plan.regions.standby;
    const alarms = () =>
      (lab.cloud.regions.get(region)?.cloudwatch.describeAlarms() ?? []).filter((alarm) =>
        alarm.AlarmName?.includes('-healthy-'),
      );
    const all = (state: string) => alarms().every(({ StateValue }) => StateValue === state);

    const cloudwatch = new CloudWatchClient({ region });
    const events = new EventBridgeClient({ region });
    await at.disableAlarmRule();
    await lab.faults.break('freeze-service', { side: 'primary' });
    await waitFor('both alarms to go off', () => all('ALARM'), { withinMs: 20_000 });
    await lab.faults.heal();
    await waitFor(
      'both alarms to be OK, and to stay so',
      async () => {
        await stays('OK', () => all('OK'), 1_500);
        return true;
      },
      { withinMs: 30_000 },
    );

    await waitFor(
      'both alarms to return to OK before the eyes of the rule',
      async () => {
        await at.disableAlarmRule();
        for (const { AlarmName } of alarms())
          await cloudwatch.send(
            new SetAlarmStateCommand({ AlarmName, StateValue: 'ALARM', StateReason: 'as when the service hung' }),
          );
        await events.send(new EnableRuleCommand({ Name: stackRef(lab, 'AlarmRule') }));
        const seen = all('ALARM');
        await waitFor('both alarms to be OK again', () => all('OK'), { withinMs: 20_000 });
        return seen;
      },
      { withinMs: 40_000 },
    );

    // 2
    const [alarm] = alarms();
    const message = {
      AlarmName: alarm?.AlarmName,
      NewStateValue: 'OK',
      OldStateValue: 'ALARM',
      NewStateReason: alarm?.StateReason,
      StateChangeTime: new Date().toISOString().replace('Z', '+0000'),
    };
    const answer = await new LambdaClient({ region }).send(
      new InvokeCommand({
        FunctionName: stackRef(lab, 'ReceiveAlarmLambdaFunction'),
        Payload: JSON.stringify({ Records: [{ EventSource: 'aws:sns', Sns: { Message: JSON.stringify(message) } }] }),
      }),
    );
    expect(JSON.parse(Buffer.from(answer.Payload ?? []).toString())).toEqual({
      ignored: true,
      reason: `${alarm?.AlarmName} changed to OK`,
    });

    // 1
    await stays('nothing started', async () => (await at.executions()).length === 0, 1_500);
    expect(await ports.incidents.current(plan.plan)).toBeNull();

    // 3
    expect(await ports.database.describe('standby')).toMatchObject({ replicaOf: expect.stringContaining('svg-ai-db') });
    expect((await ports.traffic.read()).map(({ side }) => side)).toEqual(plan.traffic.records.map(() => 'primary'));

    await expectSteadyState(at, 'primary');
  },
  STORY_MS,
);
