import { type DBInstance, DescribeDBInstancesCommand, PromoteReadReplicaCommand, RDSClient } from '@aws-sdk/client-rds';
import { DatabaseNotFoundError, PromotionNotYetError, PromotionRefusedError } from '#domain/errors.ts';
import { mayBePromoting } from '#domain/instance-status.ts';
import type { Plan } from '#domain/plan.ts';
import type { Side } from '#domain/side.ts';
import type { Database, DatabaseInstance } from '#ports/database.ts';
import { clientOptions, MAYBE_DEAD, NEEDED } from './sdk-client.ts';
import { errorName, sdkCall } from './sdk-errors.ts';

/** DescribeDBInstances of one side, as RDS answers it. Throws DatabaseNotFoundError, UnreachableError. */
export const rdsInstances = (plan: Pick<Plan, 'regions' | 'database'>) => {
  const clients = new Map<Side, RDSClient>();
  const clientFor = (side: Side): RDSClient => {
    const known = clients.get(side);
    if (known) return known;
    const made = new RDSClient(clientOptions(plan.regions[side], side === 'primary' ? MAYBE_DEAD : NEEDED));
    clients.set(side, made);
    return made;
  };
  const describe = async (side: Side): Promise<DBInstance> => {
    const id = plan.database.instances[side];
    const region = plan.regions[side];
    const { DBInstances } = await sdkCall(
      `rds:DescribeDBInstances ${region}`,
      () => clientFor(side).send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: id })),
      (name) =>
        name.startsWith('DBInstanceNotFound')
          ? new DatabaseNotFoundError(`${region} has no database ${id}`)
          : undefined,
    );
    const instance = DBInstances?.[0];
    if (!instance) throw new DatabaseNotFoundError(`${region} has no database ${id}`);
    return instance;
  };
  return { clientFor, describe };
};

const toInstance = (instance: DBInstance, region: string): DatabaseInstance => ({
  id: instance.DBInstanceIdentifier ?? '',
  region,
  status: instance.DBInstanceStatus ?? 'unknown',
  host: instance.Endpoint?.Address ?? '',
  port: instance.Endpoint?.Port ?? 5432,
  replicaOf: instance.ReadReplicaSourceDBInstanceIdentifier || null,
  replication: instance.StatusInfos?.find((info) => info.StatusType === 'read replication')?.Status ?? null,
  backupRetentionDays: instance.BackupRetentionPeriod ?? 0,
  multiAz: instance.MultiAZ ?? false,
});

/**
 * What RDS does to an instance by itself and ends by itself; it promotes nothing meanwhile.
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html#Overview.DBInstance.Status
 */
const PASSES = /^(backing-up|configuring-.+|maintenance|resetting-master-credentials|starting|storage-.+|upgrading)$/;

export const rdsDatabase = (plan: Pick<Plan, 'regions' | 'database'>): Database => {
  const rds = rdsInstances(plan);
  const describe = async (side: Side) => toInstance(await rds.describe(side), plan.regions[side]);
  return {
    describe,
    promote: async () => {
      const before = await describe('standby');
      if (before.replicaOf === null) return;
      try {
        await sdkCall(
          `rds:PromoteReadReplica ${plan.regions.standby}`,
          () =>
            rds.clientFor('standby').send(
              new PromoteReadReplicaCommand({
                DBInstanceIdentifier: before.id,
                // Backups must be on before it takes the load: RDS would otherwise set 1.
                BackupRetentionPeriod: Math.max(1, before.backupRetentionDays),
              }),
            ),
          (name, error) => (name.startsWith('InvalidDBInstanceState') ? error : undefined),
        );
      } catch (error) {
        if (!errorName(error).startsWith('InvalidDBInstanceState')) throw error;
        // A try whose answer was lost may have begun it.
        const after = await describe('standby');
        if (after.replicaOf === null || mayBePromoting(after.status)) return;
        const said = `${before.id} in ${before.region} is ${after.status}: RDS does not promote it in this state`;
        if (PASSES.test(after.status)) throw new PromotionNotYetError(said, { cause: error });
        throw new PromotionRefusedError(said, { cause: error });
      }
    },
  };
};
