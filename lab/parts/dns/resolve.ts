import { absoluteName, isWithin, type RecordSet, type RecordType, type Zone } from './zone.ts';

/** Answers whether a health check passes; undefined: no such check, which counts as healthy. */
export type HealthOf = (healthCheckId: string) => boolean | undefined;

export interface ResolvedRecord {
  readonly name: string;
  readonly type: RecordType;
  /** Declared seconds, as on the wire. */
  readonly ttl: number;
  readonly value: string;
}

export interface Resolution {
  readonly code: 'NOERROR' | 'NXDOMAIN' | 'REFUSED';
  readonly answers: readonly ResolvedRecord[];
  /** SOA of the zone for NXDOMAIN and for a name that has no record of the type. */
  readonly authority: readonly ResolvedRecord[];
}

/** Longest chain of CNAMEs that is followed. */
const MAX_CHAIN = 8;
/** Route 53 answers an alias with its target's TTL; 60 s is that of a load balancer. */
const DEFAULT_TTL = 60;

const zoneOf = (zones: readonly Zone[], name: string): Zone | undefined =>
  zones.filter((zone) => isWithin(name, zone.name)).sort((a, b) => b.name.length - a.name.length)[0];

/** A record without a check is healthy; an alias that evaluates its target is as healthy as that. */
const isHealthy = (record: RecordSet, zones: readonly Zone[], healthOf: HealthOf, depth = 0): boolean => {
  if (record.HealthCheckId !== undefined && healthOf(record.HealthCheckId) === false) return false;
  const alias = record.AliasTarget;
  if (alias?.EvaluateTargetHealth !== true || depth >= MAX_CHAIN) return true;
  const target = absoluteName(alias.DNSName);
  const targets = zoneOf(zones, target)?.at(target, record.Type) ?? [];
  return targets.length === 0 || targets.some((each) => isHealthy(each, zones, healthOf, depth + 1));
};

/**
 * Which of the record sets of one name and type answers now.
 * Failover: the primary if healthy, else the secondary if healthy, else the primary again ("last resort").
 * Weighted: by chance among the healthy ones with a weight, or among all if none is healthy.
 * https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-how-route-53-chooses-records.html
 */
export const chooseRecord = (
  records: readonly RecordSet[],
  { zones, healthOf, random = Math.random }: { zones: readonly Zone[]; healthOf: HealthOf; random?: () => number },
): RecordSet | undefined => {
  const healthy = records.filter((record) => isHealthy(record, zones, healthOf));
  if (records.some((record) => record.Failover !== undefined)) {
    const find = (among: readonly RecordSet[], role: 'PRIMARY' | 'SECONDARY') =>
      among.find((each) => each.Failover === role);
    return find(healthy, 'PRIMARY') ?? find(healthy, 'SECONDARY') ?? find(records, 'PRIMARY') ?? records[0];
  }
  if (records.some((record) => record.Weight !== undefined)) {
    const weighted = (healthy.length > 0 ? healthy : records).filter((record) => (record.Weight ?? 0) > 0);
    const total = weighted.reduce((sum, record) => sum + (record.Weight ?? 0), 0);
    let point = random() * total;
    for (const record of weighted) {
      point -= record.Weight ?? 0;
      if (point < 0) return record;
    }
  }
  return records[0];
};

/** Answers one question from the zones as they are now. Pure but for the choice among weighted records. */
export const resolveQuestion = (
  question: { name: string; type: string },
  zones: readonly Zone[],
  healthOf: HealthOf,
): Resolution => {
  const asked = absoluteName(question.name);
  if (zoneOf(zones, asked) === undefined) return { code: 'REFUSED', answers: [], authority: [] };
  const answers: ResolvedRecord[] = [];
  const choose = (zone: Zone, name: string, type: RecordType) => chooseRecord(zone.at(name, type), { zones, healthOf });
  let name = asked;
  for (let step = 0; step < MAX_CHAIN; step += 1) {
    const zone = zoneOf(zones, name);
    // The rest of the chain is for another server to answer.
    if (zone === undefined) return { code: 'NOERROR', answers, authority: [] };
    const record = choose(zone, name, question.type as RecordType);
    if (record !== undefined) {
      const found = expand(record, zones, choose);
      return { code: 'NOERROR', answers: [...answers, ...found], authority: found.length > 0 ? [] : soaOf(zone) };
    }
    const cname = question.type === 'CNAME' ? undefined : choose(zone, name, 'CNAME');
    const target = cname?.ResourceRecords?.[0]?.Value ?? cname?.AliasTarget?.DNSName;
    if (cname === undefined || target === undefined) {
      const code = zone.hasName(name) ? 'NOERROR' : 'NXDOMAIN';
      return { code, answers, authority: soaOf(zone) };
    }
    answers.push({ name, type: 'CNAME', ttl: cname.TTL ?? DEFAULT_TTL, value: absoluteName(target) });
    name = absoluteName(target);
  }
  return { code: 'NOERROR', answers, authority: [] };
};

/** The values of a record set; an alias has those of its target, under the alias's name. */
const expand = (
  record: RecordSet,
  zones: readonly Zone[],
  choose: (zone: Zone, name: string, type: RecordType) => RecordSet | undefined,
): ResolvedRecord[] => {
  let source: RecordSet | undefined = record;
  for (let step = 0; source?.AliasTarget !== undefined && step < MAX_CHAIN; step += 1) {
    const target = absoluteName(source.AliasTarget.DNSName);
    const zone = zoneOf(zones, target);
    source = zone === undefined ? undefined : choose(zone, target, record.Type);
  }
  const ttl = source?.TTL ?? DEFAULT_TTL;
  const written = (value: string): string =>
    record.Type === 'CNAME' || record.Type === 'NS' ? absoluteName(value) : value;
  return (source?.ResourceRecords ?? []).map(({ Value }) => ({
    name: record.Name,
    type: record.Type,
    ttl,
    value: written(Value),
  }));
};

/** TTL of a negative answer: the smaller of the SOA's own and its last field (RFC 2308). */
const soaOf = (zone: Zone): ResolvedRecord[] => {
  const soa = zone.at(zone.name, 'SOA')[0];
  const value = soa?.ResourceRecords?.[0]?.Value;
  if (soa === undefined || value === undefined) return [];
  const minimum = Number(value.split(/\s+/)[6] ?? 0);
  return [{ name: zone.name, type: 'SOA', ttl: Math.min(soa.TTL ?? minimum, minimum), value }];
};
