import type { Instant, Side } from '#domain/side.ts';

/** Where a server stands in the write-ahead log. LSNs are PostgreSQL's text form `0/3000060`. */
export interface Position {
  readonly at: Instant;
  readonly inRecovery: boolean;
  readonly timeline: number;
  /** pg_current_wal_lsn() on a primary, else pg_last_wal_replay_lsn(). */
  readonly lsn: string;
  /** pg_last_wal_receive_lsn(), null on a primary. */
  readonly receivedLsn: string | null;
  /** pg_last_xact_replay_timestamp(), null on a primary. */
  readonly lastReplayAt: Instant | null;
  /** The last heartbeat row as this server has it. */
  readonly heartbeatAt: Instant | null;
}

export interface FenceOutcome {
  /** Application role refused and its sessions ended, and both read back. */
  readonly fenced: boolean;
  readonly endedSessions: number;
}

export interface UnfenceOutcome {
  /** The application role was refused until now. */
  readonly wasFenced: boolean;
  /** It may log in, read back. */
  readonly lifted: boolean;
}

/** A 256th of a table. Two servers with the same `rows` and `sum` have the same ids in it. */
export interface Share {
  /** 0 to 255. */
  readonly share: number;
  readonly rows: number;
  readonly sum: string;
}

/** SQL over the database's own port. Each call opens, uses and closes one connection (connect 1.5 s, statement 2 s by default). */
export interface DatabaseSession {
  /**
   * Finds out where the server is; every other call does so too, when it is not known yet. What it throws is said by the control plane of its
   * region, and nothing by the server.
   */
  locate(side: Side): Promise<void>;
  /**
   * Throws UnreachableError when the server refuses, resets or does not answer in time: nothing else counts for a dead server. Throws
   * ServiceUnavailableError or CallRefusedError for what is the caller's own: its login, its trust in the certificate, its name service.
   */
  position(side: Side): Promise<Position>;
  /**
   * What initdb named the server's data, in digits: the same on a primary and on whatever was ever copied from it as a replica is, also after a
   * promotion; another on a server that was loaded from a dump. Throws as `position` does.
   */
  systemOf(side: Side): Promise<string>;
  /** Writes the heartbeat row on the primary and gives its time. Throws UnreachableError. */
  beat(side: Side, epoch: number): Promise<Instant>;
  /**
   * Fences: `ALTER ROLE <application role> NOLOGIN`, then ends its sessions, then reads both back. Repeatable.
   * (default_transaction_read_only is no fence: a session can switch it off.) Throws UnreachableError where nothing was reached, also when its
   * name leads nowhere; any other error may be of a server that lives.
   */
  fence(side: Side): Promise<FenceOutcome>;
  /**
   * Lifts the fence: `ALTER ROLE <application role> LOGIN`, and reads it back. Repeatable. Roles replicate: the fence of a primary that lives is
   * on its replica too, so a promoted standby needs this. Throws UnreachableError or NotWritableError (a replica).
   */
  unfence(side: Side): Promise<UnfenceOutcome>;
  /** Writes a row and reads it back in a second transaction. Throws UnreachableError or NotWritableError. */
  writeAndReadBack(side: Side, token: string): Promise<{ readonly at: Instant }>;
  /** How many of the ids are present in the application's table (evidence that a write went to this server). */
  countPresent(side: Side, ids: readonly string[]): Promise<number>;
  /** Rows of the application's table by share of the ids' hashes, to find where two servers differ. Read-only; one scan. Throws UnreachableError. */
  shares(side: Side): Promise<readonly Share[]>;
  /** Every id of one share, in order. Read-only. Throws UnreachableError. */
  idsOf(side: Side, share: number): Promise<readonly string[]>;
}
