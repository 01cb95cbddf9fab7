import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';

/** Makes the sample service's tables. Idempotent. */
export const applySchema = async (connectionString: string): Promise<void> => {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 5_000, query_timeout: 10_000 });
  await client.connect();
  try {
    await client.query(await readFile(join(import.meta.dirname, 'app', 'schema.sql'), 'utf8'));
  } finally {
    await client.end();
  }
};
