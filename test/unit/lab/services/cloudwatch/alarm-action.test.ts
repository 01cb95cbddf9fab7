import { expect, test } from 'vitest';
import { alarmAction } from '#lab/services/cloudwatch/alarm-action.ts';
import { createCloudWatchService } from '#lab/services/cloudwatch/cloudwatch.ts';
import type { Deliver } from '#lab/services/deliver.ts';
import { createSnsService } from '#lab/services/sns/sns.ts';
import { labTime } from '#lab/time.ts';
import { waitFor } from '#test/support/wait-for.ts';
import { createTargets, REGION } from '#test/unit/lab/services/sdk.ts';

test('an alarm reaches a function by its topic as AWS would hand it over, and directly', async () => {
  const targets = createTargets();
  const logged: string[] = [];
  const common = {
    time: labTime(240),
    region: REGION,
    log: (_source: string, message: string) => logged.push(message),
  };
  const sns = createSnsService({ ...common, smtp: { host: '127.0.0.1', port: 1 }, deliver: targets.deliver });
  const deliver: Deliver = async (arn, payload, options) => {
    if (!arn.startsWith('arn:aws:sns:')) return targets.deliver(arn, payload, options);
    sns.publish({ TopicArn: arn, Message: payload, Subject: options.subject });
  };
  const act = alarmAction({ deliver, log: common.log });
  const cloudwatch = createCloudWatchService({ ...common, act });
  const byTopic = `arn:aws:lambda:${REGION}:123456789012:function:by-topic`;
  const directly = `arn:aws:lambda:${REGION}:123456789012:function:directly`;
  const { TopicArn } = sns.createTopic({ Name: 'alerts' });
  sns.subscribe({ TopicArn, Protocol: 'lambda', Endpoint: byTopic });
  const missing = `${TopicArn}-missing`;
  cloudwatch.putMetricAlarm({
    AlarmName: 'down',
    Namespace: 'N',
    MetricName: 'm',
    Statistic: 'Minimum',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'LessThanThreshold',
    AlarmActions: [missing, TopicArn, directly],
  });
  cloudwatch.putMetricData({ Namespace: 'N', MetricData: [{ MetricName: 'm', Value: 0 }] });

  const payloadOf = (arn: string) => waitFor(arn, () => targets.delivered.find((one) => one.arn === arn)?.payload);
  const { Sns } = JSON.parse(await payloadOf(byTopic)).Records[0];
  expect(Sns.Subject).toBe('ALARM: "down" in US West (Oregon)');
  expect(JSON.parse(Sns.Message)).toMatchObject({
    AlarmName: 'down',
    NewStateValue: 'ALARM',
    OldStateValue: 'INSUFFICIENT_DATA',
  });
  expect(JSON.parse(await payloadOf(directly))).toMatchObject({
    source: 'aws.cloudwatch',
    alarmData: { alarmName: 'down', state: { value: 'ALARM' } },
  });
  expect(targets.delivered.find(({ arn }) => arn === directly)?.options.from).toEqual({
    service: 'lambda.alarms.cloudwatch.amazonaws.com',
    sourceArn: `arn:aws:cloudwatch:${REGION}:123456789012:alarm:down`,
  });
  expect(logged).toContain('an alarm action failed');
  cloudwatch.stop();
  sns.stop();
});
