import { setTimeout as delay } from 'node:timers/promises';
import { CloudWatchClient, DescribeAlarmsCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { TrafficRefusedError } from '#domain/errors.ts';
import type { Plan } from '#domain/plan.ts';
import type { Side } from '#domain/side.ts';
import { SWITCH_VALUE, trafficSwitch } from '#domain/traffic-switch.ts';
import type { Traffic } from '#ports/traffic.ts';
import { resolveNow, servedBy } from './dns-answers.ts';
import { clientOptions } from './sdk-client.ts';
import { mapSdkError, sdkCall } from './sdk-errors.ts';

/** How long a shift waits for the alarm to turn, in ms between looks. CloudWatch may take a minute: then `applied` says it later. */
const LOOKS_MS = [0, 100, 300, 600];

const CHANGE = 'switch:';

/**
 * Strategy `health-switch`: failover records and their health check stand since the deployment; the shift writes one metric in the standby
 * region (PutMetricData, a data plane call) and no control plane is asked. The alarm keeps its state without further data (TreatMissingData:
 * ignore), and the health check its last status (InsufficientDataHealthStatus: LastKnownStatus). docs/adr/0008-health-switch.md
 */
export const cloudwatchTraffic = (plan: Pick<Plan, 'plan' | 'regions' | 'traffic'>): Traffic => {
  const { records } = plan.traffic;
  const { alarm, namespace, metric, dimensions } = trafficSwitch(plan);
  const client = new CloudWatchClient(clientOptions(plan.regions.standby));

  const refused = (_: string, error: Error): Error => {
    const mapped = mapSdkError(error, `the traffic switch ${alarm}`);
    return mapped.retryable ? mapped : new TrafficRefusedError(mapped.message, { cause: error });
  };

  const position = async (): Promise<Side> => {
    const { MetricAlarms = [] } = await sdkCall(
      'cloudwatch:DescribeAlarms',
      () => client.send(new DescribeAlarmsCommand({ AlarmNames: [alarm], AlarmTypes: ['MetricAlarm'] })),
      refused,
    );
    const state = MetricAlarms[0]?.StateValue;
    if (!state)
      throw new TrafficRefusedError(`there is no alarm ${alarm} in ${plan.regions.standby}: deploy the stack`);
    return state === 'ALARM' ? 'standby' : 'primary';
  };

  const turned = async (side: Side): Promise<boolean> => {
    for (const ms of LOOKS_MS) {
      await delay(ms);
      if ((await position()) === side) return true;
    }
    return false;
  };

  return {
    read: async () => {
      const [side, served] = await Promise.all([position(), Promise.all(records.map(servedBy))]);
      return records.map((record, index) => ({
        name: record.name,
        target: record[side],
        side,
        servedBy: served[index] ?? null,
        ttlSeconds: record.ttlSeconds,
      }));
    },

    shift: async (side) => {
      if ((await position()) === side) return { changeId: null, changed: [], settled: true };
      await sdkCall(
        'cloudwatch:PutMetricData',
        () =>
          client.send(
            new PutMetricDataCommand({
              Namespace: namespace,
              MetricData: [
                {
                  MetricName: metric,
                  Value: SWITCH_VALUE[side],
                  Unit: 'None',
                  Timestamp: new Date(),
                  Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
                },
              ],
            }),
          ),
        refused,
      );
      return { changeId: `${CHANGE}${side}`, changed: records.map(({ name }) => name), settled: await turned(side) };
    },

    applied: async (changeId) => `${CHANGE}${await position()}` === changeId,

    resolve: resolveNow,
  };
};
