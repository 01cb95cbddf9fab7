import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import type { AlarmReading } from '#domain/reading.ts';
import type { Alarms } from '#ports/alarms.ts';
import { clientOptions } from './sdk-client.ts';
import { sdkCall } from './sdk-errors.ts';

/** One page takes 100 alarms at most; a plan has one for each vantage point. */
const MOST = 100;

export const cloudwatchAlarms = ({ region, prefix }: { region: string; prefix: string }): Alarms => {
  const client = new CloudWatchClient(clientOptions(region));
  return {
    states: async () => {
      const { MetricAlarms } = await sdkCall('cloudwatch:DescribeAlarms', () =>
        client.send(new DescribeAlarmsCommand({ AlarmNamePrefix: prefix, MaxRecords: MOST })),
      );
      return (MetricAlarms ?? [])
        .map(
          ({ AlarmName, StateValue, StateTransitionedTimestamp, StateUpdatedTimestamp }): AlarmReading => ({
            name: AlarmName ?? '',
            state: StateValue ?? 'INSUFFICIENT_DATA',
            // The second also moves when an evaluation fails; an alarm that was never in another state has it alone.
            since: (StateTransitionedTimestamp ?? StateUpdatedTimestamp ?? new Date(0)).toISOString(),
          }),
        )
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    },
  };
};
