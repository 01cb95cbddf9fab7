import * as schemas from '@aws-sdk/client-route-53';
import type { LabService, LabTime } from '#lab/contract.ts';
import { type HealthOf, resolveQuestion } from '#lab/parts/dns/resolve.ts';
import type { Zone } from '#lab/parts/dns/zone.ts';
import type { AlarmState } from './health-check.ts';
import { createHealthChecks } from './health-checks.ts';
import { createHostedZones } from './hosted-zones.ts';

export interface Route53Service {
  readonly service: LabService;
  /** For the DNS server: the zones, live. */
  zones(): readonly Zone[];
  /** For the DNS server: whether a health check passes; undefined if there is none of that id. */
  readonly healthOf: HealthOf;
  /** Makes a zone with the given id, or one that looks like AWS's. */
  createHostedZone(zone: { name: string; id?: string; comment?: string }): Zone;
  /** For the stack loader. */
  createHealthCheck(input: schemas.CreateHealthCheckRequest): { readonly id: string };
  changeRecords(input: schemas.ChangeResourceRecordSetsRequest): void;
  /** What CloudWatch would get as `AWS/Route53` `HealthCheckStatus` (1 or 0), in us-east-1. */
  sample(): { healthCheckId: string; healthy: boolean }[];
  stop(): Promise<void>;
}

/**
 * Route 53: hosted zones, records, changes and health checks; global, so the region of a call does not matter.
 * A change is in the DNS server's next answer; GetChange says INSYNC after 30 declared seconds.
 * Supported records: A, AAAA, CNAME, NS, SOA, TXT; simple, weighted and failover routing; aliases within the lab's zones.
 */
export const createRoute53Service = ({
  time,
  alarmState,
  probeTimeoutMs = 500,
}: {
  time: LabTime;
  alarmState: (region: string, name: string) => AlarmState | undefined;
  /** Real milliseconds that an endpoint has to answer a health check. */
  probeTimeoutMs?: number;
}): Route53Service => {
  const health = createHealthChecks({
    time,
    alarmState,
    probeTimeoutMs,
    resolve: (name) =>
      resolveQuestion({ name, type: 'A' }, hosted.all(), health.healthOf).answers.find(({ type }) => type === 'A')
        ?.value,
  });
  const hosted = createHostedZones({ time, healthOf: health.healthOf, healthCheckExists: health.exists });
  return {
    service: { name: 'route53', schemas, operations: { ...hosted.operations, ...health.operations } },
    zones: hosted.all,
    healthOf: health.healthOf,
    createHostedZone: hosted.create,
    createHealthCheck: (input) => ({ id: health.operations.CreateHealthCheck(input).HealthCheck.Id ?? '' }),
    changeRecords: (input) => void hosted.operations.ChangeResourceRecordSets(input),
    sample: health.sample,
    async stop() {
      health.stop();
    },
  };
};
