import { once } from 'node:events';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Address, labAddresses } from '#lab/addresses.ts';
import { createWan, type Wan } from '#lab/parts/wan.ts';
import { stays, waitFor } from '#test/support/wait-for.ts';

const { site, a, b } = labAddresses(31);

const echo = async (address: Address, prefix = ''): Promise<Server> => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => socket.write(prefix + chunk.toString()));
  });
  await new Promise<void>((resolve) => server.listen(address.port, address.host, resolve));
  return server;
};

/** A client that keeps what it got. */
const connect = async (address: Address): Promise<{ socket: Socket; got: () => string; closed: () => boolean }> => {
  const socket = createConnection(address);
  let got = '';
  let closed = false;
  socket.on('data', (chunk) => {
    got += chunk.toString();
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    closed = true;
  });
  await once(socket, 'connect');
  return { socket, got: () => got, closed: () => closed };
};

/** Resolves when a new connection has been broken by the other side. */
const refusal = (address: Address): Promise<void> =>
  new Promise((resolve) => {
    const socket = createConnection(address);
    socket.on('error', () => {});
    socket.on('close', () => resolve());
  });

describe('the link between the regions', () => {
  let wan: Wan;
  let servers: Server[];
  let target: Address;
  beforeEach(async () => {
    servers = [await echo(a.database), await echo(b.database, 'b:')];
    target = a.database;
    wan = await createWan({ listen: site.wan, target: () => target, log: () => {} });
  });
  afterEach(async () => {
    await wan.stop();
    for (const server of servers) server.close();
  });

  it('passes and counts bytes both ways', async () => {
    const client = await connect(site.wan);
    client.socket.write('hello');
    await waitFor('the echo', () => client.got() === 'hello');
    expect(wan.counters()).toEqual({ connections: 1, toTarget: 5, fromTarget: 5 });
  });

  it('delays each way and keeps the order when the delay shrinks', async () => {
    const client = await connect(site.wan);
    wan.setDelay(80);
    const began = performance.now();
    client.socket.write('1');
    await waitFor('the first byte to arrive', () => wan.counters().toTarget === 0);
    setTimeout(() => {
      wan.setDelay(0);
      client.socket.write('2');
    }, 20);
    await waitFor('the echo', () => client.got() === '12');
    expect(performance.now() - began).toBeGreaterThan(75);
  });

  it('stalls: nothing moves, nobody is told, new connections open and hang; healing resets them', async () => {
    const client = await connect(site.wan);
    wan.cut('stall');
    client.socket.write('lost');
    const late = await connect(site.wan);
    late.socket.write('lost too');
    await stays('silence', () => client.got() === '' && late.got() === '' && !client.closed() && !late.closed(), 150);
    expect(wan.cutMode()).toBe('stall');
    wan.heal();
    await waitFor('both to be reset', () => client.closed() && late.closed());
    const fresh = await connect(site.wan);
    fresh.socket.write('again');
    await waitFor('the echo', () => fresh.got() === 'again');
    expect(wan.cutMode()).toBeUndefined();
  });

  it('resets: existing connections break and new ones are refused', async () => {
    const client = await connect(site.wan);
    wan.cut('reset');
    await waitFor('the reset', () => client.closed());
    await refusal(site.wan);
    expect(wan.counters().connections).toBe(1);
  });

  it('asks for its target at each connection, and survives one that refuses', async () => {
    target = b.database;
    const client = await connect(site.wan);
    client.socket.write('x');
    await waitFor('the other server', () => client.got() === 'b:x');
    target = { host: b.database.host, port: 1 };
    await refusal(site.wan);
  });
});
