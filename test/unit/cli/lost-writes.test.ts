import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { countLost } from '#cli/drill/lost-writes.ts';

const writes = [{ id: '00000000-0000-4000-8000-000000000001', at: 1, region: 'us-west-2' }];

const portOf = (server: ReturnType<typeof createServer>): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });

describe('countLost', () => {
  it('of a database that takes the connection and says nothing is an outcome, not an error', async () => {
    const open = new Set<import('node:net').Socket>();
    const silent = createServer((socket) => void open.add(socket));
    const databaseUrl = `postgres://postgres@127.0.0.1:${await portOf(silent)}/postgres`;
    const counted = await countLost({ databaseUrl, table: 'orders', writes, connectWithinMs: 100 });
    for (const socket of open) socket.destroy();
    silent.close();
    expect(counted).toEqual({ acknowledged: 1, notCounted: expect.stringContaining('timeout expired') });
  });

  it('of a database that is not there is an outcome, not an error', async () => {
    const closed = createServer();
    const port = await portOf(closed);
    await new Promise((resolve) => closed.close(resolve));
    const databaseUrl = `postgres://postgres@127.0.0.1:${port}/postgres`;
    const counted = await countLost({ databaseUrl, table: 'orders', writes });
    expect(counted).toEqual({ acknowledged: 1, notCounted: expect.stringContaining('ECONNREFUSED') });
  });
});
