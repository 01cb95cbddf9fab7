import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import {
  DBInstanceNotFoundFault,
  DescribeDBInstancesCommand,
  InvalidDBInstanceStateFault,
  ListTagsForResourceCommand,
  PromoteReadReplicaCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import {
  ChangeResourceRecordSetsCommand,
  CreateHealthCheckCommand,
  GetChangeCommand,
  GetHealthCheckStatusCommand,
  InvalidChangeBatch,
  ListHostedZonesByNameCommand,
  ListResourceRecordSetsCommand,
  type ListResourceRecordSetsRequest,
  type ListResourceRecordSetsResponse,
  NoSuchHostedZone,
  type ResourceRecordSet,
  Route53Client,
  TestDNSAnswerCommand,
} from '@aws-sdk/client-route-53';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDoor, type Door } from '#lab/door/door.ts';
import { instanceArn } from '#lab/services/rds/instance.ts';
import { createRdsService, type RdsService } from '#lab/services/rds/service.ts';
import { createRoute53Service, type Route53Service } from '#lab/services/route53/service.ts';
import { createSecretsManagerService } from '#lab/services/secretsmanager.ts';
import { labTime } from '#lab/time.ts';
import { waitFor } from '#test/support/wait-for.ts';
import { createPair, type Pair } from '../../unit/lab/parts/postgres/pair.ts';

