import { setTimeout as delay } from 'node:timers/promises';
import { CloudWatchClient, DescribeAlarmsCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { isReturn } from '#domain/direction.ts';
import { TrafficRefusedError, UnreachableError } from '#domain/errors.ts';
import type { Plan } from '#domain/plan.ts';
import type { Side } from '#domain/side.ts';
import { SWITCH_VALUE, trafficSwitch } from '#domain/traffic-switch.ts';
import type { Traffic } from '#ports/traffic.ts';
import { attempt } from '#src/attempt.ts';
import { resolveNow, servedBy } from './dns-answers.ts';
import { clientOptions, MAYBE_DEAD, type Patience } from './sdk-client.ts';
import { mapSdkError, sdkCall } from './sdk-errors.ts';

/** How long a shift waits for the alarm to turn, in ms between looks. CloudWatch may take a minute: then `applied` says it later. */
const LOOKS_MS = [0, 100, 300, 600];

/** For one answer of the other region, which may be dead; twice that for a look and a write. */
const OTHER_WITHIN_MS = 2_500;

const CHANGE = 'switch:';

/**
 * Strategy `health-switch`: failover records and their health check stand since the deployment; the shift writes one metric in the standby
 * region (PutMetricData, a data plane call) and no control plane is asked. The alarm keeps its state without further data (TreatMissingData:
 * ignore), and the health check its last status (InsufficientDataHealthStatus: LastKnownStatus). docs/adr/0008-health-switch.md
 */
export const cloudwatchTraffic = (plan: Pick<Plan, 'plan' | 'regions' | 'traffic'>): Traffic => {
  const { records } = plan.traffic;
  const { alarm, namespace, metric, dimensions } = trafficSwitch(plan);

  const refused = (_: string, error: Error): Error => {
    const mapped = mapSdkError(error, `the traffic switch ${alarm}`);
    return mapped.retryable ? mapped : new TrafficRefusedError(mapped.message, { cause: error });
  };

  /** One region's switch: on, it takes the traffic away from the other region. */
  const switchOf = (region: string, patience?: Patience) => {
    const client = new CloudWatchClient(clientOptions(region, patience));
    /**
     * Since when it is on, ms since the epoch; null when it is not. StateUpdatedTimestamp also moves when an evaluation fails:
     * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricAlarm.html
     */
    const onSince = async (): Promise<number | null> => {
      const { MetricAlarms = [] } = await sdkCall(
        'cloudwatch:DescribeAlarms',
        () => client.send(new DescribeAlarmsCommand({ AlarmNames: [alarm], AlarmTypes: ['MetricAlarm'] })),
        refused,
      );
      const { StateValue: state, StateTransitionedTimestamp } = MetricAlarms[0] ?? {};
      if (!state) throw new TrafficRefusedError(`there is no alarm ${alarm} in ${region}: deploy the stack`);
      return state === 'ALARM' ? Number(StateTransitionedTimestamp ?? 0) : null;
    };
    const isOn = async (): Promise<boolean> => (await onSince()) !== null;
    return {
      isOn,
      onSince,
      put: async (on: boolean): Promise<void> => {
        await sdkCall(
          'cloudwatch:PutMetricData',
          () =>
            client.send(
              new PutMetricDataCommand({
                Namespace: namespace,
                MetricData: [
                  {
                    MetricName: metric,
                    Value: SWITCH_VALUE[on ? 'standby' : 'primary'],
                    Unit: 'None',
                    Timestamp: new Date(),
                    Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
                  },
                ],
              }),
            ),
          refused,
        );
      },
      /** Whether it came to be so, within the looks. */
      becomes: async (on: boolean): Promise<boolean> => {
        for (const ms of LOOKS_MS) {
          await delay(ms);
          if ((await isOn()) === on) return true;
        }
        return false;
      },
    };
  };

  const own = switchOf(plan.regions.standby);
  const other = switchOf(plan.regions.primary, MAYBE_DEAD);

  /**
   * Away from home only the own switch counts. At home the traffic is where the other's switch left it, unless the own one takes it back: with both on
   * Route 53 answers the PRIMARY record. What the other region does not say was on.
   */
  const position = async (): Promise<Side> => {
    if (await own.isOn()) return 'standby';
    if (!isReturn(plan)) return 'primary';
    const others = await attempt(() => other.isOn(), OTHER_WITHIN_MS);
    return others.outcome === 'answered' && !others.value ? 'standby' : 'primary';
  };

  /** The other's order is obsolete once the own one holds. Best effort: the own one holds the traffic here without it, and `rest` comes back to it. */
  const releaseOther = async (): Promise<void> => {
    await attempt(async () => {
      if (await other.isOn()) await other.put(false);
    }, 2 * OTHER_WITHIN_MS);
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
      await own.put(side === 'standby');
      const settled = await own.becomes(side === 'standby');
      if (isReturn(plan) && side === 'standby' && settled) await releaseOther();
      return { changeId: `${CHANGE}${side}`, changed: records.map(({ name }) => name), settled };
    },

    // An alarm's period keeps its highest value, so that a switch cannot be put on and off within one: `shift` puts it on, and later this off.
    rest: async () => {
      if (!isReturn(plan)) return false;
      const since = await own.onSince();
      if (since === null) return false;
      const others = await attempt(() => other.onSince(), OTHER_WITHIN_MS);
      if (others.outcome !== 'answered') throw new UnreachableError(`the other region's switch: ${others.detail}`);
      // Of two that are on the later one is meant: an obsolete order of the other region, or its taking over since.
      if (others.value === null || others.value >= since) await own.put(false);
      else if ((await attempt(() => other.put(false), OTHER_WITHIN_MS)).outcome !== 'answered') return false;
      return true;
    },

    applied: async (changeId) => `${CHANGE}${await position()}` === changeId,

    resolve: resolveNow,
  };
};
