/**
 * The state of a metric alarm from its datapoints, as AWS documents it:
 * docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html and alarm-evaluation.html.
 * Pure: the clock comes in as the datapoints' age in periods.
 */
import type { ComparisonOperator, StateValue } from '@aws-sdk/client-cloudwatch';

export interface AlarmRule {
  readonly comparison: ComparisonOperator;
  readonly threshold: number;
  /** N: datapoints that are looked at. */
  readonly evaluationPeriods: number;
  /** M: how many of them have to breach. */
  readonly datapointsToAlarm: number;
  readonly treatMissingData: 'missing' | 'ignore' | 'breaching' | 'notBreaching';
}

/** A period that has data. `age` 1 is the most recent period of the range, 2 the one before. */
export interface AgedDatapoint {
  readonly age: number;
  readonly value: number;
}

/** CloudWatch looks further back than N, so that late data is no gap; AWS's own example takes 5 for N = 3. */
export const evaluationRange = (evaluationPeriods: number): number => evaluationPeriods + 2;

/** What a probe that runs into its time-outs takes. Time-outs are not scaled, periods are: what is a part of a period on AWS is several here. */
const LATE_MS = 4_000;

/** Further periods that are looked back, so that a datapoint which comes as late as on AWS is no gap here. None at AWS's own pace. */
export const latePeriods = (periodMs: number): number => Math.floor(LATE_MS / periodMs);

export const breaches = (value: number, comparison: ComparisonOperator, threshold: number): boolean => {
  switch (comparison) {
    case 'GreaterThanThreshold':
      return value > threshold;
    case 'GreaterThanOrEqualToThreshold':
      return value >= threshold;
    case 'LessThanThreshold':
      return value < threshold;
    case 'LessThanOrEqualToThreshold':
      return value <= threshold;
    default:
      throw new RangeError(`comparison operator ${comparison} needs an anomaly detector, which the lab does not have`);
  }
};

export interface Verdict {
  /** undefined: stay as it is. */
  readonly state: StateValue | undefined;
  /** Datapoints that the verdict rests on, most recent first. */
  readonly datapoints: readonly AgedDatapoint[];
  readonly breaching: number;
}

/** `datapoints`: the periods with data within `evaluationRange`, in any order. */
export const evaluate = (rule: AlarmRule, datapoints: readonly AgedDatapoint[]): Verdict => {
  const { evaluationPeriods: n, datapointsToAlarm: m, treatMissingData } = rule;
  const recent = [...datapoints].sort((a, b) => a.age - b.age);
  const used = recent.slice(0, n);
  const breaching = used.filter(({ value }) => breaches(value, rule.comparison, rule.threshold)).length;
  const verdict = (state: StateValue | undefined): Verdict => ({ state, datapoints: used, breaching });

  if (breaching >= m) return verdict('ALARM');
  const missing = n - used.length;
  if (missing === 0) return verdict('OK');
  if (treatMissingData === 'breaching') return verdict(breaching + missing >= m ? 'ALARM' : 'OK');
  if (treatMissingData === 'notBreaching') return verdict('OK');
  if (used.length === 0) return verdict(treatMissingData === 'ignore' ? undefined : 'INSUFFICIENT_DATA');
  if (breaching < used.length) return verdict('OK');
  // Every datapoint there is breaches, but they are fewer than M.
  const oldest = used.at(-1)?.age ?? 0;
  return verdict(treatMissingData === 'missing' && oldest >= m ? 'ALARM' : undefined);
};
