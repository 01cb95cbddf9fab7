import { randomBytes } from 'node:crypto';
import type * as api from '@aws-sdk/client-route-53';
import { type LabTime, ServiceFault } from '#lab/contract.ts';
import { type HealthOf, resolveQuestion } from '#lab/parts/dns/resolve.ts';
import { absoluteName, compareRecords, createZone, isWithin, sortName, type Zone } from '#lab/parts/dns/zone.ts';
import { applyChangeBatch } from './change-batch.ts';

export const NAME_SERVERS = [
  'ns-1.awsdns-lab.com.',
  'ns-2.awsdns-lab.net.',
  'ns-3.awsdns-lab.org.',
  'ns-4.awsdns-lab.co.uk.',
];

/** Declared seconds until a change is INSYNC; the lab's one server has it at once. AWS: "generally within 60 seconds". */
const INSYNC_AFTER_SECONDS = 30;
const MAX_ITEMS = 300;
const MAX_ZONES = 100;

const newId = (letter: string): string =>
  letter +
  randomBytes(12)
    .toString('base64')
    .replace(/[^A-Za-z0-9]/g, '0')
    .toUpperCase()
    .slice(0, 13);

const bare = (id: string | undefined): string => (id ?? '').replace(/^\/?(hostedzone|change)\//, '');

/** Hosted zones, their records and changes. */
export const createHostedZones = ({
  time,
  healthOf,
  healthCheckExists,
}: {
  time: LabTime;
  healthOf: HealthOf;
  healthCheckExists: (id: string) => boolean;
}) => {
  const zones: { zone: Zone; callerReference: string; comment: string | undefined }[] = [];
  const changes = new Map<string, { submittedAt: Date; syncAt: number; comment: string | undefined }>();

  const byId = (id: string): Zone | undefined => zones.find((entry) => entry.zone.id === bare(id))?.zone;

  const find = (id: string | undefined): Zone => {
    const found = byId(id ?? '');
    if (found === undefined)
      throw new ServiceFault('NoSuchHostedZone', `No hosted zone found with ID: ${bare(id)}`, { status: 404 });
    return found;
  };

  const create = ({
    name,
    id = newId('Z'),
    callerReference = id,
    comment,
  }: {
    name: string;
    id?: string;
    callerReference?: string;
    comment?: string | undefined;
  }): Zone => {
    const zone = createZone(id, name, NAME_SERVERS);
    zones.push({ zone, callerReference, comment });
    return zone;
  };

  const show = ({ zone, callerReference, comment }: (typeof zones)[number]): api.HostedZone => ({
    Id: `/hostedzone/${zone.id}`,
    Name: zone.name,
    CallerReference: callerReference,
    Config: { PrivateZone: false, ...(comment === undefined ? {} : { Comment: comment }) },
    ResourceRecordSetCount: zone.list().length,
  });

  const showZone = (zone: Zone): api.HostedZone =>
    zones.filter((entry) => entry.zone === zone).map(show)[0] as api.HostedZone;

  const record = (comment?: string): api.ChangeInfo => {
    const id = newId('C');
    changes.set(id, { submittedAt: new Date(), syncAt: performance.now() + time.ms(INSYNC_AFTER_SECONDS), comment });
    return showChange(id);
  };

  const showChange = (id: string): api.ChangeInfo => {
    const change = changes.get(bare(id));
    if (change === undefined)
      throw new ServiceFault('NoSuchChange', `Could not find resource with ID: ${bare(id)}`, { status: 404 });
    const Status = performance.now() >= change.syncAt ? 'INSYNC' : 'PENDING';
    const Comment = change.comment === undefined ? {} : { Comment: change.comment };
    return { Id: `/change/${bare(id)}`, Status, SubmittedAt: change.submittedAt, ...Comment };
  };

  const operations = {
    CreateHostedZone(input: api.CreateHostedZoneRequest) {
      if (input.Name === undefined || input.CallerReference === undefined)
        throw new ServiceFault('InvalidInput', 'A Name and a CallerReference are needed.');
      if (zones.some((entry) => entry.callerReference === input.CallerReference)) {
        throw new ServiceFault(
          'HostedZoneAlreadyExists',
          'A hosted zone has already been created with the specified caller reference.',
          { status: 409 },
        );
      }
      const zone = create({
        name: input.Name,
        callerReference: input.CallerReference,
        comment: input.HostedZoneConfig?.Comment,
      });
      return {
        HostedZone: showZone(zone),
        ChangeInfo: record(),
        DelegationSet: { NameServers: NAME_SERVERS },
        Location: `https://route53.amazonaws.com/2013-04-01/hostedzone/${zone.id}`,
      };
    },

    GetHostedZone(input: api.GetHostedZoneRequest) {
      return { HostedZone: showZone(find(input.Id)), DelegationSet: { NameServers: NAME_SERVERS } };
    },

    ListHostedZones(input: api.ListHostedZonesRequest) {
      const max = Number(input.MaxItems ?? MAX_ZONES);
      const start = input.Marker === undefined ? 0 : zones.findIndex(({ zone }) => zone.id === bare(input.Marker));
      if (start < 0) throw new ServiceFault('InvalidInput', `Invalid marker ${input.Marker}`);
      const next = zones[start + max];
      return {
        HostedZones: zones.slice(start, start + max).map(show),
        Marker: input.Marker ?? '',
        IsTruncated: next !== undefined,
        NextMarker: next?.zone.id,
        MaxItems: max,
      };
    },

    ListHostedZonesByName(input: api.ListHostedZonesByNameRequest) {
      const max = Number(input.MaxItems ?? MAX_ZONES);
      const from = input.DNSName === undefined ? '' : sortName(absoluteName(input.DNSName));
      const later = zones
        .map((entry) => ({ entry, key: `${sortName(entry.zone.name)} ${entry.zone.id}` }))
        .filter(({ key }) => key >= `${from} ${bare(input.HostedZoneId)}`)
        .sort((a, b) => (a.key < b.key ? -1 : 1))
        .map(({ entry }) => entry);
      const next = later[max]?.zone;
      return {
        HostedZones: later.slice(0, max).map(show),
        DNSName: input.DNSName,
        HostedZoneId: input.HostedZoneId,
        IsTruncated: next !== undefined,
        NextDNSName: next?.name,
        NextHostedZoneId: next?.id,
        MaxItems: max,
      };
    },

    ListResourceRecordSets(input: api.ListResourceRecordSetsRequest) {
      const { StartRecordName, StartRecordType, StartRecordIdentifier } = input;
      const zone = find(input.HostedZoneId);
      if (StartRecordType !== undefined && StartRecordName === undefined) {
        throw new ServiceFault(
          'InvalidInput',
          'The input is not valid: a record type was given without a record name.',
        );
      }
      const max = Math.min(Number(input.MaxItems ?? MAX_ITEMS), MAX_ITEMS);
      const start =
        StartRecordName === undefined
          ? undefined
          : { Name: absoluteName(StartRecordName), Type: StartRecordType ?? '', SetIdentifier: StartRecordIdentifier };
      const records = zone.list().filter((each) => start === undefined || compareRecords(each, start) >= 0);
      const next = records[max];
      return {
        ResourceRecordSets: records.slice(0, max),
        IsTruncated: next !== undefined,
        MaxItems: max,
        NextRecordName: next?.Name,
        NextRecordType: next?.Type,
        NextRecordIdentifier: next?.SetIdentifier,
      };
    },

    ChangeResourceRecordSets(input: api.ChangeResourceRecordSetsRequest) {
      const zone = find(input.HostedZoneId);
      applyChangeBatch(zone, input.ChangeBatch?.Changes, { healthCheckExists, findZone: byId });
      return { ChangeInfo: record(input.ChangeBatch?.Comment) };
    },

    GetChange(input: api.GetChangeRequest) {
      return { ChangeInfo: showChange(input.Id ?? '') };
    },

    TestDNSAnswer(input: api.TestDNSAnswerRequest) {
      const zone = find(input.HostedZoneId);
      const name = absoluteName(input.RecordName ?? '');
      if (!isWithin(name, zone.name)) throw new ServiceFault('InvalidInput', `${name} is not in zone ${zone.name}`);
      const answer = resolveQuestion(
        { name, type: input.RecordType ?? '' },
        [zone, ...all().filter((each) => each !== zone)],
        healthOf,
      );
      return {
        Nameserver: NAME_SERVERS[0],
        RecordName: input.RecordName,
        RecordType: input.RecordType,
        RecordData: answer.answers.map(({ value }) => value),
        ResponseCode: answer.code,
        Protocol: 'UDP',
      };
    },
  };

  const all = (): Zone[] => zones.map(({ zone }) => zone);
  return { operations, create, all };
};
