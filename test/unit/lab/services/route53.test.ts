import { createServer, type Server } from 'node:http';
import type { Change, ChangeInfo, HealthCheck, ResourceRecordSet } from '@aws-sdk/client-route-53';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { labAddresses } from '#lab/addresses.ts';
import { createCachingResolver } from '#lab/parts/dns/caching-resolver.ts';
import { createDnsServer } from '#lab/parts/dns/server.ts';
import { createRoute53Service, type Route53Service } from '#lab/services/route53/service.ts';
import { labTime } from '#lab/time.ts';
import { stays, waitFor } from '#test/support/wait-for.ts';
import { caller } from './call.ts';

const { a, site } = labAddresses(35);
const time = labTime(600);
const record = (Name: string, value: string, extra: Partial<ResourceRecordSet> = {}): ResourceRecordSet => ({
  Name,
  Type: 'A',
  TTL: 60,
  ResourceRecords: [{ Value: value }],
  ...extra,
});

describe('Route 53', () => {
  let route53: Route53Service;
  let alarms: Record<string, 'OK' | 'ALARM' | 'INSUFFICIENT_DATA'>;
  beforeEach(() => {
    alarms = {};
    route53 = createRoute53Service({ time, alarmState: (region, name) => alarms[`${region}/${name}`] });
    route53.createHostedZone({ name: 'example.test', id: 'Z1' });
  });
  afterEach(() => route53.stop());

  const call = <Output>(operation: string, input: unknown = {}) =>
    caller(route53.service, 'us-east-1')<Output>(operation, input);
  const change = (...changes: [Change['Action'], ResourceRecordSet][]) =>
    call<{ ChangeInfo: ChangeInfo }>('ChangeResourceRecordSets', {
      HostedZoneId: 'Z1',
      ChangeBatch: { Changes: changes.map(([Action, ResourceRecordSet]) => ({ Action, ResourceRecordSet })) },
    });
  const names = async () =>
    (
      await call<{ ResourceRecordSets: ResourceRecordSet[] }>('ListResourceRecordSets', { HostedZoneId: 'Z1' })
    ).ResourceRecordSets.map(({ Name, Type }) => `${Name} ${Type}`);

  describe('changes of records', () => {
    it('creates, upserts, deletes, and becomes INSYNC after 30 declared seconds', async () => {
      const { ChangeInfo } = await change(
        ['CREATE', record('a.example.test', '1.1.1.1')],
        ['UPSERT', record('b.example.test.', '2.2.2.2')],
      );
      expect(ChangeInfo).toMatchObject({ Id: expect.stringMatching(/^\/change\/C/), Status: 'PENDING' });
      const status = async () =>
        (await call<{ ChangeInfo: ChangeInfo }>('GetChange', { Id: ChangeInfo.Id })).ChangeInfo.Status;
      await waitFor('INSYNC', async () => (await status()) === 'INSYNC');
      await change(['DELETE', record('a.example.test', '1.1.1.1')]);
      expect(await names()).toEqual(['example.test. NS', 'example.test. SOA', 'b.example.test. A']);
      await expect(call('GetChange', { Id: 'C404' })).rejects.toMatchObject({ shape: 'NoSuchChange' });
      const zone = await call<{ HostedZone: object }>('GetHostedZone', { Id: '/hostedzone/Z1' });
      expect(zone.HostedZone).toMatchObject({ Id: '/hostedzone/Z1', Name: 'example.test.', ResourceRecordSetCount: 3 });
    });

    it('applies all of a batch or nothing, and names every problem in the words of Route 53', async () => {
      await change(['CREATE', record('a.example.test', '1.1.1.1')]);
      const before = await names();
      const batch = change(
        ['UPSERT', record('new.example.test', '1.1.1.1')],
        ['CREATE', record('a.example.test', '9.9.9.9')],
        ['DELETE', record('gone.example.test', '1.1.1.1')],
        ['DELETE', record('a.example.test', '9.9.9.9')],
      );
      await expect(batch).rejects.toMatchObject({
        shape: 'InvalidChangeBatch',
        message:
          "[Tried to create resource record set [name='a.example.test.', type='A'] but it already exists, " +
          "Tried to delete resource record set [name='gone.example.test.', type='A'] but it was not found, " +
          "Tried to delete resource record set [name='a.example.test.', type='A'] but the values provided do not match the current values]",
      });
      expect(await names()).toEqual(before);
    });

    it('replaces a CNAME by an A record in one batch, in order', async () => {
      const cname = record('www.example.test', 'a.example.test', { Type: 'CNAME' });
      await change(['CREATE', cname]);
      await expect(change(['CREATE', record('www.example.test', '1.1.1.1')])).rejects.toThrow(
        /conflicts with other records/,
      );
      await change(['DELETE', cname], ['CREATE', record('www.example.test', '1.1.1.1')]);
      expect(await names()).toContain('www.example.test. A');
    });

    it.each<[string, ResourceRecordSet, RegExp]>([
      ['a name of another zone', record('a.other.test', '1.1.1.1'), /not permitted in zone example\.test\./],
      ['no address', record('a.example.test', '1.1.1'), /ARRDATAIllegalIPv4Address/],
      ['a CNAME at the apex', record('example.test', 'x.example.test', { Type: 'CNAME' }), /not permitted at apex/],
      ['a policy without identifier', record('a.example.test', '1.1.1.1', { Weight: 1 }), /SetIdentifier/],
      [
        'no TTL',
        { Name: 'a.example.test', Type: 'A', ResourceRecords: [{ Value: '1.1.1.1' }] },
        /Expected exactly one of/,
      ],
      ['a wildcard', record('*.example.test', '1.1.1.1'), /no wildcard/],
      ['an unquoted text', record('a.example.test', 'x', { Type: 'TXT' }), /enclosed in quotation marks/],
      [
        'a type that the lab lacks',
        record('a.example.test', '10 mx.example.test', { Type: 'MX' }),
        /no records of type MX/,
      ],
      [
        'a health check that is not there',
        record('a.example.test', '1.1.1.1', { HealthCheckId: 'x' }),
        /does not exist/,
      ],
    ])('refuses %s', async (_, bad, message) => {
      await expect(change(['UPSERT', bad])).rejects.toThrow(message);
      expect(await names()).toHaveLength(2);
    });

    it('keeps routing policies of a name apart', async () => {
      const primary = record('api.example.test', '1.1.1.1', { SetIdentifier: 'p', Failover: 'PRIMARY' });
      await change(['CREATE', primary], ['CREATE', { ...primary, SetIdentifier: 's', Failover: 'SECONDARY' }]);
      await expect(change(['CREATE', { ...primary, SetIdentifier: 'p2' }])).rejects.toThrow(/same failover value/);
      await expect(change(['CREATE', record('api.example.test', '3.3.3.3')])).rejects.toThrow(/other RRSets exist/);
      const weighted = record('api.example.test', '3.3.3.3', { SetIdentifier: 'w', Weight: 5 });
      await expect(change(['CREATE', weighted])).rejects.toThrow(/different routing policy/);
    });

    it('keeps the SOA and NS records of the zone', async () => {
      const { ResourceRecordSets } = await call<{ ResourceRecordSets: ResourceRecordSet[] }>('ListResourceRecordSets', {
        HostedZoneId: 'Z1',
      });
      for (const own of ResourceRecordSets) await expect(change(['DELETE', own])).rejects.toThrow(/must contain/);
    });

    it('lists records in its order, in pages, and zones by name', async () => {
      for (const name of ['b.example.test', 'a.example.test', 'x.a.example.test'])
        await change(['CREATE', record(name, '1.1.1.1')]);
      const list = (input: object) =>
        call<{
          ResourceRecordSets: ResourceRecordSet[];
          IsTruncated: boolean;
          NextRecordName?: string;
          NextRecordType?: string;
        }>('ListResourceRecordSets', { HostedZoneId: 'Z1', ...input });
      const first = await list({ MaxItems: 3 });
      expect(first).toMatchObject({ IsTruncated: true, NextRecordName: 'x.a.example.test.', NextRecordType: 'A' });
      const second = await list({ StartRecordName: first.NextRecordName, StartRecordType: first.NextRecordType });
      expect(second.IsTruncated).toBe(false);
      expect([...first.ResourceRecordSets, ...second.ResourceRecordSets].map(({ Name }) => Name)).toEqual([
        'example.test.',
        'example.test.',
        'a.example.test.',
        'x.a.example.test.',
        'b.example.test.',
      ]);
      route53.createHostedZone({ name: 'aaa.test', id: 'Z2' });
      const byName = await call<{ HostedZones: { Name: string }[] }>('ListHostedZonesByName', {
        DNSName: 'example.test',
        MaxItems: 1,
      });
      expect(byName.HostedZones.map(({ Name }) => Name)).toEqual(['example.test.']);
      expect((await call<{ HostedZones: unknown[] }>('ListHostedZones')).HostedZones).toHaveLength(2);
      await expect(list({ HostedZoneId: 'Z404' })).rejects.toMatchObject({ shape: 'NoSuchHostedZone' });
    });
  });

  describe('health checks', () => {
    const create = async (HealthCheckConfig: object): Promise<HealthCheck & { Id: string }> => {
      const input = { CallerReference: JSON.stringify(HealthCheckConfig), HealthCheckConfig };
      const { HealthCheck } = await call<{ HealthCheck: HealthCheck & { Id: string } }>('CreateHealthCheck', input);
      return HealthCheck;
    };
    const endpoint = {
      Type: 'HTTP',
      IPAddress: a.loadBalancer.host,
      Port: a.loadBalancer.port,
      ResourcePath: '/health',
      RequestInterval: 10,
    };
    let server: Server | undefined;
    let status = 200;
    const serve = async () => {
      server = createServer((request, response) =>
        response.writeHead(request.url === '/health' ? status : 404).end('all good'),
      );
      await new Promise<void>((resolve) => server?.listen(a.loadBalancer.port, a.loadBalancer.host, resolve));
    };
    afterEach(() => {
      server?.closeAllConnections();
      server?.close();
      server = undefined;
      status = 200;
    });

    it('polls an endpoint and moves the traffic of a failover record, there and back', async () => {
      await serve();
      const { Id } = await create({ ...endpoint, FailureThreshold: 2 });
      const primary = record('api.example.test', '1.1.1.1', {
        SetIdentifier: 'p',
        Failover: 'PRIMARY',
        HealthCheckId: Id,
        TTL: 0,
      });
      const secondary = record('api.example.test', '2.2.2.2', { SetIdentifier: 's', Failover: 'SECONDARY', TTL: 0 });
      await change(['CREATE', primary], ['CREATE', secondary]);
      const dns = await createDnsServer({
        address: site.dns,
        zones: route53.zones,
        healthOf: route53.healthOf,
        log: () => {},
      });
      try {
        const resolver = createCachingResolver({ server: site.dns, time });
        const points = async (to: string) => (await resolver.lookup('api.example.test')).address === to;
        await stays('on the primary', () => points('1.1.1.1'), 100);
        status = 503;
        await waitFor('the secondary', () => points('2.2.2.2'));
        expect(route53.sample()).toEqual([{ healthCheckId: Id, healthy: false }]);
        const { HealthCheckObservations } = await call<{ HealthCheckObservations: object[] }>('GetHealthCheckStatus', {
          HealthCheckId: Id,
        });
        expect(HealthCheckObservations[0]).toMatchObject({
          StatusReport: { Status: 'Failure: HTTP Status Code 503, Service Unavailable' },
        });
        expect(
          await call('TestDNSAnswer', { HostedZoneId: 'Z1', RecordName: 'api.example.test', RecordType: 'A' }),
        ).toMatchObject({
          RecordData: ['2.2.2.2'],
          ResponseCode: 'NOERROR',
        });
        status = 302;
        await waitFor('the primary again', () => points('1.1.1.1'));
        server?.closeAllConnections();
        server?.close();
        await waitFor('the secondary when nobody listens', () => points('2.2.2.2'));
      } finally {
        await dns.stop();
      }
    });

    it('checks TCP ports, strings and names; disabled is healthy, inverted turns it round', async () => {
      const tcp = await create({ ...endpoint, Type: 'TCP', FailureThreshold: 1 });
      await waitFor('a closed port', () => route53.healthOf(tcp.Id) === false);
      await serve();
      await waitFor('an open port', () => route53.healthOf(tcp.Id) === true);
      await change(['CREATE', record('lb.example.test', a.loadBalancer.host)]);
      const named = {
        ...endpoint,
        IPAddress: undefined,
        FullyQualifiedDomainName: 'lb.example.test',
        Type: 'HTTP_STR_MATCH',
        FailureThreshold: 1,
      };
      const found = await create({ ...named, SearchString: 'good' });
      const missing = await create({ ...named, SearchString: 'bad' });
      await waitFor('the string to be missed', () => route53.healthOf(missing.Id) === false);
      expect(route53.healthOf(found.Id)).toBe(true);
      const update = (change: object) =>
        call<{ HealthCheck: HealthCheck }>('UpdateHealthCheck', { HealthCheckId: missing.Id, ...change });
      expect((await update({ Inverted: true })).HealthCheck.HealthCheckVersion).toBe(2);
      expect(route53.healthOf(missing.Id)).toBe(true);
      await update({ Disabled: true });
      expect(route53.healthOf(missing.Id)).toBe(false);
      await expect(update({ HealthCheckVersion: 1 })).rejects.toMatchObject({ shape: 'HealthCheckVersionMismatch' });
    });

    it('follows an alarm, and calculates from others', async () => {
      const alarm = { Type: 'CLOUDWATCH_METRIC', AlarmIdentifier: { Region: 'us-west-2', Name: 'down' } };
      const { Id } = await create({ ...alarm, InsufficientDataHealthStatus: 'LastKnownStatus' });
      const strict = await create({ ...alarm, InsufficientDataHealthStatus: 'Unhealthy' });
      const both = await create({ Type: 'CALCULATED', HealthThreshold: 2, ChildHealthChecks: [Id, strict.Id] });
      const state = () => [Id, strict.Id, both.Id].map((id) => route53.healthOf(id));
      expect(state()).toEqual([true, false, false]);
      alarms['us-west-2/down'] = 'OK';
      expect(state()).toEqual([true, true, true]);
      alarms['us-west-2/down'] = 'ALARM';
      expect(state()).toEqual([false, false, false]);
      alarms['us-west-2/down'] = 'INSUFFICIENT_DATA';
      expect(state()).toEqual([false, false, false]);
      expect(route53.healthOf('nope')).toBeUndefined();
    });

    it('is created once per caller reference, and refuses what AWS refuses', async () => {
      const first = await create({ ...endpoint });
      expect((await create({ ...endpoint })).Id).toBe(first.Id);
      const other = { CallerReference: JSON.stringify(endpoint), HealthCheckConfig: { ...endpoint, Port: 1 } };
      await expect(call('CreateHealthCheck', other)).rejects.toMatchObject({ shape: 'HealthCheckAlreadyExists' });
      await expect(create({ ...endpoint, RequestInterval: 20 })).rejects.toThrow(/10 or 30/);
      await expect(create({ Type: 'TCP', IPAddress: '127.0.0.1' })).rejects.toThrow(/Port/);
      await expect(call('GetHealthCheck', { HealthCheckId: 'x' })).rejects.toMatchObject({
        shape: 'NoSuchHealthCheck',
      });
      expect((await call<{ HealthChecks: unknown[] }>('ListHealthChecks')).HealthChecks).toHaveLength(1);
    });
  });
});
