import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PROJECT, runningLab } from '#cli/lab-process.ts';
import { runProgram } from '#cli/program.ts';
import { FAULTS } from '#lab/faults.ts';
import { claimFolder, clearRemains, runFolder, startTime } from '#lab/run-folder.ts';

/** No lab runs in this slot; what a lab leaves and holds is made by hand. */
const SLOT = 74;
const run = runFolder(PROJECT, SLOT);
const lockFile = `${run.folder}.lock`;

let printed = '';
const sleepers: ChildProcess[] = [];
const servers: Server[] = [];

beforeEach(() => {
  vi.stubEnv('CONTINUITY_SLOT', String(SLOT));
  printed = '';
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      printed += text;
      return true;
    });
});
afterEach(async () => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
  for (const sleeper of sleepers.splice(0)) sleeper.kill('SIGKILL');
  for (const server of servers.splice(0)) server.close().closeAllConnections();
  await clearRemains(run);
  for (const path of [run.folder, lockFile]) rmSync(path, { recursive: true, force: true });
});

/** A process with the mark of the slot's lab. */
const sleeper = async (): Promise<ChildProcess> => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log("up")'], {
    env: { CONTINUITY_LAB: run.folder },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  sleepers.push(child);
  if (child.stdout) await once(child.stdout, 'data');
  return child;
};

/** What `kill -9` of a lab leaves: a process, its data, and a state file whose process is gone. */
const killedLab = async (): Promise<ChildProcess> => {
  const left = await sleeper();
  const state = claimFolder(run, 'http://127.0.0.1:9');
  writeFileSync(run.stateFile, JSON.stringify({ ...state, started: 'before' }));
  return left;
};

/** What is read of processes is read from /proc. */
describe.skipIf(process.platform !== 'linux')('what a killed lab left', () => {
  it('is named by `lab status`, which says what clears it and ends nothing', async () => {
    const left = await killedLab();
    expect(await runProgram(['lab', 'status'])).toMatchObject({
      code: 2,
      line: expect.stringMatching(/^no lab is running: one was killed and left 1 process\b.*`npx continuity lab down`/),
    });
    expect(left.exitCode ?? left.signalCode).toBeNull();
    expect(existsSync(run.stateFile)).toBe(true);
  });

  it('is cleared by `lab down`, which says what it ended', async () => {
    const left = await killedLab();
    const ended = once(left, 'exit');
    expect(await runProgram(['lab', 'down'])).toBeNull();
    expect(printed).toBe('ended 1 process that a killed lab had left\nlab down: nothing is left running\n');
    expect((await ended)[1]).toBe('SIGKILL');
    for (const path of [run.data, run.stateFile, lockFile]) expect(existsSync(path)).toBe(false);
    expect(await runProgram(['lab', 'down'])).toMatchObject({ code: 2 });
  });
});

describe('while a lab is being started in the slot', () => {
  it.each(['up', 'down', 'status'])('`lab %s` says so, by whom, and changes nothing', async (action) => {
    mkdirSync(run.folder, { recursive: true });
    const starter = await sleeper();
    const being = await sleeper();
    writeFileSync(lockFile, String(starter.pid));
    expect(await runProgram(['lab', action])).toMatchObject({
      code: 2,
      line: expect.stringContaining(`a lab is being started or cleared by process ${starter.pid}`),
    });
    expect(printed).toBe('');
    expect(being.exitCode ?? being.signalCode).toBeNull();
    expect(readFileSync(lockFile, 'utf8')).toBe(String(starter.pid));
  });
});

describe('a lab that does not answer', () => {
  /** A lab whose control takes connections and answers nothing, as that of a stopped process. */
  const hungLab = async (): Promise<number> => {
    const hung = await sleeper();
    const server = createServer(() => undefined);
    servers.push(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const state = claimFolder(run, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const pid = hung.pid ?? 0;
    writeFileSync(run.stateFile, JSON.stringify({ ...state, pid, started: startTime(pid) }));
    return pid;
  };

  it('is named with its process and the way out, in a few seconds', { timeout: 15_000 }, async () => {
    const pid = await hungLab();
    const begun = performance.now();
    expect(await runProgram(['lab', 'status'])).toMatchObject({
      code: 1,
      line: expect.stringMatching(
        new RegExp(`^no answer in 5 s from the lab's process ${pid}: .*\`npx continuity lab down\``),
      ),
    });
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  it('is ended by `lab down` all the same', { timeout: 15_000 }, async () => {
    await hungLab();
    expect(await runProgram(['lab', 'down'])).toBeNull();
    expect(printed).toBe('lab down: nothing is left running\n');
    expect(runningLab(SLOT)).toBeUndefined();
    expect(existsSync(run.data)).toBe(false);
  });
});

describe('lab break', () => {
  it.each(['x', '', ' ', '-1', '60001', 'Infinity', 'NaN'])('refuses --ms %j', async (ms) => {
    expect(await runProgram(['lab', 'break', 'delay-wan', `--ms=${ms}`])).toMatchObject({
      code: 2,
      line: `--ms must be a number from 0 to 60000, got "${ms}"`,
    });
  });

  it('names every fault in its help', async () => {
    await runProgram(['lab', 'break', '--help']);
    const help = printed.replaceAll(/\s+/g, ' ');
    expect(FAULTS).toContain('isolate-region');
    expect(help).toContain(FAULTS.join(', '));
  });

  it('has every fault in docs/lab.md', () => {
    const page = readFileSync('docs/lab.md', 'utf8');
    const rows = [...page.matchAll(/^\| `([a-z-]+)/gm)].map(([, name]) => name);
    expect(rows).toEqual([...FAULTS]);
  });
});
