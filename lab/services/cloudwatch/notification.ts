/** What the world hears of an alarm's transition: the EventBridge event and the message to SNS topics, in AWS's shapes. */
import { randomUUID } from 'node:crypto';
import type { MetricAlarm } from '@aws-sdk/client-cloudwatch';
import { ACCOUNT } from '#lab/contract.ts';
import { statisticOf } from '#lab/services/cloudwatch/definition.ts';
import type { LabEvent } from '#lab/services/eventbridge/event.ts';

export interface AlarmState {
  readonly value: string;
  readonly reason: string;
  readonly reasonData: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** CloudWatch writes `2026-01-02T03:04:05.678+0000` where others write `Z`. */
export const offsetTime = (at: number): string => new Date(at).toISOString().replace('Z', '+0000');

const stateDetail = ({ value, reason, reasonData, at }: AlarmState) => ({
  value,
  reason,
  reasonData,
  timestamp: offsetTime(at),
});

/** docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html */
export const stateChangeEvent = (
  alarm: MetricAlarm,
  region: string,
  previous: AlarmState,
  next: AlarmState,
): LabEvent => ({
  version: '0',
  id: randomUUID(),
  'detail-type': 'CloudWatch Alarm State Change',
  source: 'aws.cloudwatch',
  account: ACCOUNT,
  time: new Date(next.at).toISOString().replace(/\.\d+Z$/, 'Z'),
  region,
  resources: [alarm.AlarmArn ?? ''],
  detail: {
    alarmName: alarm.AlarmName,
    state: stateDetail(next),
    previousState: stateDetail(previous),
    configuration: {
      ...(alarm.AlarmDescription !== undefined && { description: alarm.AlarmDescription }),
      metrics: [
        {
          id: randomUUID(),
          metricStat: {
            metric: {
              namespace: alarm.Namespace,
              name: alarm.MetricName,
              dimensions: Object.fromEntries((alarm.Dimensions ?? []).map(({ Name, Value }) => [Name, Value])),
            },
            period: alarm.Period,
            stat: statisticOf(alarm),
          },
          returnData: true,
        },
      ],
    },
  },
});

const REGION_NAMES: Record<string, string> = {
  'us-east-1': 'US East (N. Virginia)',
  'us-east-2': 'US East (Ohio)',
  'us-west-1': 'US West (N. California)',
  'us-west-2': 'US West (Oregon)',
};

/** SNS refuses a longer subject. */
const MAX_SUBJECT = 100;

export interface AlarmNotification {
  readonly alarmArn: string;
  readonly subject: string;
  /** JSON text for topics. */
  readonly message: string;
  /** JSON text for functions: docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html */
  readonly lambdaEvent: string;
}

/** docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html */
export const notificationOf = (
  alarm: MetricAlarm,
  region: string,
  previous: AlarmState,
  next: AlarmState,
): AlarmNotification => {
  const regionName = REGION_NAMES[region] ?? region;
  const message = {
    AlarmName: alarm.AlarmName,
    AlarmDescription: alarm.AlarmDescription ?? null,
    AWSAccountId: ACCOUNT,
    AlarmConfigurationUpdatedTimestamp: offsetTime(alarm.AlarmConfigurationUpdatedTimestamp?.getTime() ?? next.at),
    NewStateValue: next.value,
    NewStateReason: next.reason,
    StateChangeTime: offsetTime(next.at),
    Region: regionName,
    AlarmArn: alarm.AlarmArn,
    OldStateValue: previous.value,
    OKActions: alarm.OKActions ?? [],
    AlarmActions: alarm.AlarmActions ?? [],
    InsufficientDataActions: alarm.InsufficientDataActions ?? [],
    Trigger: {
      MetricName: alarm.MetricName,
      Namespace: alarm.Namespace,
      StatisticType: alarm.ExtendedStatistic ? 'ExtendedStatistic' : 'Statistic',
      ...(alarm.ExtendedStatistic
        ? { ExtendedStatistic: alarm.ExtendedStatistic }
        : { Statistic: statisticOf(alarm).toUpperCase() }),
      Unit: alarm.Unit ?? null,
      Dimensions: (alarm.Dimensions ?? []).map(({ Name, Value }) => ({ value: Value, name: Name })),
      Period: alarm.Period,
      EvaluationPeriods: alarm.EvaluationPeriods,
      DatapointsToAlarm: alarm.DatapointsToAlarm ?? alarm.EvaluationPeriods,
      ComparisonOperator: alarm.ComparisonOperator,
      Threshold: alarm.Threshold,
      TreatMissingData: alarm.TreatMissingData ?? 'missing',
      EvaluateLowSampleCountPercentile: alarm.EvaluateLowSampleCountPercentile ?? '',
    },
  };
  const { detail, account, time, source } = stateChangeEvent(alarm, region, previous, next);
  return {
    alarmArn: alarm.AlarmArn ?? '',
    subject: `${next.value}: "${alarm.AlarmName}" in ${regionName}`.slice(0, MAX_SUBJECT),
    message: JSON.stringify(message),
    lambdaEvent: JSON.stringify({
      source,
      alarmArn: alarm.AlarmArn,
      accountId: account,
      time,
      region,
      alarmData: detail,
    }),
  };
};