/** The services of the regions as the functions reach them: the SDK's clients, the door, real servers behind. */
describe('RDS, Route 53 and Secrets Manager through the door', () => {
  let pair: Pair;
  let door: Door;
  let rds: RdsService;
  let route53: Route53Service;
  const source = instanceArn('us-east-1', 'svg-primary');

  const options = (region: string) => ({
    endpoint: door.url,
    region,
    maxAttempts: 1,
    credentials: { accessKeyId: 'LABPERSON', secretAccessKey: 'secret-person' },
  });

  beforeAll(async () => {
    pair = await createPair(36);
    door = createDoor({ address: pair.addresses.site.door });
    rds = createRdsService({
      instances: [
        { id: 'svg-primary', region: 'us-east-1', node: pair.primary },
        { id: 'svg-standby', region: 'us-west-2', node: pair.standby, sourceArn: source, tags: { plan: 'svg' } },
      ],
      time: labTime(600),
      log: () => {},
    });
    route53 = createRoute53Service({ time: labTime(600), alarmState: () => undefined });
    route53.createHostedZone({ name: 'svg.test', id: 'ZSVG' });
    const secrets = createSecretsManagerService();
    secrets.createSecret({ region: 'us-west-2', name: 'svg/database', value: '{"password":"x"}' });
    for (const service of [rds.service, route53.service, secrets.service]) door.mount(service);
    await door.listen();
  });
  afterAll(async () => {
    await door?.stop();
    await route53?.stop();
    await rds?.stop();
    await pair?.stop();
  });

  it('promotes the replica of one region after the other has died', async () => {
    const west = new RDSClient(options('us-west-2'));
    const describeStandby = async () => {
      const { DBInstances } = await west.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: 'svg-standby' }));
      return DBInstances?.[0];
    };
    await waitFor('replication', async () => (await describeStandby())?.StatusInfos?.[0]?.Status === 'replicating');
    expect(await describeStandby()).toMatchObject({
      DBInstanceStatus: 'available',
      ReadReplicaSourceDBInstanceIdentifier: source,
      Endpoint: { Address: pair.addresses.b.database.host, Port: pair.addresses.b.database.port },
      InstanceCreateTime: expect.any(Date),
    });
    const tags = await west.send(
      new ListTagsForResourceCommand({ ResourceName: instanceArn('us-west-2', 'svg-standby') }),
    );
    expect(tags.TagList).toEqual([{ Key: 'plan', Value: 'svg' }]);
    await expect(west.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: 'svg-primary' }))).rejects.toThrow(
      DBInstanceNotFoundFault,
    );
    await pair.primary.kill();
    const promote = new PromoteReadReplicaCommand({ DBInstanceIdentifier: 'svg-standby', BackupRetentionPeriod: 7 });
    expect((await west.send(promote)).DBInstance?.DBInstanceStatus).toBe('modifying');
    const done = await waitFor('available', async () => {
      const instance = await describeStandby();
      return instance?.DBInstanceStatus === 'available' && instance;
    });
    expect(done.ReadReplicaSourceDBInstanceIdentifier).toBeUndefined();
    expect(done.BackupRetentionPeriod).toBe(7);
    await expect(west.send(promote)).rejects.toThrow(InvalidDBInstanceStateFault);
  });

  it('changes records, in a batch that is all or nothing', async () => {
    const client = new Route53Client(options('us-east-1'));
    const record: ResourceRecordSet = {
      Name: 'api.svg.test',
      Type: 'CNAME',
      TTL: 60,
      ResourceRecords: [{ Value: 'lb-east.svg.test' }],
    };
    const change = (...Changes: { Action: 'CREATE' | 'UPSERT' | 'DELETE'; ResourceRecordSet: ResourceRecordSet }[]) =>
      client.send(new ChangeResourceRecordSetsCommand({ HostedZoneId: 'ZSVG', ChangeBatch: { Changes } }));
    const { ChangeInfo } = await change({ Action: 'CREATE', ResourceRecordSet: record });
    expect(ChangeInfo?.Status).toBe('PENDING');
    await waitFor(
      'INSYNC',
      async () => (await client.send(new GetChangeCommand({ Id: ChangeInfo?.Id }))).ChangeInfo?.Status === 'INSYNC',
    );

    const failed = await change({ Action: 'CREATE', ResourceRecordSet: record }).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(InvalidChangeBatch);
    expect((failed as InvalidChangeBatch).message).toMatch(
      /name='api\.svg\.test\.', type='CNAME'\] but it already exists/,
    );
    await expect(client.send(new ListResourceRecordSetsCommand({ HostedZoneId: 'Z404' }))).rejects.toThrow(
      NoSuchHostedZone,
    );

    const names: string[] = [];
    let start: Pick<ListResourceRecordSetsRequest, 'StartRecordName' | 'StartRecordType'> | undefined = {};
    while (start !== undefined) {
      const input: ListResourceRecordSetsRequest = { HostedZoneId: 'ZSVG', MaxItems: 1, ...start };
      const page: ListResourceRecordSetsResponse = await client.send(new ListResourceRecordSetsCommand(input));
      names.push(...(page.ResourceRecordSets ?? []).map(({ Name, Type }) => `${Name} ${Type}`));
      const { IsTruncated, NextRecordName: StartRecordName, NextRecordType: StartRecordType } = page;
      start = IsTruncated ? { StartRecordName, StartRecordType } : undefined;
    }
    expect(names).toEqual(['svg.test. NS', 'svg.test. SOA', 'api.svg.test. CNAME']);
    const zones = await client.send(new ListHostedZonesByNameCommand({ DNSName: 'svg.test' }));
    expect(zones.HostedZones?.[0]).toMatchObject({
      Id: '/hostedzone/ZSVG',
      Name: 'svg.test.',
      ResourceRecordSetCount: 3,
    });
    const query = { HostedZoneId: 'ZSVG', RecordName: 'api.svg.test', RecordType: 'CNAME' } as const;
    expect((await client.send(new TestDNSAnswerCommand(query))).RecordData).toEqual(['lb-east.svg.test.']);
  });

  it('checks the health of an endpoint', async () => {
    const client = new Route53Client(options('us-west-2'));
    const { host, port } = pair.addresses.site.door;
    const { HealthCheck } = await client.send(
      new CreateHealthCheckCommand({
        CallerReference: 'door',
        HealthCheckConfig: { Type: 'TCP', IPAddress: host, Port: port, RequestInterval: 10, FailureThreshold: 1 },
      }),
    );
    const status = new GetHealthCheckStatusCommand({ HealthCheckId: HealthCheck?.Id });
    const report = await waitFor(
      'a report',
      async () => (await client.send(status)).HealthCheckObservations?.[0]?.StatusReport,
    );
    expect(report.Status).toMatch(/^Success/);
  });

  it('keeps secrets per region', async () => {
    const west = new SecretsManagerClient(options('us-west-2'));
    const get = new GetSecretValueCommand({ SecretId: 'svg/database' });
    expect((await west.send(get)).SecretString).toBe('{"password":"x"}');
    await west.send(new PutSecretValueCommand({ SecretId: 'svg/database', SecretString: 'new' }));
    expect((await west.send(get)).SecretString).toBe('new');
    await expect(new SecretsManagerClient(options('us-east-1')).send(get)).rejects.toThrow(ResourceNotFoundException);
  });

  it('is understood by psql, where it is installed', async ({ skip }) => {
    const psql = promisify(execFile)('psql', [
      pair.standby.connectionString('svg_ai_app'),
      '-Atc',
      'SELECT current_user, 6 * 7',
    ]);
    const answer = await psql.catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return skip('psql is not installed');
      throw error;
    });
    expect(answer.stdout).toBe('svg_ai_app|42\n');
  });
});
