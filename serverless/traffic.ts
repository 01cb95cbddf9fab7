import { isReturn } from '#domain/direction.ts';
import type { Plan } from '#domain/plan.ts';
import { SWITCH_VALUE, trafficSwitch } from '#domain/traffic-switch.ts';

/** Of `api.svg-ai.example`: `ApiSvgAiExample`, for logical ids. */
const idOf = (name: string): string =>
  name
    .split(/[^A-Za-z0-9]+/)
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('');

/** Each watches the switch of the other region, which takes the traffic away from it. */
const CHECKS = { primary: 'TrafficHealthCheck', standby: 'TrafficReturnHealthCheck' } as const;

/**
 * What the strategy `health-switch` needs to stand before anything fails: the switch's alarm in the standby region, the health check that
 * watches it, and per record a PRIMARY with that check and a SECONDARY. In both
 * directions the SECONDARY has a check as well, on the switch of the primary's region; where both are on, Route 53 answers the PRIMARY, so that
 * the home region can always take the traffic back. Nothing for `record-change`.
 * https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-problems.html
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
      ...(side === 'primary' || regions.directions === 'both'
        ? { HealthCheckId: { 'Fn::GetAtt': [CHECKS[side], 'HealthCheckId'] } }
        : {}),
    },
  });
  const check = (side: 'primary' | 'standby', Region: string, name: unknown) => ({
    Type: 'AWS::Route53::HealthCheck',
    Properties: {
      HealthCheckConfig: {
        Type: 'CLOUDWATCH_METRIC',
        AlarmIdentifier: { Name: name, Region },
        InsufficientDataHealthStatus: 'LastKnownStatus',
        Inverted: false,
      },
      HealthCheckTags: [{ Key: 'Name', Value: `${alarm}-${side}` }],
    },
  });
  const TrafficSwitchAlarm = {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: alarm,
      AlarmDescription: 'In ALARM while this region takes the traffic over. Written by the pipeline, never by hand',
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
  };
  // The records are one pair for both directions: the stack away from home owns them, this one only its region's switch.
  if (isReturn(plan)) return { TrafficSwitchAlarm };
  return {
    TrafficSwitchAlarm,
    [CHECKS.primary]: check('primary', regions.standby, { Ref: 'TrafficSwitchAlarm' }),
    // The other stack's switch, by its name: that stack is deployed first (scripts/deploy.ts).
    ...(regions.directions === 'both' ? { [CHECKS.standby]: check('standby', regions.primary, alarm) } : {}),
    ...Object.fromEntries(
      traffic.records.flatMap((entry) => [
        [`${idOf(entry.name)}PrimaryRecord`, record(entry, 'primary')],
        [`${idOf(entry.name)}StandbyRecord`, record(entry, 'standby')],
      ]),
    ),
  };
};
