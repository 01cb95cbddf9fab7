import type { Plan } from '#domain/plan.ts';
import { SWITCH_VALUE, trafficSwitch } from '#domain/traffic-switch.ts';

/** Of `api.svg-ai.example`: `ApiSvgAiExample`, for logical ids. */
const idOf = (name: string): string =>
  name
    .split(/[^A-Za-z0-9]+/)
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('');

/**
 * What the strategy `health-switch` needs to stand before anything fails: the switch's alarm in the standby region, the health check that
 * watches it, and per record a PRIMARY with that check and a SECONDARY without one. Nothing for `record-change`.
 *
 * The check is not `Inverted`, because the alarm already is: on means "unhealthy". A new check counts as healthy until there is data; inverted it
 * would count as unhealthy, and a deployment would send traffic to the standby. The AWS sample of this pattern does the same.
 * https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html
 * https://github.com/aws-samples/multi-region-failover-pattern-standby-takes-over-primary
 */
export const trafficResources = (plan: Plan): Readonly<Record<string, unknown>> => {
  const { traffic, regions } = plan;
  if (traffic.strategy !== 'health-switch') return {};
  const { alarm, namespace, metric, dimensions } = trafficSwitch(plan);
  const record = (entry: (typeof traffic.records)[number], side: 'primary' | 'standby') => ({
    Type: 'AWS::Route53::RecordSet',
    Properties: {
      HostedZoneId: traffic.zoneId,
      Name: entry.name,
      Type: entry.type,
      TTL: String(entry.ttlSeconds),
      ResourceRecords: [entry[side]],
      SetIdentifier: side,
      Failover: side === 'primary' ? 'PRIMARY' : 'SECONDARY',
      ...(side === 'primary' ? { HealthCheckId: { 'Fn::GetAtt': ['TrafficHealthCheck', 'HealthCheckId'] } } : {}),
    },
  });
  return {
    TrafficSwitchAlarm: {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: {
        AlarmName: alarm,
        AlarmDescription: 'In ALARM while traffic is at the standby region. Written by the pipeline, never by hand',
        Namespace: namespace,
        MetricName: metric,
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
        // A health check follows standard resolution and plain statistics only.
        Statistic: 'Maximum',
        Period: 60,
        EvaluationPeriods: 1,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        Threshold: SWITCH_VALUE.standby,
        TreatMissingData: 'ignore',
      },
    },
    TrafficHealthCheck: {
      Type: 'AWS::Route53::HealthCheck',
      Properties: {
        HealthCheckConfig: {
          Type: 'CLOUDWATCH_METRIC',
          AlarmIdentifier: { Name: { Ref: 'TrafficSwitchAlarm' }, Region: regions.standby },
          InsufficientDataHealthStatus: 'LastKnownStatus',
          Inverted: false,
        },
        HealthCheckTags: [{ Key: 'Name', Value: alarm }],
      },
    },
    ...Object.fromEntries(
      traffic.records.flatMap((entry) => [
        [`${idOf(entry.name)}PrimaryRecord`, record(entry, 'primary')],
        [`${idOf(entry.name)}StandbyRecord`, record(entry, 'standby')],
      ]),
    ),
  };
};
