import type { DBInstance } from '@aws-sdk/client-rds';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withConnection } from '#lab/parts/postgres/sql.ts';
import { instanceArn } from '#lab/services/rds/instance.ts';
import { createRdsService, type RdsService } from '#lab/services/rds/service.ts';
import { labTime } from '#lab/time.ts';
import { waitFor } from '#test/support/wait-for.ts';
import { createPair, type Pair } from '../parts/postgres/pair.ts';
import { caller } from './call.ts';

const SOURCE = instanceArn('us-east-1', 'orders-primary');

describe('RDS in front of a pair of servers', () => {
  let pair: Pair;
  let rds: RdsService;
  beforeEach(async () => {
    pair = await createPair(34);
    rds = createRdsService({
      instances: [
        { id: 'orders-primary', region: 'us-east-1', node: pair.primary },
        { id: 'orders-standby', region: 'us-west-2', node: pair.standby, sourceArn: SOURCE, tags: { plan: 'example' } },
      ],
      time: labTime(600),
      log: () => {},
    });
  });
  afterEach(async () => {
    await rds.stop();
    await pair.stop();
  });

  const east = <Output>(operation: string, input: unknown = {}) =>
    caller(rds.service, 'us-east-1')<Output>(operation, input);
  const west = <Output>(operation: string, input: unknown = {}) =>
    caller(rds.service, 'us-west-2')<Output>(operation, input);

  const describeOne = async (region: typeof east, input: unknown = {}): Promise<DBInstance> => {
    const { DBInstances } = await region<{ DBInstances: DBInstance[] }>('DescribeDBInstances', input);
    if (DBInstances.length !== 1 || DBInstances[0] === undefined) throw new Error(`${DBInstances.length} instances`);
    return DBInstances[0];
  };

  const replicating = () =>
    waitFor('replication', async () => (await describeOne(west)).StatusInfos?.[0]?.Status === 'replicating');

  it('shows each region its own instance, with the replication between them', async () => {
    await replicating();
    expect(await describeOne(east)).toMatchObject({
      DBInstanceIdentifier: 'orders-primary',
      DBInstanceStatus: 'available',
      Engine: 'postgres',
      MultiAZ: true,
      BackupRetentionPeriod: 7,
      DeletionProtection: true,
      Endpoint: { Address: pair.addresses.a.database.host, Port: 5432, HostedZoneId: 'Z2R2ITUGPM61AM' },
      ReadReplicaDBInstanceIdentifiers: [instanceArn('us-west-2', 'orders-standby')],
    });
    const replica = await describeOne(west, { DBInstanceIdentifier: 'ORDERS-standby' });
    expect(replica).toMatchObject({
      ReadReplicaSourceDBInstanceIdentifier: SOURCE,
      BackupRetentionPeriod: 0,
      StatusInfos: [{ StatusType: 'read replication', Status: 'replicating', Normal: true }],
    });
    await expect(west('DescribeDBInstances', { DBInstanceIdentifier: 'orders-primary' })).rejects.toMatchObject({
      shape: 'DBInstanceNotFoundFault',
    });
    const byFilter = { Filters: [{ Name: 'dbi-resource-id', Values: [replica.DbiResourceId] }] };
    expect((await describeOne(west, byFilter)).DBInstanceIdentifier).toBe('orders-standby');
    await expect(describeOne(west, { Filters: [{ Name: 'engine', Values: ['mysql'] }] })).rejects.toThrow(
      '0 instances',
    );
    await expect(west('DescribeDBInstances', { Filters: [{ Name: 'x', Values: ['y'] }] })).rejects.toThrow(
      /Unrecognized filter/,
    );
  });

  it('promotes: answers at once with `modifying`, then the server takes writes and is no replica', async () => {
    await withConnection(pair.primary.connectionString('svg_ai_app'), (app) =>
      app.query('INSERT INTO app.orders VALUES (1)'),
    );
    await pair.caughtUp();
    await pair.primary.kill();
    expect((await describeOne(east)).DBInstanceStatus).toBe('failed');
    const input = { DBInstanceIdentifier: 'orders-standby', BackupRetentionPeriod: 14 };
    const { DBInstance } = await west<{ DBInstance: DBInstance }>('PromoteReadReplica', input);
    expect(DBInstance).toMatchObject({ DBInstanceStatus: 'modifying', ReadReplicaSourceDBInstanceIdentifier: SOURCE });
    await expect(west('PromoteReadReplica', input)).rejects.toMatchObject({ shape: 'InvalidDBInstanceStateFault' });
    const after = await waitFor('available', async () => {
      const instance = await describeOne(west);
      return instance.DBInstanceStatus === 'available' && instance;
    });
    expect(after).toMatchObject({ BackupRetentionPeriod: 14 });
    expect(after.ReadReplicaSourceDBInstanceIdentifier).toBeUndefined();
    expect(after.StatusInfos).toBeUndefined();
    await withConnection(pair.standby.connectionString('svg_ai_app'), (app) =>
      app.query('INSERT INTO app.orders VALUES (2)'),
    );
    await expect(west('PromoteReadReplica', input)).rejects.toThrow(
      'DB Instance orders-standby is not a read replica.',
    );
    expect((await describeOne(east)).ReadReplicaDBInstanceIdentifiers).toEqual([]);
  });

  it('takes the first backup of a promoted replica that had none, which serves meanwhile', async () => {
    await replicating();
    const input = { DBInstanceIdentifier: 'orders-standby', BackupRetentionPeriod: 7 };
    await west('PromoteReadReplica', input);
    await rds.settled();
    expect((await describeOne(west)).DBInstanceStatus).toBe('backing-up');
    await withConnection(pair.standby.connectionString('svg_ai_app'), (app) =>
      app.query('INSERT INTO app.orders VALUES (3)'),
    );
    await waitFor('the backup to be over', async () => (await describeOne(west)).DBInstanceStatus === 'available');
  });

  it('takes no first backup of a promoted replica that had backups', async () => {
    await replicating();
    const DBInstanceIdentifier = 'orders-standby';
    await west('ModifyDBInstance', { DBInstanceIdentifier, BackupRetentionPeriod: 7, ApplyImmediately: true });
    await rds.settled();
    await west('PromoteReadReplica', { DBInstanceIdentifier, BackupRetentionPeriod: 7 });
    await rds.settled();
    expect(await describeOne(west)).toMatchObject({ DBInstanceStatus: 'available' });
  });

  it('refuses to promote a primary, an instance that is backing up, one that is dead, and a bad retention', async () => {
    const promote = (days = 1) =>
      west('PromoteReadReplica', { DBInstanceIdentifier: 'orders-standby', BackupRetentionPeriod: days });
    await expect(east('PromoteReadReplica', { DBInstanceIdentifier: 'orders-primary' })).rejects.toThrow(
      /not a read replica/,
    );
    rds.setBackingUp('orders-standby', true);
    expect((await describeOne(west)).DBInstanceStatus).toBe('backing-up');
    await expect(promote()).rejects.toThrow(/backing-up/);
    rds.setBackingUp('orders-standby', false);
    await expect(promote(36)).rejects.toMatchObject({ shape: 'InvalidParameterValue' });
    await pair.standby.kill();
    await expect(promote()).rejects.toThrow(/failed/);
    expect((await describeOne(west)).StatusInfos?.[0]).toMatchObject({ Status: 'error', Normal: false });
  });

  it('measures the lag, which grows once the source is gone', async () => {
    await withConnection(pair.primary.connectionString('svg_ai_app'), (app) =>
      app.query('INSERT INTO app.orders VALUES (1)'),
    );
    await pair.caughtUp();
    const lag = async () =>
      (await rds.sample()).find(({ dbInstance }) => dbInstance === 'orders-standby')?.replicaLagSeconds;
    const [sample] = await rds.sample();
    expect(sample).toMatchObject({ dbInstance: 'orders-standby', region: 'us-west-2' });
    expect(sample?.replicaLagSeconds).toBeLessThan(5);
    await pair.primary.kill();
    const first = (await lag()) ?? Number.NaN;
    await waitFor('a greater lag', async () => ((await lag()) ?? 0) > first + 0.2);
    await pair.standby.kill();
    expect(await rds.sample()).toEqual([]);
  });

  it('answers in time while the server is frozen', async () => {
    await replicating();
    await pair.standby.freeze();
    const began = performance.now();
    expect((await describeOne(west)).StatusInfos?.[0]).toMatchObject({ Status: 'error' });
    expect(performance.now() - began).toBeLessThan(2_000);
    await pair.standby.thaw();
    await replicating();
  });

  it('modifies, reboots, stops, starts and tags', async () => {
    const id = { DBInstanceIdentifier: 'orders-primary' };
    await east('ModifyDBInstance', { ...id, BackupRetentionPeriod: 21, MultiAZ: false });
    await rds.settled();
    expect(await describeOne(east)).toMatchObject({
      BackupRetentionPeriod: 21,
      MultiAZ: true,
      PendingModifiedValues: { MultiAZ: false },
    });
    await east('ModifyDBInstance', { ...id, MultiAZ: false, ApplyImmediately: true });
    await rds.settled();
    expect(await describeOne(east)).toMatchObject({ MultiAZ: false, PendingModifiedValues: {} });
    await expect(east('ModifyDBInstance', { ...id, AllocatedStorage: 500 })).rejects.toMatchObject({
      shape: 'NotImplemented',
    });

    const [before] = await pair.primary.pids();
    expect(await east('RebootDBInstance', id)).toMatchObject({ DBInstance: { DBInstanceStatus: 'rebooting' } });
    await rds.settled();
    expect((await describeOne(east)).DBInstanceStatus).toBe('available');
    expect((await pair.primary.pids())[0]).not.toBe(before);

    await expect(east('StopDBInstance', id)).rejects.toMatchObject({ shape: 'InvalidDBInstanceStateFault' });
    rds.setSource('orders-standby', undefined);
    expect(await east('StopDBInstance', id)).toMatchObject({ DBInstance: { DBInstanceStatus: 'stopping' } });
    await rds.settled();
    expect((await describeOne(east)).DBInstanceStatus).toBe('stopped');
    await east('StartDBInstance', id);
    await rds.settled();
    expect((await describeOne(east)).DBInstanceStatus).toBe('available');

    const ResourceName = instanceArn('us-west-2', 'orders-standby');
    await west('AddTagsToResource', { ResourceName, Tags: [{ Key: 'epoch', Value: '4' }] });
    expect(await west('ListTagsForResource', { ResourceName })).toEqual({
      TagList: [
        { Key: 'plan', Value: 'example' },
        { Key: 'epoch', Value: '4' },
      ],
    });
  });
});
