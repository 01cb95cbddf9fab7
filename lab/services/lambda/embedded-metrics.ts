import type { MetricDatum, PutMetricDataCommandInput } from '@aws-sdk/client-cloudwatch';

/**
 * Metrics that functions write into their logs, in CloudWatch's embedded metric format:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
interface Embedded {
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit?: string }[];
    }[];
  };
  readonly [member: string]: unknown;
}

const PREFIX = '{"_aws":';

const datum = (entry: Embedded, name: string, unit: string | undefined, dimensions: readonly string[]): MetricDatum => {
  const value = entry[name];
  return {
    MetricName: name,
    Timestamp: new Date(entry._aws.Timestamp),
    Unit: (unit ?? 'None') as NonNullable<MetricDatum['Unit']>,
    Dimensions: dimensions.map((dimension) => ({ Name: dimension, Value: String(entry[dimension]) })),
    ...(Array.isArray(value) ? { Values: value.map(Number) } : { Value: Number(value) }),
  };
};

/** What the lines ask CloudWatch to store; lines that carry no metrics, or broken ones, are left out. */
export const embeddedMetrics = (lines: readonly string[]): PutMetricDataCommandInput[] =>
  lines
    .filter((line) => line.startsWith(PREFIX))
    .flatMap((line) => {
      try {
        const entry = JSON.parse(line) as Embedded;
        return entry._aws.CloudWatchMetrics.map(({ Namespace, Dimensions, Metrics }) => ({
          Namespace,
          MetricData: Dimensions.flatMap((set) => Metrics.map(({ Name, Unit }) => datum(entry, Name, Unit, set))),
        }));
      } catch {
        return [];
      }
    });
