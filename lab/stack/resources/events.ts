import type * as cloudwatch from '@aws-sdk/client-cloudwatch';
import type * as eventbridge from '@aws-sdk/client-eventbridge';
import type * as scheduler from '@aws-sdk/client-scheduler';
import type { Properties, Targets } from '#lab/stack/deploy.ts';
import { asText, withNumbers } from '#lab/stack/properties.ts';

type Maybe<T> = T | Promise<T>;

/** The rules, alarms and schedules of the stack's region. */
export interface RulesPort {
  putRule(input: eventbridge.PutRuleCommandInput): Maybe<{ readonly RuleArn: string }>;
  putTargets(input: eventbridge.PutTargetsCommandInput): Maybe<unknown>;
}
export interface AlarmsPort {
  putMetricAlarm(input: cloudwatch.PutMetricAlarmCommandInput): Maybe<unknown>;
  putDashboard?(input: cloudwatch.PutDashboardCommandInput): Maybe<unknown>;
  putCompositeAlarm?(input: cloudwatch.PutCompositeAlarmCommandInput): Maybe<unknown>;
}
export interface SchedulesPort {
  createSchedule(input: scheduler.CreateScheduleCommandInput): Maybe<{ readonly ScheduleArn: string }>;
  createScheduleGroup?(input: scheduler.CreateScheduleGroupCommandInput): Maybe<unknown>;
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-rule.html */
export const ruleTargets = (rules: RulesPort): Targets => ({
  async 'AWS::Events::Rule'(id, properties, { physicalName }) {
    const { Targets: targets = [], EventPattern, Name, Tags: _tags, ...rest } = properties;
    const name: string = Name ?? physicalName(id, 64);
    const pattern = EventPattern === undefined ? {} : { EventPattern: asText(EventPattern) };
    const { RuleArn } = await rules.putRule({ ...rest, ...pattern, Name: name });
    const { EventBusName } = rest;
    if (targets.length > 0)
      await rules.putTargets({ Rule: name, ...(EventBusName && { EventBusName }), Targets: targets });
    return { ref: name, attributes: { Arn: RuleArn } };
  },
});

const withPeriods = (metric: Properties): Properties => ({
  ...withNumbers(metric, ['Period']),
  ...(metric.MetricStat && { MetricStat: withNumbers(metric.MetricStat, ['Period']) }),
});

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-alarm.html */
export const alarmTargets = (alarms: AlarmsPort): Targets => {
  const made = (name: string, region: string, account: string) => ({
    ref: name,
    attributes: { Arn: `arn:aws:cloudwatch:${region}:${account}:alarm:${name}` },
  });
  return {
    async 'AWS::CloudWatch::Alarm'(id, given, { region, account, physicalName }) {
      const properties = withNumbers(given, ['Period', 'EvaluationPeriods', 'DatapointsToAlarm', 'Threshold']);
      const name: string = properties.AlarmName ?? physicalName(id, 255);
      const metrics = properties.Metrics && { Metrics: properties.Metrics.map(withPeriods) };
      const input = { ...properties, ...metrics, AlarmName: name } as cloudwatch.PutMetricAlarmCommandInput;
      await alarms.putMetricAlarm(input);
      return made(name, region, account);
    },
    ...(alarms.putDashboard && {
      async 'AWS::CloudWatch::Dashboard'(id, { DashboardName, DashboardBody }, { account, physicalName }) {
        const name: string = DashboardName ?? physicalName(id, 255);
        await alarms.putDashboard?.({ DashboardName: name, DashboardBody });
        return { ref: name, attributes: { Arn: `arn:aws:cloudwatch::${account}:dashboard/${name}` } };
      },
    }),
    ...(alarms.putCompositeAlarm && {
      async 'AWS::CloudWatch::CompositeAlarm'(id, properties, { region, account, physicalName }) {
        const name: string = properties.AlarmName ?? physicalName(id, 255);
        const input = { ...properties, AlarmName: name } as cloudwatch.PutCompositeAlarmCommandInput;
        await alarms.putCompositeAlarm?.(input);
        return made(name, region, account);
      },
    }),
  };
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Scheduler.html */
export const scheduleTargets = (schedules: SchedulesPort): Targets => ({
  async 'AWS::Scheduler::Schedule'(id, properties, { physicalName }) {
    const name: string = properties.Name ?? physicalName(id, 64);
    const { ScheduleArn } = await schedules.createSchedule({
      ...properties,
      Name: name,
    } as scheduler.CreateScheduleCommandInput);
    return { ref: name, attributes: { Arn: ScheduleArn } };
  },
  ...(schedules.createScheduleGroup && {
    async 'AWS::Scheduler::ScheduleGroup'(id, properties, { region, account, physicalName }) {
      const name: string = properties.Name ?? physicalName(id, 64);
      await schedules.createScheduleGroup?.({ Name: name });
      return { ref: name, attributes: { Arn: `arn:aws:scheduler:${region}:${account}:schedule-group/${name}` } };
    },
  }),
});
