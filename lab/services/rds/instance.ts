import { createHash } from 'node:crypto';
import { ACCOUNT } from '#lab/contract.ts';
import type { PostgresNode } from '#lab/parts/postgres/node.ts';
import { createMonitor, type Monitor } from './monitor.ts';

/** What the lab says of an instance when it makes the service. */
export interface InstanceDefinition {
  readonly id: string;
  readonly region: string;
  readonly node: PostgresNode;
  /** ARN of the instance that it replicates. */
  readonly sourceArn?: string;
  /** Default `db.r6g.large`. */
  readonly instanceClass?: string;
  /** GiB; default 100. */
  readonly allocatedStorage?: number;
  /** Days; default 7, and 0 for a replica, as RDS has it. */
  readonly backupRetentionPeriod?: number;
  readonly multiAz?: boolean;
  readonly tags?: Readonly<Record<string, string>>;
}

/** An instance with what changes about it. */
export interface Instance {
  readonly id: string;
  readonly region: string;
  readonly arn: string;
  readonly resourceId: string;
  readonly node: PostgresNode;
  readonly monitor: Monitor;
  readonly createdAt: Date;
  readonly instanceClass: string;
  readonly allocatedStorage: number;
  readonly tags: Map<string, string>;
  sourceArn: string | undefined;
  backupRetentionPeriod: number;
  multiAz: boolean;
  deletionProtection: boolean;
  preferredBackupWindow: string;
  pendingMultiAz: boolean | undefined;
  backingUp: boolean;
  /** The backup that RDS takes of a promoted replica that had none. */
  firstBackup: boolean;
  /** Set while the control plane works on it (`modifying`, `rebooting`, `stopping`, `starting`), and `stopped`. */
  phase: string | undefined;
}

export const instanceArn = (region: string, id: string): string => `arn:aws:rds:${region}:${ACCOUNT}:db:${id}`;

export const createInstance = (definition: InstanceDefinition): Instance => {
  const { id, region, node, sourceArn } = definition;
  const arn = instanceArn(region, id);
  return {
    id,
    region,
    arn,
    resourceId: `db-${createHash('sha256').update(arn).digest('hex').slice(0, 26).toUpperCase()}`,
    node,
    monitor: createMonitor(node),
    createdAt: new Date(),
    instanceClass: definition.instanceClass ?? 'db.r6g.large',
    allocatedStorage: definition.allocatedStorage ?? 100,
    tags: new Map(Object.entries(definition.tags ?? {})),
    sourceArn,
    backupRetentionPeriod: definition.backupRetentionPeriod ?? (sourceArn === undefined ? 7 : 0),
    multiAz: definition.multiAz ?? sourceArn === undefined,
    deletionProtection: true,
    preferredBackupWindow: '03:00-03:30',
    pendingMultiAz: undefined,
    backingUp: false,
    firstBackup: false,
    phase: undefined,
  };
};

/**
 * What RDS would say, from the real state: a server that nobody stopped and that is not there has `failed`.
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html#Overview.DBInstance.Status
 */
export const statusOf = (instance: Instance): string => {
  if (instance.phase !== undefined) return instance.phase;
  if (!instance.node.isRunning()) return 'failed';
  return instance.backingUp || instance.firstBackup ? 'backing-up' : 'available';
};
