/** CloudWatch of one region: metrics and metric alarms. A declared period of P seconds lasts `time.ms(P)` real ms. */

import type * as cw from '@aws-sdk/client-cloudwatch';
import * as cloudwatch from '@aws-sdk/client-cloudwatch';
import { type LabService, type LabTime, type Log, ServiceFault } from '#lab/contract.ts';
import { type AlarmDeps, createAlarms } from '#lab/services/cloudwatch/alarms.ts';
import { createDashboards } from '#lab/services/cloudwatch/dashboards.ts';
import { createMetricStore, type MetricId, statistic } from '#lab/services/cloudwatch/metrics.ts';
import { page } from '#lab/services/page.ts';

export interface CloudWatchDeps {
  readonly time: LabTime;
  readonly region: string;
  readonly now?: () => number;
  readonly log?: Log;
  /** Where `CloudWatch Alarm State Change` events go: `eventBridge.emit`. */
  readonly emit?: AlarmDeps['emit'];
  /** Alarm actions: publish to the SNS topic, or invoke the function, that `actionArn` names. Must not throw late. */
  readonly act?: AlarmDeps['act'];
}

export interface CloudWatchService {
  readonly service: LabService;
  putMetricData(input: cw.PutMetricDataCommandInput): void;
  putMetricAlarm(input: cw.PutMetricAlarmCommandInput): void;
  putDashboard(input: cw.PutDashboardCommandInput): void;
  setAlarmState(input: cw.SetAlarmStateCommandInput): void;
  deleteAlarms(input: cw.DeleteAlarmsCommandInput): void;
  describeAlarms(input?: Partial<cw.DescribeAlarmsCommandInput>): cw.MetricAlarm[];
  getMetricStatistics(input: cw.GetMetricStatisticsCommandInput): cw.Datapoint[];
  stop(): void;
}

const idOf = (metric: cw.Metric | undefined): MetricId => ({
  namespace: metric?.Namespace ?? '',
  name: metric?.MetricName ?? '',
  dimensions: metric?.Dimensions ?? [],
});

const hasDimensions = (id: MetricId, filters: readonly cw.DimensionFilter[]): boolean =>
  filters.every(({ Name, Value }) =>
    id.dimensions.some((d) => d.Name === Name && (Value === undefined || d.Value === Value)),
  );

