import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { expect, it } from 'vitest';
import { stackRef } from '#test/support/lab-ports.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: region A is dead, and EventBridge's rule is switched off: the alarm reaches the intake only by the topic, in the form in which
 * CloudWatch itself publishes it, and twice.
 *
 * Proves:
 * 1. The alarm by SNS starts the recovery, by the same intake.
 * 2. Told twice it is one execution and one incident.
 * 3. The service writes in B.
 */
const scenario = useScenarioLab();

it(
  'alarm-by-sns',
  async () => {
    const at = scenario();
    const { lab, plan } = at;
    const region = plan.regions.standby;
    await at.disableAlarmRule();
    await at.killRegion('primary');
    const alarm = await waitFor(
      'an alarm to go off',
      () =>
        lab.cloud.regions
          .get(region)
          ?.cloudwatch.describeAlarms()
          .find(({ AlarmName, StateValue }) => AlarmName?.includes('-healthy-') && StateValue === 'ALARM'),
      { withinMs: 20_000 },
    );
    expect(await at.executions()).toEqual([]);

    const Message = JSON.stringify({
      AlarmName: alarm.AlarmName,
      NewStateValue: 'ALARM',
      OldStateValue: 'OK',
      NewStateReason: alarm.StateReason,
      StateChangeTime: alarm.StateUpdatedTimestamp?.toISOString().replace('Z', '+0000'),
    });
    const sns = new SNSClient({ region });
    const TopicArn = stackRef(lab, 'AlarmTopic');
    await Promise.all([1, 2].map(() => sns.send(new PublishCommand({ TopicArn, Message }))));

    expect(await at.recoveryOf()).toMatchObject({ status: 'SUCCEEDED' });
    expect(await at.executions()).toHaveLength(1);
    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
