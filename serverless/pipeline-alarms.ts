import type { Plan } from '#domain/plan.ts';
import { GRANTS } from './roles.ts';

interface Watched {
  readonly description: string;
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions?: Readonly<Record<string, unknown>>;
  readonly statistic: 'Sum' | 'Maximum' | 'SampleCount';
  readonly periodSeconds: number;
  readonly periods: number;
  readonly above?: number;
  readonly below?: number;
  /** The silence is what is looked for. */
  readonly silence?: boolean;
}

/** Tells people. None of these can start a recovery: their names do not begin as those of the health alarms do (serverless/rules.yml). */
const alarmOf = (names: string) => (name: string, watched: Watched) => ({
  Type: 'AWS::CloudWatch::Alarm',
  Properties: {
    AlarmName: `${names}-${name}`,
    AlarmDescription: watched.description,
    Namespace: watched.namespace,
    MetricName: watched.metric,
    Dimensions: Object.entries(watched.dimensions ?? {}).map(([Name, Value]) => ({ Name, Value })),
    Statistic: watched.statistic,
    Period: watched.periodSeconds,
    EvaluationPeriods: watched.periods,
    ComparisonOperator: watched.below === undefined ? 'GreaterThanThreshold' : 'LessThanThreshold',
    Threshold: watched.below ?? watched.above ?? 0,
    TreatMissingData: watched.silence ? 'breaching' : 'notBreaching',
    AlarmActions: [{ Ref: 'NoticeTopic' }],
    ...(watched.silence ? { OKActions: [{ Ref: 'NoticeTopic' }] } : {}),
  },
});

type Alarm = ReturnType<typeof alarmOf>;

/** Looks of a probe that may go missing before people are told: one lost look is nothing, and a recovery wants fresh readings. */
const LOOKS_MISSED = 5;

/** A probe that reports nothing says nothing of the service (design, point 2): it starts no recovery, and somebody has to see to it. */
const silent = (alarm: Alarm, plan: Plan, vantage: 'standby' | 'witness') =>
  alarm(`silent-${vantage}`, {
    description: `The probe in the ${vantage} region reports nothing: until it does, no alarm of it can come`,
    namespace: 'Continuity',
    metric: 'ProbeReported',
    dimensions: { Plan: plan.plan, Vantage: vantage },
    statistic: 'Sum',
    periodSeconds: Math.max(60, plan.detection.probeEverySeconds),
    periods: LOOKS_MISSED,
    below: 1,
    silence: true,
  });

/** Functions that no state calls: nobody sees their errors but CloudWatch. Those of the states end in the record, and in `executions-failed`. */
export const eventFunctions = (states: readonly string[]): readonly string[] =>
  Object.keys(GRANTS).filter((key) => !states.includes(key));

const errors = (alarm: Alarm, key: string) =>
  alarm(`errors-${key}`, {
    description: `${key} fails`,
    namespace: 'AWS/Lambda',
    metric: 'Errors',
    dimensions: { FunctionName: { Ref: `${key}LambdaFunction` } },
    statistic: 'Sum',
    periodSeconds: 300,
    periods: 1,
    // The probe looks again by itself: one look lost is nothing.
    above: key === 'ProbeService' ? 2 : 0,
  });

const executions = (alarm: Alarm, name: string, metric: string, description: string) =>
  alarm(name, {
    description,
    namespace: 'AWS/States',
    metric,
    dimensions: { StateMachineArn: { Ref: 'FailoverStateMachine' } },
    statistic: 'Sum',
    periodSeconds: 60,
    periods: 1,
  });

/** Alarms on the pipeline itself. `states`: keys of the functions that the machine calls. */
export const pipelineAlarms = (plan: Plan, names: string, states: readonly string[]) => {
  const alarm = alarmOf(names);
  return {
    ProbeSilentStandbyAlarm: silent(alarm, plan, 'standby'),
    ProbeSilentWitnessAlarm: silent(alarm, plan, 'witness'),
    ...Object.fromEntries(eventFunctions(states).map((key) => [`${key}ErrorsAlarm`, errors(alarm, key)])),
    // Of all functions of the account in this region: what one takes from the others, a recovery lacks.
    ThrottlesAlarm: alarm('throttles', {
      description: 'Functions of this account are throttled in this region: a recovery may be, too',
      namespace: 'AWS/Lambda',
      metric: 'Throttles',
      statistic: 'Sum',
      periodSeconds: 60,
      periods: 1,
    }),
    NoticesLateAlarm: alarm('notices-late', {
      description: 'The record is read late: notices and the archive lag behind',
      namespace: 'AWS/Lambda',
      metric: 'IteratorAge',
      dimensions: { FunctionName: { Ref: 'NotifyStakeholdersLambdaFunction' } },
      statistic: 'Maximum',
      periodSeconds: 60,
      periods: 3,
      above: 60_000,
    }),
    ExecutionsFailedAlarm: executions(alarm, 'executions-failed', 'ExecutionsFailed', 'A recovery failed'),
    ExecutionsTimedOutAlarm: executions(
      alarm,
      'executions-timed-out',
      'ExecutionsTimedOut',
      'A recovery ran out of time',
    ),
    AlarmRuleFailedAlarm: alarm('alarm-rule-failed', {
      description: 'EventBridge could not hand an alarm to the intake',
      namespace: 'AWS/Events',
      metric: 'FailedInvocations',
      dimensions: { RuleName: { Ref: 'AlarmRule' } },
      statistic: 'Sum',
      periodSeconds: 60,
      periods: 1,
    }),
    // A warning that the RPO is in danger while all is well. After a failure it grows with the clock, so it is no evidence (design, point 5).
    ReplicaLateAlarm: alarm('replica-late', {
      description: 'The replica is further behind than the RPO allows',
      namespace: 'AWS/RDS',
      metric: 'ReplicaLag',
      dimensions: { DBInstanceIdentifier: plan.database.instances.standby },
      statistic: 'Maximum',
      periodSeconds: 60,
      periods: 5,
      above: plan.objectives.rpoSeconds,
    }),
  };
};
