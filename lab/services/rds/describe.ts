import type { DBInstance, DBInstanceStatusInfo } from '@aws-sdk/client-rds';
import { type Instance, statusOf } from './instance.ts';

/** Of PostgreSQL's package in the lab; RDS names versions `major.minor`. */
const ENGINE_VERSION = '18.4';

/** Hosted zones of RDS endpoints: https://docs.aws.amazon.com/general/latest/gr/rds-service.html */
const HOSTED_ZONES: Readonly<Record<string, string>> = {
  'us-east-1': 'Z2R2ITUGPM61AM',
  'us-east-2': 'Z2XHWR1WZ565X2',
  'us-west-2': 'Z1PVIF0B656C1W',
};

/** RDS names a source or replica in the same region by its identifier and one in another region by its ARN. */
const reference = (of: Instance, arn: string): string => {
  const [, , , region, , , id] = arn.split(':');
  return region === of.region && id !== undefined ? id : arn;
};

const replicationInfo = async (instance: Instance): Promise<DBInstanceStatusInfo[]> => {
  if (instance.sourceArn === undefined) return [];
  const reading = await instance.monitor.read();
  const base = { StatusType: 'read replication' };
  if (reading?.streaming === true) return [{ ...base, Normal: true, Status: 'replicating' }];
  if (instance.phase === 'stopped') return [{ ...base, Normal: false, Status: 'stopped' }];
  const Message = reading === undefined ? 'The read replica does not answer.' : 'Streaming replication has terminated.';
  return [{ ...base, Normal: false, Status: 'error', Message }];
};

/** The instance as DescribeDBInstances shows it. Asks the server for its replication state. */
export const describeInstance = async (instance: Instance, all: readonly Instance[]): Promise<DBInstance> => ({
  DBInstanceIdentifier: instance.id,
  DBInstanceArn: instance.arn,
  DbiResourceId: instance.resourceId,
  DBInstanceClass: instance.instanceClass,
  Engine: 'postgres',
  EngineVersion: ENGINE_VERSION,
  DBInstanceStatus: statusOf(instance),
  MasterUsername: 'continuity',
  DBName: 'svg_ai',
  Endpoint: {
    Address: instance.node.address.host,
    Port: instance.node.address.port,
    HostedZoneId: HOSTED_ZONES[instance.region] ?? HOSTED_ZONES['us-east-1'],
  },
  AllocatedStorage: instance.allocatedStorage,
  InstanceCreateTime: instance.createdAt,
  PreferredBackupWindow: instance.preferredBackupWindow,
  PreferredMaintenanceWindow: 'sun:04:00-sun:04:30',
  BackupRetentionPeriod: instance.backupRetentionPeriod,
  AvailabilityZone: `${instance.region}a`,
  PendingModifiedValues: instance.pendingMultiAz === undefined ? {} : { MultiAZ: instance.pendingMultiAz },
  MultiAZ: instance.multiAz,
  ReadReplicaDBInstanceIdentifiers: all
    .filter((each) => each.sourceArn === instance.arn)
    .map((each) => reference(instance, each.arn)),
  ...(instance.sourceArn === undefined
    ? {}
    : {
        ReadReplicaSourceDBInstanceIdentifier: reference(instance, instance.sourceArn),
        StatusInfos: await replicationInfo(instance),
      }),
  PubliclyAccessible: false,
  StorageType: 'gp3',
  StorageEncrypted: true,
  DbInstancePort: 0,
  DeletionProtection: instance.deletionProtection,
  TagList: [...instance.tags].map(([Key, Value]) => ({ Key, Value })),
});
