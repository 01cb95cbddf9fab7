import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRoutes } from '#lab/app/routes.ts';
import { createWriteLease, type WriteLease } from '#lab/app/write-lease.ts';
import { waitFor } from '#test/support/wait-for.ts';

const order = () => ({ id: randomUUID(), client: 'c-1' });
const CONFIG = {
  host: '127.0.0.1',
  port: 0,
  region: 'us-east-1',
  pod: 'pod-1',
  writeLeaseUrl: null,
  database: { host: 'db', port: 5432, name: 'n', user: 'u', password: '' },
};

/** Answers as `continuity lease` does, whatever the test wants. */
const sidecar = async () => {
  const says = { remainingMs: 60_000, silent: false, asked: 0 };
  const server: Server = createServer((_, response) => {
    says.asked += 1;
    if (says.silent) return;
    const held = says.remainingMs > 0;
    response.writeHead(held ? 200 : 503, { 'content-type': 'application/json' });
    response.end(JSON.stringify(held ? { held, remainingMs: says.remainingMs } : { held, reason: 'revoked' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    says,
    url: `http://127.0.0.1:${port}/lease`,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

describe('the write lease of a replica', () => {
  let beside: Awaited<ReturnType<typeof sidecar>>;
  let lease: WriteLease | undefined;
  beforeEach(async () => {
    beside = await sidecar();
  });
  afterEach(async () => {
    lease?.close();
    await beside.stop();
  });

  it('is asked for ahead of the writes: a thousand of them cost no question', async () => {
    lease = createWriteLease(beside.url);
    expect(await lease.held()).toBe(true);
    const { asked } = beside.says;
    for (let n = 0; n < 1_000; n += 1) expect(await lease.held()).toBe(true);
    expect(beside.says.asked - asked).toBeLessThan(3);
  });

  it('is a no when the sidecar says no, and a yes again when it says yes', async () => {
    beside.says.remainingMs = 0;
    lease = createWriteLease(beside.url);
    expect(await lease.held()).toBe(false);
    beside.says.remainingMs = 60_000;
    expect(await lease.held()).toBe(true);
  });

  it('runs out by itself when the sidecar is silent, and lasts no longer than was said', async () => {
    beside.says.remainingMs = 300;
    lease = createWriteLease(beside.url);
    expect(await lease.held()).toBe(true);
    beside.says.silent = true;
    const since = performance.now();
    await waitFor('the lease to run out', () => lease?.stillHeld() === false, { everyMs: 5 });
    expect(performance.now() - since).toBeLessThanOrEqual(1_000);
    expect(await lease.held()).toBe(false);
  });

  it('is a no where no sidecar listens', async () => {
    await beside.stop();
    lease = createWriteLease(beside.url);
    expect(await lease.held()).toBe(false);
    beside = await sidecar();
  });
});

describe('the sample service and the write lease', () => {
  const lease = (held: boolean, still = held): WriteLease => ({
    held: async () => held,
    stillHeld: () => still,
    close: () => undefined,
  });
  const routes = (of: WriteLease) => {
    const queries: string[] = [];
    const query = async (sql: string) => {
      queries.push(sql);
      return [{ created_at: 'now', count: 3 }];
    };
    return { queries, all: createRoutes(CONFIG, { query, close: async () => undefined }, of) };
  };

  it('refuses a write without it, before the database is asked, and reads on', async () => {
    const { queries, all } = routes(lease(false));
    expect(await all['POST /conversions']?.(order())).toMatchObject({
      status: 503,
      body: { reason: 'no-write-lease', region: 'us-east-1' },
    });
    expect(queries).toEqual([]);
    expect(await all['GET /conversions/count']?.(undefined)).toMatchObject({ status: 200, body: { count: 3 } });
  });

  it('does not acknowledge what was committed while it ran out', async () => {
    const { queries, all } = routes(lease(true, false));
    expect(await all['POST /conversions']?.(order())).toMatchObject({
      status: 503,
      body: { reason: 'no-write-lease', error: expect.stringContaining('ran out') },
    });
    expect(queries).toHaveLength(1);
  });

  it('writes with it', async () => {
    expect(await routes(lease(true)).all['POST /conversions']?.(order())).toMatchObject({ status: 201 });
  });
});
