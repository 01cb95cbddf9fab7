import pg from 'pg';
import type { PostgresNode } from '#lab/parts/postgres/node.ts';

/** What the control plane sees in a server. */
export interface Reading {
  readonly inRecovery: boolean;
  /** A walreceiver is connected and streams. */
  readonly streaming: boolean;
  /** now() - pg_last_xact_replay_timestamp(); null on a primary and on a standby that has replayed no transaction. */
  readonly lagSeconds: number | null;
}

export interface Monitor {
  /** undefined when the server does not answer within 500 ms. */
  read(): Promise<Reading | undefined>;
  stop(): Promise<void>;
}

const QUERY = `SELECT pg_is_in_recovery() AS "inRecovery",
  EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming') AS streaming,
  CASE WHEN pg_is_in_recovery() THEN extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8 END AS "lagSeconds"`;

const TIMEOUT_MS = 500;

/** Keeps one connection to the server and asks over it; connects again after an error. Readings at the same time share one query. */
export const createMonitor = (node: PostgresNode): Monitor => {
  let client: pg.Client | undefined;
  let pending: Promise<Reading | undefined> | undefined;

  const drop = (): void => {
    const old = client;
    client = undefined;
    void old?.end().catch(() => {});
  };

  const connect = async (): Promise<pg.Client> => {
    const fresh = new pg.Client({
      connectionString: node.connectionString('postgres', 'postgres'),
      connectionTimeoutMillis: TIMEOUT_MS,
      query_timeout: TIMEOUT_MS,
      application_name: 'rds-monitor',
    });
    fresh.on('error', () => {
      if (client === fresh) client = undefined;
    });
    await fresh.connect();
    client = fresh;
    return fresh;
  };

  const ask = async (): Promise<Reading | undefined> => {
    if (!node.isRunning()) {
      drop();
      return undefined;
    }
    try {
      return (await (client ?? (await connect())).query<Reading>(QUERY)).rows[0];
    } catch {
      drop();
      return undefined;
    }
  };

  return {
    read() {
      pending ??= ask().finally(() => {
        pending = undefined;
      });
      return pending;
    },
    async stop() {
      await pending;
      drop();
    },
  };
};
