import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { slowness } from '#test/support/wait-for.ts';

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** `continuity lease` as a process; nothing listens where its AWS is. */
const lease = (listen: string, plan = 'continuity.yml') => {
  const child = spawn('cli/bin.mjs', ['lease', '--plan', plan, '--side', 'primary', '--listen', listen], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      AWS_ACCESS_KEY_ID: 'LABROLEx',
      AWS_SECRET_ACCESS_KEY: 'secret-x',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
    },
  });
  started.push(child);
  const events: Record<string, unknown>[] = [];
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  const listening = new Promise<number>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const entry = JSON.parse(line) as Record<string, unknown>;
      events.push(entry);
      if (entry.event === 'listening') resolve(Number(entry.port));
    });
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { child, events, listening, ended, stderr: () => stderr };
};

describe('continuity lease', { timeout: 30_000 * slowness }, () => {
  it('lives without the third site, lets nobody write, and ends with exit 0 when it is told to', async () => {
    const { child, listening, ended, events, stderr } = lease('127.0.0.1:0');
    const port = await listening;
    const answer = await fetch(`http://127.0.0.1:${port}/lease`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      held: false,
      side: 'primary',
      reason: expect.stringContaining('ECONNREFUSED'),
    });
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(events.at(-1)).toMatchObject({ event: 'stopping', signal: 'SIGTERM' });
    expect(stderr()).toBe('');
  });

  it('says in one line that its port is taken, exit 1', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const { ended, stderr } = lease(String(port), '.build/plan.json');
    expect(await ended).toBe(1);
    expect(stderr()).toBe(`continuity: cannot listen on 127.0.0.1:${port}: EADDRINUSE\n`);
    other.close();
  });
});
