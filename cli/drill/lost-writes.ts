import pg from 'pg';
import type { AcknowledgedWrite } from '#lab/clients.ts';

export type LossCount =
  | {
      readonly acknowledged: number;
      /** Acknowledged by the service and not in the surviving database. */
      readonly lost: number;
      /** Time of the first lost write, ms since the epoch; null when none was lost. */
      readonly firstLostAt: number | null;
    }
  | {
      readonly acknowledged: number;
      /** Why nobody can say what was lost: none was looked up. */
      readonly notCounted: string;
    };

export interface CountOptions {
  readonly databaseUrl: string;
  readonly table: string;
  readonly writes: readonly AcknowledgedWrite[];
  readonly connectWithinMs?: number;
}

const missingOf = async ({
  databaseUrl,
  table,
  writes,
  connectWithinMs = 3_000,
}: CountOptions): Promise<ReadonlySet<string>> => {
  const client = new pg.Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: connectWithinMs,
    query_timeout: 20_000,
  });
  // A connection that breaks between two calls would end this process; the next call says it as well.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ id: string }>(
      `SELECT wanted.id FROM unnest($1::uuid[]) AS wanted(id) LEFT JOIN ${pg.escapeIdentifier(table)} kept ON kept.id = wanted.id WHERE kept.id IS NULL`,
      [writes.map((write) => write.id)],
    );
    return new Set(rows.map((row) => row.id));
  } finally {
    await client.end();
  }
};

/** Looks each acknowledged write up in the surviving database, over its own connection. A database that does not answer is an outcome: never throws. */
export const countLost = async (options: CountOptions): Promise<LossCount> => {
  const { writes } = options;
  const acknowledged = writes.length;
  try {
    const missing = await missingOf(options);
    const lost = writes.filter((write) => missing.has(write.id));
    return {
      acknowledged,
      lost: lost.length,
      firstLostAt: lost.length === 0 ? null : Math.min(...lost.map((write) => write.at)),
    };
  } catch (error) {
    return { acknowledged, notCounted: `the standby database: ${(error as Error).message}` };
  }
};
