import * as cw from '@aws-sdk/client-cloudwatch';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Door } from '#lab/door/door.ts';
import { type CloudWatchService, createCloudWatchService } from '#lab/services/cloudwatch/cloudwatch.ts';
import type { AlarmNotification } from '#lab/services/cloudwatch/notification.ts';
import type { LabEvent } from '#lab/services/eventbridge/event.ts';
import { labTime } from '#lab/time.ts';
import { stays, waitFor } from '#test/support/wait-for.ts';
import { clientOptions, openDoor, REGION } from '#test/unit/lab/services/sdk.ts';

const TOPIC = `arn:aws:sns:${REGION}:123456789012:alerts`;
const events: LabEvent[] = [];
const actions: { arn: string; notification: AlarmNotification }[] = [];
let service: CloudWatchService;
let door: Door;
let client: cw.CloudWatchClient;

beforeAll(async () => {
  service = createCloudWatchService({
    time: labTime(240),
    region: REGION,
    emit: (event) => events.push(event),
    act: (arn, notification) => actions.push({ arn, notification }),
  });
  door = await openDoor(20, [service.service]);
  client = new cw.CloudWatchClient(clientOptions(door));
});
afterAll(async () => {
  service.stop();
  await door.stop();
});
beforeEach(() => {
  events.length = 0;
  actions.length = 0;
});

const alarm = (
  AlarmName: string,
  more: Partial<cw.PutMetricAlarmCommandInput> = {},
): cw.PutMetricAlarmCommandInput => ({
  AlarmName,
  AlarmDescription: 'Goes into alarm when the service is down',
  Namespace: 'Continuity',
  MetricName: AlarmName,
  Dimensions: [{ Name: 'Region', Value: 'us-east-1' }],
  Statistic: 'Minimum',
  Period: 60,
  EvaluationPeriods: 3,
  DatapointsToAlarm: 2,
  Threshold: 1,
  ComparisonOperator: 'LessThanThreshold',
  TreatMissingData: 'ignore',
  AlarmActions: [TOPIC],
  OKActions: [TOPIC],
  ...more,
});

const put = (MetricName: string, Value: number, Timestamp = new Date()) =>
  client.send(
    new cw.PutMetricDataCommand({
      Namespace: 'Continuity',
      MetricData: [{ MetricName, Value, Timestamp, Dimensions: [{ Name: 'Region', Value: 'us-east-1' }] }],
    }),
  );

const stateOf = async (name: string) =>
  (await client.send(new cw.DescribeAlarmsCommand({ AlarmNames: [name] }))).MetricAlarms?.[0]?.StateValue;

/** One value for each of the last `values.length` scaled minutes, oldest first. */
const putMinutes = async (name: string, values: readonly number[]) => {
  const now = Date.now();
  for (const [i, value] of values.entries()) await put(name, value, new Date(now - (values.length - 1 - i) * 250));
};

