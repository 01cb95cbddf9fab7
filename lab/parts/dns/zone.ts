/** Record sets as Route 53 has them; member names are those of its API, so that the service hands them out unchanged. */
export interface RecordSet {
  /** Lower case, with the final dot. */
  readonly Name: string;
  readonly Type: RecordType;
  /** Declared seconds. Absent on aliases. */
  readonly TTL?: number | undefined;
  readonly ResourceRecords?: readonly { readonly Value: string }[] | undefined;
  readonly SetIdentifier?: string | undefined;
  readonly Failover?: 'PRIMARY' | 'SECONDARY' | undefined;
  readonly Weight?: number | undefined;
  readonly HealthCheckId?: string | undefined;
  readonly AliasTarget?: AliasTarget | undefined;
}

export interface AliasTarget {
  readonly HostedZoneId: string;
  readonly DNSName: string;
  readonly EvaluateTargetHealth: boolean;
}

export const RECORD_TYPES = ['A', 'AAAA', 'CNAME', 'NS', 'SOA', 'TXT'] as const;
export type RecordType = (typeof RECORD_TYPES)[number];

/** A live table of record sets: the DNS server reads it at each query. */
export interface Zone {
  readonly id: string;
  /** `example.test.` */
  readonly name: string;
  /** In Route 53's order: by name with its labels reversed, then type, then set identifier. */
  list(): readonly RecordSet[];
  at(name: string, type: RecordType): readonly RecordSet[];
  put(record: RecordSet): void;
  remove(record: Pick<RecordSet, 'Name' | 'Type' | 'SetIdentifier'>): void;
  /** True if there is a record at `name` or below it. */
  hasName(name: string): boolean;
}

/** `WWW.Example.Test` -> `www.example.test.` */
export const absoluteName = (name: string): string => `${name.toLowerCase().replace(/\.$/, '')}.`;

/** True for the zone's own name and all names below it. */
export const isWithin = (name: string, zone: string): boolean => name === zone || name.endsWith(`.${zone}`);

const keyOf = ({ Name, Type, SetIdentifier }: Pick<RecordSet, 'Name' | 'Type' | 'SetIdentifier'>): string =>
  [Name, Type, SetIdentifier ?? ''].join('\n');

/** `www.example.test.` -> `test.example.www`: Route 53 lists in the order of this. */
export const sortName = (name: string): string => name.replace(/\.$/, '').split('.').reverse().join('.');

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export const compareRecords = (
  a: Pick<RecordSet, 'Name' | 'SetIdentifier'> & { Type: string },
  b: Pick<RecordSet, 'Name' | 'SetIdentifier'> & { Type: string },
): number =>
  compare(sortName(a.Name), sortName(b.Name)) ||
  compare(a.Type, b.Type) ||
  compare(a.SetIdentifier ?? '', b.SetIdentifier ?? '');

/** A zone with the SOA and NS records that Route 53 gives a new one. */
export const createZone = (id: string, zoneName: string, nameServers: readonly string[]): Zone => {
  const name = absoluteName(zoneName);
  const records = new Map<string, RecordSet>();
  const zone: Zone = {
    id,
    name,
    list: () => [...records.values()].sort(compareRecords),
    at: (at, type) => [...records.values()].filter((record) => record.Name === at && record.Type === type),
    put: (record) => void records.set(keyOf(record), record),
    remove: (record) => void records.delete(keyOf(record)),
    hasName: (wanted) => [...records.values()].some((record) => isWithin(record.Name, wanted)),
  };
  zone.put({ Name: name, Type: 'NS', TTL: 172_800, ResourceRecords: nameServers.map((Value) => ({ Value })) });
  zone.put({
    Name: name,
    Type: 'SOA',
    TTL: 900,
    ResourceRecords: [{ Value: `${nameServers[0]} awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400` }],
  });
  return zone;
};
