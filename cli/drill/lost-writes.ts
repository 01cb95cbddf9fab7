import pg from 'pg';
import type { AcknowledgedWrite } from '#lab/clients.ts';

export interface LossCount {
  readonly acknowledged: number;
  /** Acknowledged by the service and not in the surviving database. */
  readonly lost: number;
  /** Time of the first lost write, ms since the epoch; null when none was lost. */
  readonly firstLostAt: number | null;
}

/** Looks each acknowledged write up in the surviving database, over its own connection. */
export const countLost = async (
  databaseUrl: string,
  table: string,
  writes: readonly AcknowledgedWrite[],
): Promise<LossCount> => {
  const client = new pg.Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: 3_000,
    query_timeout: 20_000,
  });
  await client.connect();
  try {
    const { rows } = await client.query<{ id: string }>(
      `SELECT wanted.id FROM unnest($1::uuid[]) AS wanted(id) LEFT JOIN ${pg.escapeIdentifier(table)} kept ON kept.id = wanted.id WHERE kept.id IS NULL`,
      [writes.map((write) => write.id)],
    );
    const missing = new Set(rows.map((row) => row.id));
    const lost = writes.filter((write) => missing.has(write.id));
    return {
      acknowledged: writes.length,
      lost: lost.length,
      firstLostAt: lost.length === 0 ? null : Math.min(...lost.map((write) => write.at)),
    };
  } finally {
    await client.end();
  }
};
