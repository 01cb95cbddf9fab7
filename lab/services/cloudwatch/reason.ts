import type { MetricAlarm } from '@aws-sdk/client-cloudwatch';
import { ruleOf } from '#lab/services/cloudwatch/definition.ts';
import { breaches, type Verdict } from '#lab/services/cloudwatch/evaluate.ts';

const WORDS: Record<string, string> = {
  GreaterThanThreshold: 'greater than',
  GreaterThanOrEqualToThreshold: 'greater than or equal to',
  LessThanThreshold: 'less than',
  LessThanOrEqualToThreshold: 'less than or equal to',
};

const decimal = (value: number): string => (Number.isInteger(value) ? `${value}.0` : String(value));

/** `02/10/19 16:59:00`: day first. */
const shortTime = (at: number): string => {
  const [, year, month, day, time] = /^\d\d(\d\d)-(\d\d)-(\d\d)T([\d:]{8})/.exec(new Date(at).toISOString()) ?? [];
  return `${day}/${month}/${year} ${time}`;
};

/** AWS's own sentence, which people and scripts read. */
export const reasonOf = (
  alarm: MetricAlarm,
  verdict: Verdict,
  from: string,
  times: ReadonlyMap<number, number>,
): string => {
  if (verdict.datapoints.length === 0) {
    const treated =
      alarm.TreatMissingData === 'breaching'
        ? '[Breaching]'
        : alarm.TreatMissingData === 'notBreaching'
          ? '[NonBreaching]'
          : '';
    if (!treated) return `Insufficient Data: ${alarm.EvaluationPeriods} datapoints were unknown.`;
    return `Threshold Crossed: no datapoints were received for ${alarm.EvaluationPeriods} periods and ${alarm.EvaluationPeriods} missing datapoints were treated as ${treated}.`;
  }
  const isAlarm = verdict.state === 'ALARM';
  const { comparison, threshold, evaluationPeriods, datapointsToAlarm } = ruleOf(alarm);
  const deciding = verdict.datapoints.filter(({ value }) => breaches(value, comparison, threshold) === isAlarm);
  const points = deciding.map(({ value, age }) => `${decimal(value)} (${shortTime(times.get(age) ?? 0)})`).join(', ');
  const was = isAlarm ? 'was' : 'was not';
  const minimum = isAlarm ? datapointsToAlarm : evaluationPeriods - datapointsToAlarm + 1;
  const needed = `(minimum ${minimum} datapoint${minimum === 1 ? '' : 's'} for ${from} -> ${verdict.state} transition)`;
  return `Threshold Crossed: ${deciding.length} out of the last ${evaluationPeriods} datapoints [${points}] ${was} ${WORDS[comparison]} the threshold (${decimal(threshold)}) ${needed}.`;
};
