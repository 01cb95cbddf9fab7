import { randomUUID } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { labAddresses } from '#lab/addresses.ts';
import { slowness } from '#test/support/wait-for.ts';
import { type App, call, startApp } from './support.ts';

const { b } = labAddresses(45);
const order = () => ({ id: randomUUID(), client: 'c-1' });

/** Takes connections at the database's address and never says a word: a frozen server. */
const silentServer = async (): Promise<{ server: Server; sockets: Socket[] }> => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(b.database.port, b.database.host, resolve));
  return { server, sockets };
};

describe('the sample service without a database', () => {
  let app: App | undefined;
  afterEach(() => app?.stop());

  it('is ready, and answers 503 with the reason when the connection is refused', async () => {
    app = await startApp(b.database, b.pods);
    expect(await call(app, '/ready')).toMatchObject({
      status: 200,
      body: { status: 'ready', region: 'us-west-2', pod: 'pod-1' },
    });
    for (const path of ['/health', '/conversions/latest', '/conversions/count']) {
      expect(await call(app, path)).toMatchObject({
        status: 503,
        body: { reason: 'database-unreachable', databaseHost: b.database.host, region: 'us-west-2' },
      });
    }
    expect(await call(app, '/conversions', order())).toMatchObject({
      status: 503,
      body: { reason: 'database-unreachable' },
    });
  });

  it('answers within 2 s when the database hangs, however many ask at once', async () => {
    const { server, sockets } = await silentServer();
    try {
      const running = await startApp(b.database, b.pods);
      app = running;
      const replies = await Promise.all(Array.from({ length: 12 }, () => call(running, '/conversions', order())));
      for (const { status, body, ms } of replies) {
        expect({ status, reason: body.reason }).toEqual({ status: 503, reason: 'database-timeout' });
        expect(ms).toBeLessThan(2_000 * slowness);
      }
      expect(sockets.length).toBeGreaterThan(0);
      expect((await call(running, '/ready')).status).toBe(200);
    } finally {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it.each([
    [{}, /id is not a UUID/],
    [{ id: 'x', client: 'c' }, /id is not a UUID/],
    [{ id: randomUUID() }, /client/],
    [{ id: randomUUID(), client: '' }, /client/],
    [[], /UUID/],
    ['text', /JSON object/],
  ])('refuses %j', async (body, message) => {
    app = await startApp(b.database, b.pods);
    const reply = await call(app, '/conversions', body);
    expect(reply.status).toBe(400);
    expect(reply.body.error).toMatch(message);
  });

  it('answers 404 for what it does not have', async () => {
    app = await startApp(b.database, b.pods);
    expect((await call(app, '/nothing')).status).toBe(404);
  });

  it('ends with 0 on SIGTERM and says what is missing in its environment', async () => {
    app = await startApp(b.database, b.pods);
    app.child.kill('SIGTERM');
    expect(await app.exited).toBe(0);
    await expect(startApp({ host: '', port: 1 }, b.pods)).rejects.toThrow(/ended with 1/);
  });
});