describe('an alarm', () => {
  test('goes INSUFFICIENT_DATA -> OK -> ALARM -> OK and tells of each transition once', async () => {
    await client.send(new cw.PutMetricAlarmCommand(alarm('health')));
    expect(await stateOf('health')).toBe('INSUFFICIENT_DATA');
    await put('health', 1);
    await waitFor('OK', async () => (await stateOf('health')) === 'OK');

    await waitFor('ALARM', async () => {
      await put('health', 0);
      return (await stateOf('health')) === 'ALARM';
    });
    await stays(
      'in ALARM without telling again',
      async () => {
        await put('health', 0);
        return (await stateOf('health')) === 'ALARM';
      },
      600,
    );
    await waitFor('OK again', async () => {
      await put('health', 1);
      return (await stateOf('health')) === 'OK';
    });

    const detail = (event: LabEvent) =>
      event.detail as {
        state: { value: string; reason: string; reasonData: string; timestamp: string };
        previousState: { value: string };
      };
    expect(events.map((event) => [detail(event).previousState.value, detail(event).state.value])).toEqual([
      ['INSUFFICIENT_DATA', 'OK'],
      ['OK', 'ALARM'],
      ['ALARM', 'OK'],
    ]);
    const [, event] = events as [LabEvent, LabEvent];
    expect(event).toMatchObject({
      version: '0',
      source: 'aws.cloudwatch',
      'detail-type': 'CloudWatch Alarm State Change',
      account: '123456789012',
      region: REGION,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      resources: [`arn:aws:cloudwatch:${REGION}:123456789012:alarm:health`],
      detail: {
        alarmName: 'health',
        configuration: {
          description: 'Goes into alarm when the service is down',
          metrics: [
            {
              metricStat: {
                metric: { namespace: 'Continuity', name: 'health', dimensions: { Region: 'us-east-1' } },
                period: 60,
                stat: 'Minimum',
              },
              returnData: true,
            },
          ],
        },
      },
    });
    expect(detail(event).state.timestamp).toMatch(/\+0000$/);
    expect(detail(event).state.reason).toMatch(
      /^Threshold Crossed: 2 out of the last 3 datapoints \[.*\] was less than the threshold \(1\.0\) \(minimum 2 datapoints for OK -> ALARM transition\)\.$/,
    );
    expect(JSON.parse(detail(event).state.reasonData)).toMatchObject({
      version: '1.0',
      period: 60,
      threshold: 1,
      statistic: 'Minimum',
    });

    expect(actions.map(({ arn, notification }) => [arn, notification.subject])).toEqual([
      [TOPIC, 'OK: "health" in US West (Oregon)'],
      [TOPIC, 'ALARM: "health" in US West (Oregon)'],
      [TOPIC, 'OK: "health" in US West (Oregon)'],
    ]);
    expect(JSON.parse(actions[1]?.notification.message ?? '')).toMatchObject({
      AlarmName: 'health',
      NewStateValue: 'ALARM',
      OldStateValue: 'OK',
      Region: 'US West (Oregon)',
      Trigger: {
        MetricName: 'health',
        Statistic: 'MINIMUM',
        Dimensions: [{ name: 'Region', value: 'us-east-1' }],
        Period: 60,
        DatapointsToAlarm: 2,
      },
    });
    const { AlarmHistoryItems } = await client.send(
      new cw.DescribeAlarmHistoryCommand({
        AlarmName: 'health',
        HistoryItemType: 'StateUpdate',
        ScanBy: 'TimestampAscending',
      }),
    );
    expect(AlarmHistoryItems?.map(({ HistorySummary }) => HistorySummary)).toEqual([
      'Alarm updated from INSUFFICIENT_DATA to OK',
      'Alarm updated from OK to ALARM',
      'Alarm updated from ALARM to OK',
    ]);
  });

  test('is not raised by one bad datapoint where two are wanted', async () => {
    service.putMetricAlarm(alarm('blip'));
    await putMinutes('blip', [1, 1, 0, 1]);
    expect(await stateOf('blip')).toBe('OK');
  });

  test('whose data stops goes by TreatMissingData, after one range and what comes late', async () => {
    for (const treat of ['breaching', 'missing', 'notBreaching'] as const) {
      service.putMetricAlarm(alarm(`gap-${treat}`, { TreatMissingData: treat }));
      await putMinutes(`gap-${treat}`, [1, 1, 1]);
      expect(await stateOf(`gap-${treat}`)).toBe('OK');
    }
    await waitFor(
      'both to leave OK',
      async () =>
        (await stateOf('gap-breaching')) === 'ALARM' && (await stateOf('gap-missing')) === 'INSUFFICIENT_DATA',
      { withinMs: 9_000 },
    );
    expect(await stateOf('gap-notBreaching')).toBe('OK');
  });

  test('on a sum below a threshold waits for the period to end', async () => {
    service.putMetricAlarm(
      alarm('orders', { Statistic: 'Sum', Threshold: 10, EvaluationPeriods: 1, DatapointsToAlarm: 1, Period: 3600 }),
    );
    const start = Math.floor(Date.now() / 15_000) * 15_000;
    await put('orders', 50, new Date(start - 100));
    await put('orders', 1, new Date(Math.max(start, Date.now() - 5)));
    expect(await stateOf('orders')).toBe('OK');
  });

  test('can be set by hand, and silenced', async () => {
    service.putMetricAlarm(alarm('manual'));
    await client.send(
      new cw.SetAlarmStateCommand({ AlarmName: 'manual', StateValue: 'ALARM', StateReason: 'a drill' }),
    );
    expect(events.at(-1)?.detail).toMatchObject({ alarmName: 'manual', state: { value: 'ALARM', reason: 'a drill' } });
    expect(actions).toHaveLength(1);
    await client.send(new cw.SetAlarmStateCommand({ AlarmName: 'manual', StateValue: 'ALARM', StateReason: 'again' }));
    expect(events).toHaveLength(1);
    await client.send(new cw.DisableAlarmActionsCommand({ AlarmNames: ['manual'] }));
    await client.send(new cw.SetAlarmStateCommand({ AlarmName: 'manual', StateValue: 'OK', StateReason: 'over' }));
    expect(events).toHaveLength(2);
    expect(actions).toHaveLength(1);
    await client.send(new cw.DeleteAlarmsCommand({ AlarmNames: ['manual'] }));
    await expect(client.send(new cw.DeleteAlarmsCommand({ AlarmNames: ['manual'] }))).rejects.toMatchObject({
      name: 'ResourceNotFound',
    });
  });

  test.each([
    ['no statistic', { Statistic: undefined }],
    ['a period of 7', { Period: 7 }],
    ['more datapoints than periods', { DatapointsToAlarm: 4 }],
    ['metric math', { Metrics: [{ Id: 'a', Expression: 'b*2' }] }],
  ])('with %s is refused', async (_name, wrong) => {
    await expect(client.send(new cw.PutMetricAlarmCommand(alarm('wrong', wrong as never)))).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });
});

