import {
  ChangeResourceRecordSetsCommand,
  GetChangeCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
} from '@aws-sdk/client-route-53';
import { TrafficRefusedError } from '#domain/errors.ts';
import type { Plan } from '#domain/plan.ts';
import { SIDES, type Side } from '#domain/side.ts';
import type { Traffic, TrafficRecord } from '#ports/traffic.ts';
import { resolveNow, servedBy } from './dns-answers.ts';
import { clientOptions } from './sdk-client.ts';
import { mapSdkError, sdkCall } from './sdk-errors.ts';

type PlanRecord = Plan['traffic']['records'][number];

/** Names as Route 53 and resolvers write them differ in case and in the dot at the end. */
const bare = (host: string): string => host.toLowerCase().replace(/\.$/, '');

const sideOf = (record: PlanRecord, target: string): Side | null =>
  SIDES.find((side) => bare(record[side]) === bare(target)) ?? null;

/**
 * Strategy `record-change`: records changed in place. Route 53's control plane is in us-east-1: where that may be the dead region, a plan wants
 * `health-switch`. https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/best-practices-dns.html
 */
export const route53Traffic = (plan: Pick<Plan, 'regions' | 'traffic'>): Traffic => {
  const { traffic } = plan;
  const client = new Route53Client(clientOptions(plan.regions.standby));

  const refused = (_: string, error: Error): Error => {
    const mapped = mapSdkError(error, 'route53');
    return mapped.retryable ? mapped : new TrafficRefusedError(mapped.message, { cause: error });
  };

  const readOne = async (record: PlanRecord): Promise<TrafficRecord> => {
    const served = servedBy(record);
    const { ResourceRecordSets = [] } = await sdkCall(
      'route53:ListResourceRecordSets',
      () =>
        client.send(
          new ListResourceRecordSetsCommand({
            HostedZoneId: traffic.zoneId,
            StartRecordName: record.name,
            StartRecordType: record.type,
            MaxItems: 1,
          }),
        ),
      refused,
    );
    const found = ResourceRecordSets.find(
      (set) => bare(set.Name ?? '') === bare(record.name) && set.Type === record.type,
    );
    const target = found?.ResourceRecords?.[0]?.Value;
    if (!target) throw new TrafficRefusedError(`zone ${traffic.zoneId} has no ${record.type} record ${record.name}`);
    return {
      name: record.name,
      target: bare(target),
      side: sideOf(record, target),
      servedBy: await served,
      ttlSeconds: found?.TTL ?? 0,
    };
  };

  const read = (): Promise<readonly TrafficRecord[]> => Promise.all(traffic.records.map(readOne));

  return {
    read,

    shift: async (side) => {
      const before = await read();
      const wrong = traffic.records.filter((_, index) => before[index]?.side !== side);
      if (wrong.length === 0) return { changeId: null, changed: [], settled: true };
      const { ChangeInfo } = await sdkCall(
        'route53:ChangeResourceRecordSets',
        () =>
          client.send(
            new ChangeResourceRecordSetsCommand({
              HostedZoneId: traffic.zoneId,
              ChangeBatch: {
                Comment: `continuity: traffic to ${side}`,
                // One batch: Route 53 takes all of it or nothing.
                Changes: wrong.map((record) => ({
                  Action: 'UPSERT',
                  ResourceRecordSet: {
                    Name: record.name,
                    Type: record.type,
                    TTL: record.ttlSeconds,
                    ResourceRecords: [{ Value: record[side] }],
                  },
                })),
              },
            }),
          ),
        refused,
      );
      const changeId = ChangeInfo?.Id?.replace('/change/', '') ?? null;
      return { changeId, changed: wrong.map((record) => record.name), settled: true };
    },

    // A record stays as it was written, and nothing holds it.
    rest: async () => false,

    applied: async (changeId) => {
      const { ChangeInfo } = await sdkCall(
        'route53:GetChange',
        () => client.send(new GetChangeCommand({ Id: changeId })),
        refused,
      );
      return ChangeInfo?.Status === 'INSYNC';
    },

    resolve: resolveNow,
  };
};
