import { isIPv4, isIPv6 } from 'node:net';
import type { ResourceRecordSet } from '@aws-sdk/client-route-53';
import { ServiceFault } from '#lab/contract.ts';
import { absoluteName, RECORD_TYPES, type RecordSet, type RecordType } from '#lab/parts/dns/zone.ts';

const MAX_TTL = 2_147_483_647;

/** Routing policies that AWS has and the lab has not. */
const UNSUPPORTED = [
  'Region',
  'GeoLocation',
  'MultiValueAnswer',
  'TrafficPolicyInstanceId',
  'CidrRoutingConfig',
  'GeoProximityLocation',
] as const;

const refuse = (message: string): never => {
  throw new ServiceFault('InvalidInput', message);
};

/** `name='x.', type='A'`, as Route 53's messages name a record set. */
export const nameRecord = ({ Name, Type, SetIdentifier }: Pick<RecordSet, 'Name' | 'Type' | 'SetIdentifier'>): string =>
  `name='${Name}', type='${Type}'${SetIdentifier === undefined ? '' : `, set identifier='${SetIdentifier}'`}`;

/** What is wrong with a value of its type, in Route 53's words; undefined if nothing. */
export const valueProblem = (type: RecordType, value: string): string | undefined => {
  const fatal = (problem: string) => `Invalid Resource Record: 'FATAL problem: ${problem} encountered with '${value}''`;
  if (type === 'A' && !isIPv4(value)) return fatal('ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)');
  if (type === 'AAAA' && !isIPv6(value))
    return fatal('AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)');
  if (type === 'TXT' && !/^("(?:[^"\\]|\\.)*"\s*)+$/.test(value)) {
    return fatal('InvalidCharacterString (Value should be enclosed in quotation marks)');
  }
  if ((type === 'CNAME' || type === 'NS') && !/^[^\s.]+(\.[^\s.]+)*\.?$/.test(value)) {
    return fatal('DomainLabelEmpty (Domain label is empty)');
  }
  return undefined;
};

/** The parsed record set of a change. Throws InvalidInput for what no zone could take; conflicts are for the batch to find. */
export const parseRecordSet = (input: ResourceRecordSet | undefined): RecordSet => {
  if (input?.Name === undefined || input.Type === undefined)
    return refuse('Invalid XML ; a record set needs a Name and a Type');
  const type =
    RECORD_TYPES.find((known) => known === input.Type) ?? refuse(`The lab has no records of type ${input.Type}.`);
  for (const policy of UNSUPPORTED) if (input[policy] !== undefined) refuse(`The lab has no routing by ${policy}.`);
  const { TTL, ResourceRecords, SetIdentifier, Failover, Weight, HealthCheckId, AliasTarget } = input;
  const name = absoluteName(input.Name);
  if (/[*\\]/.test(name)) refuse(`The lab has no wildcard records or escaped names: ${name}`);
  if ((SetIdentifier === undefined) !== (Failover === undefined && Weight === undefined)) {
    refuse(
      'Invalid request: Missing field: a SetIdentifier and a routing policy (Failover or Weight) need each other.',
    );
  }
  if (Failover !== undefined && Weight !== undefined)
    refuse('Invalid request: Expected exactly one of [Weight, Failover].');
  const common = { Name: name, Type: type, SetIdentifier, Failover, Weight, HealthCheckId };
  if (AliasTarget !== undefined) {
    if (TTL !== undefined || ResourceRecords !== undefined)
      refuse(`Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords]].`);
    const { HostedZoneId = '', DNSName = '', EvaluateTargetHealth = false } = AliasTarget;
    return {
      ...common,
      AliasTarget: {
        HostedZoneId: HostedZoneId.replace(/^\/hostedzone\//, ''),
        DNSName: absoluteName(DNSName),
        EvaluateTargetHealth,
      },
    };
  }
  if (TTL === undefined || ResourceRecords === undefined || ResourceRecords.length === 0) {
    return refuse('Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords]].');
  }
  if (!Number.isInteger(TTL) || TTL < 0 || TTL > MAX_TTL)
    refuse(`Invalid TTL ${TTL}: must be between 0 and ${MAX_TTL}.`);
  return { ...common, TTL, ResourceRecords: ResourceRecords.map(({ Value = '' }) => ({ Value })) };
};