export const createCloudWatchService = (deps: CloudWatchDeps): CloudWatchService => {
  const { time, region, now = Date.now, log = () => {}, emit = () => {}, act = () => {} } = deps;
  const metrics = createMetricStore(now);
  const dashboards = createDashboards(now);
  const alarms = createAlarms({ time, region, metrics, now, log, emit, act });

  const putMetricData = ({ Namespace, MetricData = [], EntityMetricData = [] }: cw.PutMetricDataCommandInput): void => {
    if (!Namespace) throw new ServiceFault('MissingRequiredParameterException', 'The parameter Namespace is required.');
    const data = [...MetricData, ...EntityMetricData.flatMap((entity) => entity.MetricData ?? [])];
    for (const id of metrics.put(Namespace, data)) alarms.touched(id);
  };

  const queryMetric = (
    query: cw.MetricDataQuery,
    from: number,
    to: number,
    descending: boolean,
  ): cw.MetricDataResult => {
    const { Id, Label, MetricStat } = query;
    if (!MetricStat?.Metric || !MetricStat.Stat || !MetricStat.Period) {
      throw new ServiceFault(
        'ValidationError',
        `the lab has no metric math: query ${Id} needs MetricStat with Metric, Stat and Period`,
      );
    }
    const points = metrics.datapoints(idOf(MetricStat.Metric), MetricStat.Stat, time.ms(MetricStat.Period), from, to);
    if (descending) points.reverse();
    return {
      Id,
      Label: Label ?? MetricStat.Metric.MetricName,
      Timestamps: points.map(({ at }) => new Date(at)),
      Values: points.map(({ value }) => value),
      StatusCode: 'Complete',
    };
  };

  const getMetricData = (input: cw.GetMetricDataCommandInput): Partial<cw.GetMetricDataCommandOutput> => {
    const from = input.StartTime?.getTime() ?? 0;
    const to = input.EndTime?.getTime() ?? now();
    const shown = (input.MetricDataQueries ?? []).filter(({ ReturnData }) => ReturnData !== false);
    return {
      MetricDataResults: shown.map((query) => queryMetric(query, from, to, input.ScanBy !== 'TimestampAscending')),
      Messages: [],
    };
  };

  const getMetricStatistics = (input: cw.GetMetricStatisticsCommandInput): cw.Datapoint[] => {
    const { Statistics = [], ExtendedStatistics = [], Period = 60, Unit } = input;
    const periodMs = time.ms(Period);
    const from = Math.floor((input.StartTime?.getTime() ?? 0) / periodMs) * periodMs;
    const buckets = Map.groupBy(
      metrics.samples(idOf(input), from, input.EndTime?.getTime() ?? now()),
      ({ at }) => Math.floor(at / periodMs) * periodMs,
    );
    return [...buckets].map(([at, samples]) => ({
      Timestamp: new Date(at),
      Unit: Unit ?? (samples[0]?.unit as cw.StandardUnit | undefined) ?? 'None',
      ...Object.fromEntries(Statistics.map((name) => [name, statistic(samples, name)])),
      ...(ExtendedStatistics.length > 0 && {
        ExtendedStatistics: Object.fromEntries(ExtendedStatistics.map((name) => [name, statistic(samples, name) ?? 0])),
      }),
    }));
  };

  const listMetrics = (input: cw.ListMetricsCommandInput): Partial<cw.ListMetricsCommandOutput> => {
    const found = metrics
      .list()
      .filter(
        (id) =>
          (!input.Namespace || id.namespace === input.Namespace) &&
          (!input.MetricName || id.name === input.MetricName) &&
          hasDimensions(id, input.Dimensions ?? []),
      );
    const { items, next } = page(found, input.NextToken, 500);
    return {
      Metrics: items.map(({ namespace, name, dimensions }) => ({
        Namespace: namespace,
        MetricName: name,
        Dimensions: [...dimensions],
      })),
      ...(next && { NextToken: next }),
    };
  };

  const describeAlarms = (input: Partial<cw.DescribeAlarmsCommandInput> = {}): cw.MetricAlarm[] =>
    alarms
      .list()
      .filter(
        (alarm) =>
          (!input.AlarmNames?.length || input.AlarmNames.includes(alarm.AlarmName ?? '')) &&
          (!input.AlarmNamePrefix || alarm.AlarmName?.startsWith(input.AlarmNamePrefix)) &&
          (!input.StateValue || alarm.StateValue === input.StateValue) &&
          (!input.ActionPrefix || alarm.AlarmActions?.some((arn) => arn.startsWith(input.ActionPrefix ?? ''))),
      );

  const describeAlarmHistory = (
    input: cw.DescribeAlarmHistoryCommandInput,
  ): Partial<cw.DescribeAlarmHistoryCommandOutput> => {
    const found = alarms
      .history()
      .filter(
        (item) =>
          (!input.AlarmName || item.AlarmName === input.AlarmName) &&
          (!input.HistoryItemType || item.HistoryItemType === input.HistoryItemType) &&
          (!input.StartDate || Number(item.Timestamp) >= input.StartDate.getTime()) &&
          (!input.EndDate || Number(item.Timestamp) <= input.EndDate.getTime()),
      );
    const { items, next } = page(
      input.ScanBy === 'TimestampAscending' ? found : found.toReversed(),
      input.NextToken,
      input.MaxRecords ?? 100,
    );
    return { AlarmHistoryItems: items, ...(next && { NextToken: next }) };
  };

  const service: LabService = {
    name: 'monitoring',
    schemas: cloudwatch,
    operations: {
      PutMetricData: putMetricData,
      GetMetricData: getMetricData,
      GetMetricStatistics: (input: cw.GetMetricStatisticsCommandInput) => ({
        Label: input.MetricName,
        Datapoints: getMetricStatistics(input),
      }),
      ListMetrics: listMetrics,
      PutMetricAlarm: alarms.putMetricAlarm,
      DescribeAlarms: (input: cw.DescribeAlarmsCommandInput) => {
        const { items, next } = page(describeAlarms(input), input.NextToken, input.MaxRecords ?? 50);
        return { MetricAlarms: items, CompositeAlarms: [], ...(next && { NextToken: next }) };
      },
      DescribeAlarmHistory: describeAlarmHistory,
      DeleteAlarms: ({ AlarmNames = [] }: cw.DeleteAlarmsCommandInput) => alarms.delete(AlarmNames),
      ...dashboards.operations,
      SetAlarmState: alarms.setAlarmState,
      EnableAlarmActions: ({ AlarmNames = [] }: cw.EnableAlarmActionsCommandInput) =>
        alarms.setActionsEnabled(AlarmNames, true),
      DisableAlarmActions: ({ AlarmNames = [] }: cw.DisableAlarmActionsCommandInput) =>
        alarms.setActionsEnabled(AlarmNames, false),
    },
  };

  return {
    service,
    putMetricData,
    putMetricAlarm: alarms.putMetricAlarm,
    putDashboard: (input) => void dashboards.operations.PutDashboard(input),
    setAlarmState: alarms.setAlarmState,
    deleteAlarms: ({ AlarmNames = [] }) => alarms.delete(AlarmNames),
    describeAlarms,
    getMetricStatistics,
    stop: alarms.stop,
  };
};
