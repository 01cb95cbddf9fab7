import * as schemas from '@aws-sdk/client-rds';
import { type Call, type LabService, type LabTime, type Log, ServiceFault } from '#lab/contract.ts';
import { describeInstance } from './describe.ts';
import { findInstance, inRegion, matchesFilters } from './find.ts';
import { createInstance, type Instance, type InstanceDefinition } from './instance.ts';
import { createTransitions, requireStatus } from './transitions.ts';

/** What CloudWatch would get as `AWS/RDS` `ReplicaLag`, dimension DBInstanceIdentifier. */
export interface ReplicaLagSample {
  readonly dbInstance: string;
  readonly region: string;
  readonly replicaLagSeconds: number;
}

export interface RdsService {
  readonly service: LabService;
  /**
   * Lag of each replica that answers: now - pg_last_xact_replay_timestamp(), which grows with the clock once the source is gone.
   * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PostgreSQL.Replication.ReadReplicas.Monitor.html
   */
  sample(): Promise<ReplicaLagSample[]>;
  /** Shows `backing-up`, in which RDS refuses to promote. */
  setBackingUp(id: string, on: boolean): void;
  /** After the lab has given a server another role: the ARN it now replicates, or undefined. */
  setSource(id: string, sourceArn: string | undefined): void;
  /** Resolves when no promotion, reboot, start or stop is under way. */
  settled(): Promise<void>;
  /** Waits for what is under way and closes its connections; the servers stay as they are. */
  stop(): Promise<void>;
}

const MAX_RETENTION_DAYS = 35;

/**
 * How long the first backup of a promoted replica is shown, in declared seconds. RDS says no more than that it depends on the database's size.
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.Promote.html
 */
const FIRST_BACKUP_SECONDS = 120;

