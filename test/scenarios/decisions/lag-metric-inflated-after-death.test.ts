import { setTimeout } from 'node:timers/promises';
import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { expect, it } from 'vitest';
import type { GuardReason } from '#domain/guards.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: region A dies and nobody starts a recovery at once. Meanwhile the replica's lag, as its metric has it, grows with the clock far
 * beyond the RPO of an hour, though nothing more is lost than at the first moment.
 *
 * Proves:
 * 1. The recovery is not refused: the lag that counts is that of the last healthy sample.
 * 2. That sample, its time and the estimate are on record before anything was changed.
 */
const scenario = useScenarioLab(163);

const INFLATED_SECONDS = 9 * 3_600;

it(
  'lag-metric-inflated-after-death',
  async () => {
    const at = scenario();
    const { plan, ports } = at;
    await at.disableAlarmRule();
    const killedAt = await at.killRegion('primary');
    await waitFor('a vantage point to see the service bad', async () =>
      (await ports.readings.list(plan.plan)).some(({ badSince }) => badSince !== null),
    );
    const cloudwatch = new CloudWatchClient({ region: plan.regions.standby });
    await cloudwatch.send(
      new PutMetricDataCommand({
        Namespace: 'AWS/RDS',
        MetricData: [
          {
            MetricName: 'ReplicaLag',
            Unit: 'Seconds',
            Value: INFLATED_SECONDS,
            Dimensions: [{ Name: 'DBInstanceIdentifier', Value: plan.database.instances.standby }],
          },
        ],
      }),
    );
    await setTimeout(3_000);
    const { arn } = await ports.executions.start(at.machineArn, 'by-hand', {
      plan: plan.plan,
      reason: 'us-east-1 is dead, and the lag metric says nine hours',
      mode: 'failover',
    });

    // 1
    expect(await at.recoveryOf(arn)).toMatchObject({ status: 'SUCCEEDED', error: null });

    // 2
    const { result } = await at.left(arn, 'CheckGuards');
    const { guards, dataLoss } = result as unknown as { guards: GuardReason[]; dataLoss: { atMostSeconds: number } };
    const lag = guards.find(({ id }) => id === 'GU-210');
    expect(lag).toMatchObject({ passed: true });
    const sampledAt = Date.parse(/ at (\S+Z),/.exec(lag?.reason ?? '')?.[1] ?? '');
    expect(sampledAt).toBeLessThanOrEqual(killedAt + 1_000);
    expect(dataLoss.atMostSeconds).toBeLessThan(60);

    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
