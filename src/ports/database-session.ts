import type { Server } from '#domain/old-primary.ts';
import type { ServerAddress } from '#domain/reading.ts';
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

/** A column of the application's table. Two servers have the same one when both members are the same. */
export interface Column {
  readonly name: string;
  /** As PostgreSQL writes it: `timestamp with time zone`. */
  readonly type: string;
}

/** A 256th of a table. Two servers with the same `rows` and `sum` have the same rows in it, as far as the columns go that were asked for. */
export interface Share {
  /** 0 to 255. */
  readonly share: number;
  readonly rows: number;
  readonly sum: string;
}

/** A row as two servers are compared by it. */
export interface RowPrint {
  readonly id: string;
  /** MD5 of the columns that were asked for: the same on two servers when those are, whatever their settings for the output of values. */
  readonly print: string;
}

/** The address at which a side's server was known last; null when it never was. Throws what the place throws in which it is kept. */
export type LastKnown = (side: Side) => Promise<ServerAddress | null>;

/** SQL over the database's own port. Each call opens, uses and closes one connection (connect 1.5 s, statement 2 s by default). */
export interface DatabaseSession {
  /**
   * Finds out where the server is; every other call does so too, when it is not known yet. Where the control plane of its region does not say, a primary is
   * where a vantage point last knew it to be. What it throws is said by that control plane, and nothing by the server.
   */
  locate(side: Side): Promise<ServerAddress>;
  /**
   * Throws UnreachableError when the server refuses, resets or does not answer in time: nothing else counts for a dead server. Throws
   * ServiceUnavailableError or CallRefusedError for what is the caller's own: its login, its trust in the certificate, its name service.
   */
  position(side: Side): Promise<Position>;
  /**
   * What the server says that it is, by one look that needs nothing of ours in it. Its system is the same on a primary and on whatever was ever copied
   * from it as a replica is, also after a promotion; another on a server that was loaded from a dump. Throws as `fence` does: a server that answers
   * with a shortage is not silent.
   */
  serverOf(side: Side): Promise<Server>;
  /** Writes the heartbeat row on the primary and gives its time. Throws UnreachableError. */
  beat(side: Side, epoch: number): Promise<Instant>;
  /**
   * Fences: `ALTER ROLE <application role> NOLOGIN`, then ends its sessions, then reads both back. Repeatable.
   * (default_transaction_read_only is no fence: a session can switch it off.) All sessions are ended at once; `fenced` is false when one is left
   * after a second. Throws FenceFailedError when the server answers and was not fenced: a shortage, or a statement that is not done in time. Throws
   * UnreachableError where nothing was reached, also when its name leads nowhere or the server, which is waited for a moment, lets nobody in because
   * it starts or stops; any other error may be of a server that lives.
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
  /** The columns of the application's table, in their order. Read-only. Throws UnreachableError. */
  columns(side: Side): Promise<readonly Column[]>;
  /**
   * Rows of the application's table by share of the ids' hashes, to find where two servers differ in any of the columns. Read-only; one scan, of two
   * minutes at most. Throws UnreachableError.
   */
  shares(side: Side, columns: readonly string[]): Promise<readonly Share[]>;
  /** Every row of one share, in the order of the ids. Read-only; one scan, as `shares`. Throws UnreachableError. */
  rowsOf(side: Side, share: number, columns: readonly string[]): Promise<readonly RowPrint[]>;
}
