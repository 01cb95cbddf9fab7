import type { Side } from '#domain/side.ts';

/** A database instance as its control plane describes it. */
export interface DatabaseInstance {
  readonly id: string;
  readonly region: string;
  /** As RDS says it: `available`, `backing-up`, `modifying`, `rebooting`, ... */
  readonly status: string;
  readonly host: string;
  readonly port: number;
  /** Identifier or ARN of the source while it is a replica, else null. */
  readonly replicaOf: string | null;
  /** RDS StatusInfos "read replication": `replicating`, `error`, `terminated`, `stopped`; null when it is no replica. */
  readonly replication: string | null;
  readonly backupRetentionDays: number;
  readonly multiAz: boolean;
}

/** The control plane of the database, per region. */
export interface Database {
  /** Throws DatabaseNotFoundError; UnreachableError (2 s for the primary's region: it may be dead). */
  describe(side: Side): Promise<DatabaseInstance>;
  /**
   * Starts the promotion of the standby and returns at once; done is what `DatabaseSession` proves.
   * Repeating it after success changes nothing. Throws PromotionNotYetError with a state that ends by itself (a backup is being taken, or it is
   * being changed: whether by a promotion that an earlier call began is not known), PromotionRefusedError with any other that forbids it.
   */
  promote(): Promise<void>;
}
