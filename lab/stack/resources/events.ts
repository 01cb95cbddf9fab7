import type { Properties, Targets } from '#lab/stack/deploy.ts';
import { asText, withNumbers } from '#lab/stack/properties.ts';

type Maybe<T> = T | Promise<T>;

/** Inputs have the shapes of PutRule, PutTargets, PutMetricAlarm, PutCompositeAlarm, CreateSchedule, CreateScheduleGroup. */
export interface RulesPort {
  putRule(region: string, input: Properties & { readonly Name: string }): Maybe<{ readonly RuleArn: string }>;
  putTargets(
    region: string,
    input: { readonly Rule: string; readonly EventBusName?: string; readonly Targets: readonly Properties[] },
  ): Maybe<unknown>;
}
export interface AlarmsPort {
  putMetricAlarm(region: string, input: Properties & { readonly AlarmName: string }): Maybe<unknown>;
  putCompositeAlarm?(region: string, input: Properties & { readonly AlarmName: string }): Maybe<unknown>;
}
export interface SchedulesPort {
  createSchedule(region: string, input: Properties & { readonly Name: string }): Maybe<unknown>;
  createScheduleGroup?(region: string, input: { readonly Name: string }): Maybe<unknown>;
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-rule.html */
export const ruleTargets = (events: RulesPort): Targets => ({
  async 'AWS::Events::Rule'(id, properties, { region, physicalName }) {
    const { Targets: targets = [], EventPattern, Name, ...rest } = properties;
    const name: string = Name ?? physicalName(id, 64);
    const bus = rest.EventBusName;
    const { RuleArn } = await events.putRule(region, {
      ...rest,
      Name: name,
      ...(EventPattern !== undefined && { EventPattern: asText(EventPattern) }),
    });
    if (targets.length > 0)
      await events.putTargets(region, { Rule: name, ...(bus && { EventBusName: bus }), Targets: targets });
    return { ref: name, attributes: { Arn: RuleArn } };
  },
});

const withPeriods = (metric: Properties): Properties => ({
  ...withNumbers(metric, ['Period']),
  ...(metric.MetricStat && { MetricStat: withNumbers(metric.MetricStat, ['Period']) }),
});

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-alarm.html */
export const alarmTargets = (cloudwatch: AlarmsPort): Targets => ({
  async 'AWS::CloudWatch::Alarm'(id, given, { region, account, physicalName }) {
    const properties = withNumbers(given, ['Period', 'EvaluationPeriods', 'DatapointsToAlarm', 'Threshold']);
    const name: string = properties.AlarmName ?? physicalName(id, 255);
    await cloudwatch.putMetricAlarm(region, {
      ...properties,
      AlarmName: name,
      ...(properties.Metrics && { Metrics: properties.Metrics.map(withPeriods) }),
    });
    return { ref: name, attributes: { Arn: `arn:aws:cloudwatch:${region}:${account}:alarm:${name}` } };
  },
  ...(cloudwatch.putCompositeAlarm && {
    async 'AWS::CloudWatch::CompositeAlarm'(id, properties, { region, account, physicalName }) {
      const name: string = properties.AlarmName ?? physicalName(id, 255);
      await cloudwatch.putCompositeAlarm?.(region, { ...properties, AlarmName: name });
      return { ref: name, attributes: { Arn: `arn:aws:cloudwatch:${region}:${account}:alarm:${name}` } };
    },
  }),
});

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Scheduler.html */
export const scheduleTargets = (scheduler: SchedulesPort): Targets => ({
  async 'AWS::Scheduler::Schedule'(id, properties, { region, account, physicalName }) {
    const name: string = properties.Name ?? physicalName(id, 64);
    await scheduler.createSchedule(region, { ...properties, Name: name });
    return {
      ref: name,
      attributes: {
        Arn: `arn:aws:scheduler:${region}:${account}:schedule/${properties.GroupName ?? 'default'}/${name}`,
      },
    };
  },
  async 'AWS::Scheduler::ScheduleGroup'(id, properties, { region, account, physicalName }) {
    const name: string = properties.Name ?? physicalName(id, 64);
    await scheduler.createScheduleGroup?.(region, { Name: name });
    return { ref: name, attributes: { Arn: `arn:aws:scheduler:${region}:${account}:schedule-group/${name}` } };
  },
});