test('metrics are read back through GetMetricData, GetMetricStatistics and ListMetrics', async () => {
  const end = Math.floor(Date.now() / 250) * 250;
  await put('lag', 5, new Date(end - 240));
  await put('lag', 7, new Date(end - 10));
  await put('lag', 1, new Date(end - 300));
  const dimensions = [{ Name: 'Region', Value: 'us-east-1' }];
  const range = { StartTime: new Date(end - 1000), EndTime: new Date(end) };
  const { MetricDataResults } = await client.send(
    new cw.GetMetricDataCommand({
      ...range,
      MetricDataQueries: [
        {
          Id: 'm',
          MetricStat: {
            Metric: { Namespace: 'Continuity', MetricName: 'lag', Dimensions: dimensions },
            Period: 60,
            Stat: 'Average',
          },
        },
      ],
    }),
  );
  expect(MetricDataResults).toMatchObject([
    { Id: 'm', StatusCode: 'Complete', Values: [6, 1], Timestamps: [new Date(end - 250), new Date(end - 500)] },
  ]);
  const { Datapoints } = await client.send(
    new cw.GetMetricStatisticsCommand({
      ...range,
      Namespace: 'Continuity',
      MetricName: 'lag',
      Dimensions: dimensions,
      Period: 60,
      Statistics: ['Maximum', 'SampleCount'],
    }),
  );
  expect(Datapoints).toContainEqual({ Timestamp: new Date(end - 250), Unit: 'None', Maximum: 7, SampleCount: 2 });
  expect(
    (await client.send(new cw.ListMetricsCommand({ MetricName: 'lag', Dimensions: [{ Name: 'Region' }] }))).Metrics,
  ).toHaveLength(1);
});