/** Amazon RDS in front of real servers: each instance is one `PostgresNode`. A call sees only the instances of its region. */
export const createRdsService = ({
  instances: definitions,
  time,
  log,
}: {
  instances: readonly InstanceDefinition[];
  time: LabTime;
  log: Log;
}): RdsService => {
  const instances: readonly Instance[] = definitions.map(createInstance);
  const transitions = createTransitions(log);

  const backups = new Set<NodeJS.Timeout>();

  const backUpFirst = (instance: Instance): void => {
    instance.firstBackup = true;
    const timer = setTimeout(() => {
      instance.firstBackup = false;
      backups.delete(timer);
    }, time.ms(FIRST_BACKUP_SECONDS));
    backups.add(timer);
  };

  const answer = async (instance: Instance) => ({ DBInstance: await describeInstance(instance, instances) });

  const byId = (id: string): Instance => {
    const found = instances.find((instance) => instance.id === id);
    if (found === undefined) throw new Error(`the lab has no DB instance ${id}`);
    return found;
  };

  const byArn = (arn: string | undefined, call: Call): Instance => findInstance(instances, call, arn);

  const retention = (days: number): number => {
    if (Number.isInteger(days) && days >= 0 && days <= MAX_RETENTION_DAYS) return days;
    throw new ServiceFault(
      'InvalidParameterValue',
      `Invalid backup retention period: ${days}. Must be between 0 and ${MAX_RETENTION_DAYS}.`,
    );
  };

  const operations = {
    async DescribeDBInstances(input: schemas.DescribeDBInstancesMessage, call: Call) {
      const seen =
        input.DBInstanceIdentifier === undefined
          ? inRegion(instances, call)
          : [findInstance(instances, call, input.DBInstanceIdentifier)];
      const matching = seen.filter((instance) => matchesFilters(instance, input.Filters));
      const limit = input.MaxRecords ?? 100;
      if (limit < 20 || limit > 100) {
        throw new ServiceFault(
          'InvalidParameterValue',
          `Invalid value ${limit} for MaxRecords. Must be between 20 and 100`,
        );
      }
      const start = input.Marker === undefined ? 0 : matching.findIndex((instance) => instance.id === input.Marker);
      if (start < 0) throw new ServiceFault('InvalidParameterValue', `Invalid marker: ${input.Marker}`);
      const page = matching.slice(start, start + limit);
      return {
        DBInstances: await Promise.all(page.map((instance) => describeInstance(instance, instances))),
        Marker: matching[start + limit]?.id,
      };
    },

    /** Answers at once with `modifying`; the promotion goes on behind it, and behind that the first backup of a replica that had none. */
    async PromoteReadReplica(input: schemas.PromoteReadReplicaMessage, call: Call) {
      const instance = findInstance(instances, call, input.DBInstanceIdentifier);
      if (instance.sourceArn === undefined) {
        throw new ServiceFault('InvalidDBInstanceStateFault', `DB Instance ${instance.id} is not a read replica.`);
      }
      requireStatus(instance, 'promote', ['available']);
      const days = retention(input.BackupRetentionPeriod ?? 1);
      transitions.begin(instance, 'modifying', async () => {
        await instance.node.promote();
        instance.sourceArn = undefined;
        if (instance.backupRetentionPeriod === 0 && days > 0) backUpFirst(instance);
        instance.backupRetentionPeriod = days;
        instance.preferredBackupWindow = input.PreferredBackupWindow ?? instance.preferredBackupWindow;
      });
      return answer(instance);
    },

    async ModifyDBInstance(input: schemas.ModifyDBInstanceMessage, call: Call) {
      const instance = findInstance(instances, call, input.DBInstanceIdentifier);
      const { BackupRetentionPeriod, MultiAZ, DeletionProtection, PreferredBackupWindow, ApplyImmediately } = input;
      const known = [
        'DBInstanceIdentifier',
        'BackupRetentionPeriod',
        'MultiAZ',
        'DeletionProtection',
        'PreferredBackupWindow',
        'ApplyImmediately',
      ];
      const other = Object.entries(input).find(([key, value]) => value !== undefined && !known.includes(key));
      if (other !== undefined)
        throw new ServiceFault('NotImplemented', `The lab cannot modify ${other[0]}.`, { status: 501 });
      requireStatus(instance, 'modify', ['available', 'backing-up']);
      const days = BackupRetentionPeriod === undefined ? undefined : retention(BackupRetentionPeriod);
      const shown = await answer(instance);
      transitions.begin(instance, 'modifying', async () => {
        instance.backupRetentionPeriod = days ?? instance.backupRetentionPeriod;
        instance.deletionProtection = DeletionProtection ?? instance.deletionProtection;
        instance.preferredBackupWindow = PreferredBackupWindow ?? instance.preferredBackupWindow;
        if (MultiAZ === undefined || MultiAZ === instance.multiAz) return;
        if (ApplyImmediately === true) instance.multiAz = MultiAZ;
        instance.pendingMultiAz = ApplyImmediately === true ? undefined : MultiAZ;
      });
      return shown;
    },

    async RebootDBInstance(input: schemas.RebootDBInstanceMessage, call: Call) {
      const instance = findInstance(instances, call, input.DBInstanceIdentifier);
      requireStatus(instance, 'reboot', ['available']);
      transitions.begin(instance, 'rebooting', async () => {
        await instance.node.stop();
        await instance.node.start();
      });
      return answer(instance);
    },

    async StopDBInstance(input: schemas.StopDBInstanceMessage, call: Call) {
      const instance = findInstance(instances, call, input.DBInstanceIdentifier);
      requireStatus(instance, 'stop', ['available']);
      if (instance.sourceArn !== undefined || instances.some((each) => each.sourceArn === instance.arn)) {
        throw new ServiceFault(
          'InvalidDBInstanceStateFault',
          `Cannot stop DB instance ${instance.id}: it is or has a read replica.`,
        );
      }
      transitions.begin(instance, 'stopping', () => instance.node.stop(), 'stopped');
      return answer(instance);
    },

    async StartDBInstance(input: schemas.StartDBInstanceMessage, call: Call) {
      const instance = findInstance(instances, call, input.DBInstanceIdentifier);
      requireStatus(instance, 'start', ['stopped']);
      transitions.begin(instance, 'starting', () => instance.node.start());
      return answer(instance);
    },

    ListTagsForResource(input: schemas.ListTagsForResourceMessage, call: Call) {
      return { TagList: [...byArn(input.ResourceName, call).tags].map(([Key, Value]) => ({ Key, Value })) };
    },

    AddTagsToResource(input: schemas.AddTagsToResourceMessage, call: Call) {
      const { tags } = byArn(input.ResourceName, call);
      for (const { Key, Value } of input.Tags ?? []) if (Key !== undefined) tags.set(Key, Value ?? '');
      return {};
    },
  };

  return {
    service: { name: 'rds', schemas, operations },
    async sample() {
      const samples = instances.map(async (instance): Promise<ReplicaLagSample | undefined> => {
        if (instance.sourceArn === undefined) return undefined;
        const lag = (await instance.monitor.read())?.lagSeconds;
        return lag == null
          ? undefined
          : { dbInstance: instance.id, region: instance.region, replicaLagSeconds: Math.max(0, lag) };
      });
      return (await Promise.all(samples)).filter((sample) => sample !== undefined);
    },
    setBackingUp(id, on) {
      byId(id).backingUp = on;
    },
    setSource(id, sourceArn) {
      byId(id).sourceArn = sourceArn;
    },
    settled: transitions.settled,
    async stop() {
      await transitions.settled();
      for (const timer of backups) clearTimeout(timer);
      await Promise.all(instances.map((instance) => instance.monitor.stop()));
    },
  };
};
