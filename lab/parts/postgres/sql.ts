import pg from 'pg';

/** Runs `work` on one connection of its own. Connecting may take 2 s, each statement 5 s. */
export const withConnection = async <T>(
  connectionString: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> => {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 2_000, query_timeout: 5_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return await work(client);
  } finally {
    // A stalled link must not hold the caller: `end` waits for the server to close.
    void client.end().catch(() => {});
  }
};
