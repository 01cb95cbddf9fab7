import { CloudWatchClient, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
import { describe, expect, it } from 'vitest';
import type { ContractCloud } from '#test/support/contract-cloud.ts';

export const describeHealthMetrics = (at: () => ContractCloud) =>
  describe('healthMetrics', () => {
    it('are in the standby region, where the alarms are', async () => {
      const dimensions = { Plan: at().freshId(), Vantage: 'standby' };
      const now = new Date();
      const point = { name: 'ServiceHealthy', value: 1, unit: 'None', dimensions, at: now.toISOString() } as const;
      await at().ports.healthMetrics.put([point, { ...point, value: 0 }]);
      const client = new CloudWatchClient({ region: at().plan.regions.standby });
      const { Datapoints = [] } = await client.send(
        new GetMetricStatisticsCommand({
          Namespace: 'Continuity',
          MetricName: 'ServiceHealthy',
          Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
          StartTime: new Date(now.getTime() - 3_600_000),
          EndTime: new Date(now.getTime() + 3_600_000),
          Period: 3_600,
          Statistics: ['Minimum', 'SampleCount'],
        }),
      );
      expect(Datapoints.map(({ Minimum }) => Minimum)).toContain(0);
      expect(Datapoints.reduce((sum, { SampleCount = 0 }) => sum + SampleCount, 0)).toBe(2);
    });

    it('are nothing when there are none', async () => {
      await expect(at().ports.healthMetrics.put([])).resolves.toBeUndefined();
    });
  });
