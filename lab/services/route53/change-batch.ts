import type { Change } from '@aws-sdk/client-route-53';
import { ServiceFault } from '#lab/contract.ts';
import { isWithin, type RecordSet, type Zone } from '#lab/parts/dns/zone.ts';
import { nameRecord, parseRecordSet, valueProblem } from './record-input.ts';

interface ParsedChange {
  readonly action: 'CREATE' | 'UPSERT' | 'DELETE';
  readonly record: RecordSet;
}

const sameRecord = (a: RecordSet, b: RecordSet): boolean =>
  a.Name === b.Name && a.Type === b.Type && a.SetIdentifier === b.SetIdentifier;

/** What DELETE has to repeat; the order of values does not count. */
const content = (record: RecordSet): string =>
  JSON.stringify([
    record.TTL,
    record.ResourceRecords?.map(({ Value }) => Value).sort(),
    record.AliasTarget,
    record.Failover,
    record.Weight,
    record.HealthCheckId,
  ]);

/** What forbids that `record` stands beside `others` in the zone, in Route 53's words. */
const conflict = (record: RecordSet, others: readonly RecordSet[], zone: Zone): string | undefined => {
  const { Name, Type, SetIdentifier, Failover } = record;
  const beside = others.filter((other) => other.Name === Name && !sameRecord(other, record));
  if (Type === 'CNAME' && Name === zone.name) {
    return `RRSet of type CNAME with DNS name ${Name} is not permitted at apex in zone ${zone.name}`;
  }
  if (beside.some((other) => (other.Type === 'CNAME') !== (Type === 'CNAME'))) {
    return `RRSet of type ${Type} with DNS name ${Name} is not permitted as it conflicts with other records with the same DNS name in zone ${zone.name}`;
  }
  const siblings = beside.filter((other) => other.Type === Type);
  if (siblings.some((other) => (other.SetIdentifier === undefined) !== (SetIdentifier === undefined))) {
    return `RRSet with DNS name ${Name}, type ${Type}, SetIdentifier ${SetIdentifier ?? 'null'} cannot be created as other RRSets exist with the same name and type`;
  }
  if (siblings.some((other) => (other.Failover === undefined) !== (Failover === undefined))) {
    return `RRSet with DNS name ${Name}, type ${Type}, SetIdentifier ${SetIdentifier} cannot be created as a RRSet with a different routing policy exists with the same name and type`;
  }
  if (Failover !== undefined && siblings.some((other) => other.Failover === Failover)) {
    return `RRSet with DNS name ${Name}, type ${Type}, SetIdentifier ${SetIdentifier} cannot be created as an RRSet with the same failover value ${Failover} exists`;
  }
  return undefined;
};

/** What is wrong with one change, given the records as the changes before it leave them. */
const problemOf = ({ action, record }: ParsedChange, records: readonly RecordSet[], zone: Zone): string | undefined => {
  const current = records.find((each) => sameRecord(each, record));
  if (!isWithin(record.Name, zone.name))
    return `RRSet with DNS name ${record.Name} is not permitted in zone ${zone.name}`;
  if (action === 'DELETE') {
    const tried = `Tried to delete resource record set [${nameRecord(record)}]`;
    if (current === undefined) return `${tried} but it was not found`;
    if (content(current) !== content(record)) return `${tried} but the values provided do not match the current values`;
    if (record.Name === zone.name && record.Type === 'SOA') return 'A HostedZone must contain exactly one SOA record.';
    if (record.Name === zone.name && record.Type === 'NS')
      return 'A HostedZone must contain at least one NS record for the zone itself.';
    return undefined;
  }
  if (action === 'CREATE' && current !== undefined) {
    return `Tried to create resource record set [${nameRecord(record)}] but it already exists`;
  }
  const values = (record.ResourceRecords ?? []).map(({ Value }) => Value);
  if (record.Type === 'CNAME' && values.length > 1)
    return `CNAME record with DNS name ${record.Name} can have only one value`;
  if (new Set(values).size < values.length)
    return `Duplicate Resource Record: '${values.find((value, index) => values.indexOf(value) < index)}'`;
  const bad = values.map((value) => valueProblem(record.Type, value)).find((problem) => problem !== undefined);
  return bad ?? conflict(record, records, zone);
};

/**
 * Applies all changes or none. Every problem of the batch is named.
 * https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html
 */
export const applyChangeBatch = (
  zone: Zone,
  changes: readonly Change[] | undefined,
  {
    healthCheckExists,
    findZone,
  }: { healthCheckExists: (id: string) => boolean; findZone: (id: string) => Zone | undefined },
): void => {
  if (changes === undefined || changes.length === 0)
    throw new ServiceFault('InvalidInput', 'Invalid XML ; a change batch needs a change');
  const parsed = changes.map(({ Action, ResourceRecordSet }): ParsedChange => {
    if (Action !== 'CREATE' && Action !== 'UPSERT' && Action !== 'DELETE')
      throw new ServiceFault('InvalidInput', `Invalid action ${Action}`);
    return { action: Action, record: parseRecordSet(ResourceRecordSet) };
  });
  for (const { action, record } of parsed) {
    const id = record.HealthCheckId;
    if (action !== 'DELETE' && id !== undefined && !healthCheckExists(id)) {
      throw new ServiceFault('NoSuchHealthCheck', `A health check with id ${id} does not exist.`, { status: 404 });
    }
  }
  const messages: string[] = [];
  let records = [...zone.list()];
  for (const change of parsed) {
    const { action, record } = change;
    const problem = problemOf(change, records, zone) ?? aliasProblem(change, records, zone, findZone);
    if (problem !== undefined) messages.push(problem);
    else records = [...records.filter((each) => !sameRecord(each, record)), ...(action === 'DELETE' ? [] : [record])];
  }
  if (messages.length > 0)
    throw new ServiceFault('InvalidChangeBatch', `[${messages.join(', ')}]`, { members: { messages } });
  for (const { action, record } of parsed) {
    if (action === 'DELETE') zone.remove(record);
    else zone.put(record);
  }
};

/** The target of an alias must be there; targets outside the lab's zones (load balancers, buckets) do not exist here. */
const aliasProblem = (
  { action, record }: ParsedChange,
  records: readonly RecordSet[],
  zone: Zone,
  findZone: (id: string) => Zone | undefined,
): string | undefined => {
  const alias = record.AliasTarget;
  if (alias === undefined || action === 'DELETE') return undefined;
  const tried = `Tried to create an alias that targets ${alias.DNSName}, type ${record.Type} in zone ${alias.HostedZoneId}`;
  const target = alias.HostedZoneId === zone.id ? records : findZone(alias.HostedZoneId)?.list();
  if (target === undefined) return `${tried}, but that zone does not exist in the lab`;
  const found = target.some(
    (each) => each.Name === alias.DNSName && each.Type === record.Type && !sameRecord(each, record),
  );
  return found ? undefined : `${tried}, but that target was not found`;
};
