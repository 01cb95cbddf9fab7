import type { Plan } from '#domain/plan.ts';

type Metric = readonly unknown[];

interface Shown {
  readonly title: string;
  readonly metrics: readonly Metric[];
  readonly stat: string;
  readonly period?: number;
  readonly least?: number;
  /** A line that a value should stay below. */
  readonly budget?: { readonly label: string; readonly value: number };
}

const WIDTH = 12;
const HEIGHT = 6;

const graph = (region: string, { title, metrics, stat, period = 60, least, budget }: Shown) => ({
  type: 'metric',
  width: WIDTH,
  height: HEIGHT,
  properties: {
    title,
    region,
    view: 'timeSeries',
    stat,
    period,
    metrics,
    ...(least === undefined ? {} : { yAxis: { left: { min: least } } }),
    ...(budget === undefined ? {} : { annotations: { horizontal: [budget] } }),
  },
});

/**
 * The dashboard of a stack: how the service is seen, what a failure now would lose, clocks against budgets, and whether the pipeline is well. It
 * reads the standby region alone: it shows when the primary is dead. Dashboards have no region, so their names have.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 */
export const dashboard = (
  plan: Plan,
  names: string,
  stack: {
    readonly alarms: readonly string[];
    readonly queues: readonly string[];
    readonly functions: readonly string[];
  },
) => {
  const region = plan.regions.standby;
  const vantage = (metric: string, name: string): Metric => [
    'Continuity',
    metric,
    'Plan',
    plan.plan,
    'Vantage',
    name,
    { label: name },
  ];
  const { rtoSeconds, rpoSeconds } = plan.objectives;
  // Names that only CloudFormation knows go in by Fn::Sub.
  const reference = (id: string, attribute?: string) => `\${${attribute ? `${id}.${attribute}` : id}}`;
  const widgets = [
    {
      type: 'alarm',
      width: 2 * WIDTH,
      height: 4,
      properties: { title: 'Alarms', alarms: stack.alarms.map((id) => reference(id, 'Arn')) },
    },
    graph(region, {
      title: 'Service healthy, by vantage point (1: reads and writes are good)',
      metrics: ['standby', 'witness'].map((name) => vantage('ServiceHealthy', name)),
      stat: 'Minimum',
      period: Math.max(60, plan.detection.probeEverySeconds),
      least: 0,
    }),
    graph(region, {
      title: 'Probes that report',
      metrics: ['standby', 'witness'].map((name) => vantage('ProbeReported', name)),
      stat: 'Sum',
      period: Math.max(60, plan.detection.probeEverySeconds),
      least: 0,
    }),
    graph(region, {
      title: 'Replication lag (after a failure it grows with the clock and says nothing)',
      metrics: [['AWS/RDS', 'ReplicaLag', 'DBInstanceIdentifier', plan.database.instances.standby]],
      stat: 'Maximum',
      least: 0,
      budget: { label: `RPO ${rpoSeconds} s`, value: rpoSeconds },
    }),
    graph(region, {
      title: 'Time of each recovery, against the RTO',
      metrics: [['Continuity', 'RecoveryTime', 'Plan', plan.plan]],
      stat: 'Maximum',
      period: 3600,
      least: 0,
      budget: { label: `RTO ${rtoSeconds} s`, value: rtoSeconds * 1_000 },
    }),
    graph(region, {
      title: 'Executions',
      metrics: [
        'ExecutionsStarted',
        'ExecutionsSucceeded',
        'ExecutionsFailed',
        'ExecutionsTimedOut',
        'ExecutionsAborted',
      ].map((name) => ['AWS/States', name, 'StateMachineArn', reference('FailoverStateMachine')]),
      stat: 'Sum',
      period: 300,
      least: 0,
    }),
    graph(region, {
      title: 'Functions that are not ready for a recovery',
      metrics: [['Continuity', 'NotReady', 'service', plan.plan]],
      stat: 'Sum',
      period: 300,
      least: 0,
    }),
    graph(region, {
      title: 'Errors of functions that no state calls',
      metrics: stack.functions.map((key) => [
        'AWS/Lambda',
        'Errors',
        'FunctionName',
        reference(`${key}LambdaFunction`),
      ]),
      stat: 'Sum',
      period: 300,
      least: 0,
    }),
    graph(region, {
      title: 'Dead letters',
      metrics: stack.queues.map((id) => [
        'AWS/SQS',
        'ApproximateNumberOfMessagesVisible',
        'QueueName',
        reference(id, 'QueueName'),
      ]),
      stat: 'Maximum',
      period: 300,
      least: 0,
    }),
  ].map((widget, index) => ({
    ...widget,
    // The alarms are a row of their own.
    x: index === 0 ? 0 : ((index - 1) % 2) * WIDTH,
    y: index === 0 ? 0 : 4 + Math.floor((index - 1) / 2) * HEIGHT,
  }));
  return {
    Dashboard: {
      Type: 'AWS::CloudWatch::Dashboard',
      Properties: {
        DashboardName: `${names}-${region}`,
        DashboardBody: { 'Fn::Sub': JSON.stringify({ start: '-P1D', widgets }) },
      },
    },
  };
};
