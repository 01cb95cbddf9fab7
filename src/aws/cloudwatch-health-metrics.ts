import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { HealthMetrics } from '#ports/health-metrics.ts';
import { clientOptions } from './sdk-client.ts';
import { sdkCall } from './sdk-errors.ts';

export const NAMESPACE = 'Continuity';
/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html */
const MOST_PER_CALL = 1_000;

export const cloudwatchHealthMetrics = ({ region }: { region: string }): HealthMetrics => {
  const client = new CloudWatchClient(clientOptions(region));
  return {
    put: async (metrics) => {
      for (let from = 0; from < metrics.length; from += MOST_PER_CALL) {
        const part = metrics.slice(from, from + MOST_PER_CALL);
        await sdkCall('cloudwatch:PutMetricData', () =>
          client.send(
            new PutMetricDataCommand({
              Namespace: NAMESPACE,
              MetricData: part.map((metric) => ({
                MetricName: metric.name,
                Value: metric.value,
                Unit: metric.unit,
                Timestamp: new Date(metric.at),
                ...(metric.highResolution ? { StorageResolution: 1 } : {}),
                Dimensions: Object.entries(metric.dimensions).map(([Name, Value]) => ({ Name, Value })),
              })),
            }),
          ),
        );
      }
    },
  };
};
