/** What PutMetricAlarm takes, and what the alarm's definition says to the evaluation. */
import type { MetricAlarm, PutMetricAlarmCommandInput } from '@aws-sdk/client-cloudwatch';
import { ServiceFault } from '#lab/contract.ts';
import type { AlarmRule } from '#lab/services/cloudwatch/evaluate.ts';
import { isStatistic } from '#lab/services/cloudwatch/metrics.ts';

export const ruleOf = (alarm: MetricAlarm): AlarmRule => ({
  comparison: alarm.ComparisonOperator ?? 'GreaterThanThreshold',
  threshold: alarm.Threshold ?? 0,
  evaluationPeriods: alarm.EvaluationPeriods ?? 1,
  datapointsToAlarm: alarm.DatapointsToAlarm ?? alarm.EvaluationPeriods ?? 1,
  treatMissingData: (alarm.TreatMissingData ?? 'missing') as AlarmRule['treatMissingData'],
});

export const statisticOf = (alarm: MetricAlarm): string => alarm.Statistic ?? alarm.ExtendedStatistic ?? 'Average';

const must = (condition: unknown, message: string): void => {
  if (!condition) throw new ServiceFault('ValidationError', message);
};

export const validateAlarm = (input: PutMetricAlarmCommandInput): void => {
  must(input.AlarmName, 'AlarmName must not be empty');
  must(
    !input.Metrics && !input.ThresholdMetricId,
    'the lab has no metric math alarms: give MetricName, Namespace and Statistic',
  );
  must(input.MetricName && input.Namespace, 'MetricName and Namespace must be given');
  must(input.Statistic || input.ExtendedStatistic, 'Statistic or ExtendedStatistic must be given');
  must(
    isStatistic(input.Statistic ?? input.ExtendedStatistic ?? ''),
    `the lab has no statistic ${input.ExtendedStatistic}`,
  );
  must(input.Threshold !== undefined, 'Threshold must be given');
  must(
    input.Period && (input.Period === 10 || input.Period === 20 || input.Period === 30 || input.Period % 60 === 0),
    'Period must be 10, 20, 30 or a multiple of 60',
  );
  must(input.EvaluationPeriods && input.EvaluationPeriods >= 1, 'EvaluationPeriods must be 1 or more');
  must(
    (input.DatapointsToAlarm ?? 1) <= (input.EvaluationPeriods ?? 1),
    'DatapointsToAlarm must not be greater than EvaluationPeriods',
  );
  must(
    /^(Greater|Less)Than(OrEqualTo)?Threshold$/.test(input.ComparisonOperator ?? ''),
    `ComparisonOperator ${input.ComparisonOperator} is not supported`,
  );
  must(
    /^(missing|ignore|breaching|notBreaching)$/.test(input.TreatMissingData ?? 'missing'),
    `TreatMissingData ${input.TreatMissingData} is not known`,
  );
};
