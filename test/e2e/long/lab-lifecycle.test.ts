import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runFolder } from '#lab/run-folder.ts';
import type { LabStatus } from '#lab/status.ts';
import { command, startCommand } from '#test/support/command.ts';
import { labProcesses, labSegments, remainsOf } from '#test/support/lab-remains.ts';
import { slowness, waitFor } from '#test/support/wait-for.ts';

const SLOT = 75;
const run = runFolder(process.cwd(), SLOT);
const lab = (...args: string[]) => command(['lab', ...args], { slot: SLOT });
const running =
  'a lab is running already: use it (`npx continuity lab status`) or end it with `npx continuity lab down`';
const DOWN = 'lab down: nothing is left running\n';

/** What the kernel knows of the lab is read from /proc. */
describe.skipIf(process.platform !== 'linux')('the lab as a command', { timeout: 90_000 * slowness }, () => {
  // Nothing to do when the package is up to date, as under `npm test`: the commands below then say nothing of it.
  beforeAll(() => void execFileSync(process.execPath, ['scripts/package.ts', '--quiet']), 240_000);

  afterEach(async () => {
    await lab('down');
  }, 60_000 * slowness);

  it('comes up, says what it is, and goes down without a trace', async () => {
    const up = await lab('up', '--time-scale', '120');
    expect(up).toMatchObject({ code: 0 });
    expect(up.stdout).toContain(`lab up (slot ${SLOT}, time scale 120`);
    const segments = labSegments(run);
    expect(segments).toHaveLength(2);

    expect(await lab('up')).toEqual({ code: 2, signal: null, stdout: '', stderr: `continuity: ${running}\n` });

    const status = JSON.parse((await lab('status', '--json')).stdout) as LabStatus;
    expect(status).toMatchObject({ slot: SLOT, timeScale: 120, faults: [], regions: { primary: { up: true } } });
    expect(labProcesses(run)).toEqual(expect.arrayContaining([status.pid]));
    const { stdout: environment } = await lab('env');
    expect(environment.split('\n')).toContain(`export AWS_ENDPOINT_URL='${status.endpoints.aws}'`);
    expect(
      environment
        .trim()
        .split('\n')
        .every((line) => /^export [A-Z0-9_]+='[^']*'$/.test(line)),
    ).toBe(true);

    const fault = await lab('break', 'kill-everything');
    expect(fault).toMatchObject({ code: 2, stdout: '' });
    expect(fault.stderr).toMatch(/^continuity: unknown fault "kill-everything"; there are: kill-region, [^\n]*\n$/);
    const env = Object.fromEntries(
      [...environment.matchAll(/^export (\w+)='(.*)'$/gm)].map(([, name, value]) => [name, value]),
    );
    const none = { code: 0, stdout: 'no executions yet\n', stderr: '' };
    // Right after the boot every function starts at once: on a busy machine the first call may not be answered in its bound.
    const history = () => command(['history'], { slot: SLOT, env });
    const answered = async () => (await history()).code === 0;
    await waitFor('the lab to answer', answered, { withinMs: 40_000, everyMs: 500 });
    expect(await history()).toEqual({ ...none, signal: null });
    const unknown = await command(['history', 'nobody'], { slot: SLOT, env });
    expect(unknown).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^continuity: [^\n]*nobody[^\n]*\n$/),
    });

    expect(await lab('down')).toMatchObject({ code: 0, stdout: DOWN, stderr: '' });
    expect(remainsOf(SLOT, segments)).toEqual([]);
    expect(await lab('down')).toMatchObject({ code: 2, stderr: expect.stringContaining('no lab is running') });
  });

  it('clears what a killed lab left, and says how much', async () => {
    await lab('up');
    const before = JSON.parse((await lab('status', '--json')).stdout) as LabStatus;
    const segments = labSegments(run);
    process.kill(before.pid, 'SIGKILL');
    await waitFor('its end', () => !labProcesses(run).includes(before.pid));
    expect(remainsOf(SLOT, segments)).not.toEqual([]);
    const left = /^continuity: no lab is running: one was killed and left [1-9]\d* processes[^\n]*lab down[^\n]*\n$/;
    expect(await lab('status')).toMatchObject({ code: 2, stderr: expect.stringMatching(left) });

    const again = await lab('up');
    expect(again.code).toBe(0);
    expect(again.stderr).toMatch(/^ended [1-9]\d* processes that a killed lab had left$/m);
    const after = JSON.parse((await lab('status', '--json')).stdout) as LabStatus;
    expect(after.pid).not.toBe(before.pid);

    const own = labSegments(run);
    await lab('down');
    expect(remainsOf(SLOT, [...segments, ...own])).toEqual([]);
  });

  it('clears what a killed lab left when it is told to go down', async () => {
    await lab('up');
    const { pid } = JSON.parse((await lab('status', '--json')).stdout) as LabStatus;
    const segments = labSegments(run);
    process.kill(pid, 'SIGKILL');
    await waitFor('its end', () => !labProcesses(run).includes(pid));
    const down = await lab('down');
    expect(down).toMatchObject({ code: 0, stderr: '' });
    expect(down.stdout).toMatch(new RegExp(`^ended [1-9]\\d* processes that a killed lab had left\n${DOWN}$`));
    expect(remainsOf(SLOT, segments)).toEqual([]);
  });

  const isClaimed = () => existsSync(run.stateFile);
  const hasDatabase = () => labSegments(run).length > 0;

  it.each([
    ['SIGINT', '--foreground', 'as soon as it has the slot', isClaimed],
    ['SIGINT', '--foreground', 'when a database runs', hasDatabase],
    ['SIGTERM', '--json', 'as soon as it has the slot', isClaimed],
    ['SIGINT', '--json', 'when a database runs', hasDatabase],
  ] as const)('is ended by %s while it boots (%s, %s): exit 130', async (signal, how, _, begun) => {
    const up = startCommand(['lab', 'up', how], { slot: SLOT });
    await waitFor('the boot', begun, { withinMs: 30_000, everyMs: 1 });
    const segments = labSegments(run);
    up.child.kill(signal);
    expect(await up.ended).toEqual({
      code: 130,
      signal: null,
      stdout: '',
      stderr: 'continuity: interrupted; the lab was ended, nothing is left running\n',
    });
    expect(remainsOf(SLOT, segments)).toEqual([]);
  });

  it.each(['--foreground', '--json'])(
    'goes down with its command when that is killed while it boots (%s)',
    async (how) => {
      const up = startCommand(['lab', 'up', how], { slot: SLOT });
      await waitFor('the boot', isClaimed, { withinMs: 30_000, everyMs: 1 });
      up.child.kill('SIGKILL');
      await up.ended;
      await waitFor('nothing to be left', () => remainsOf(SLOT, []).length === 0, { withinMs: 20_000 });
    },
  );

  it('is started once by two commands at the same time: the second says so, and changes nothing', async () => {
    const both = await Promise.all([lab('up', '--json'), lab('up', '--json')]);
    const [first, second] = both.sort((a, b) => Number(a.code) - Number(b.code));
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(second).toMatchObject({ code: 2, stdout: '' });
    expect(second?.stderr).toMatch(
      /^continuity: a lab is (running already|being started or cleared by process \d+ )[^\n]*\n$/,
    );
    const { pid } = JSON.parse(first?.stdout ?? '') as LabStatus;
    expect(JSON.parse((await lab('status', '--json')).stdout)).toMatchObject({ pid });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('in the foreground ends with %s, and leaves nothing', async (signal) => {
    const foreground = startCommand(['lab', 'up', '--foreground'], { slot: SLOT });
    await foreground.prints('Ctrl-C ends the lab.');
    const segments = labSegments(run);
    foreground.child.kill(signal);
    expect(await foreground.ended).toMatchObject({ code: 0, stdout: expect.stringMatching(`${DOWN}$`) });
    expect(remainsOf(SLOT, segments)).toEqual([]);
  });

  it('goes down with its foreground command, also when that is killed', async () => {
    const foreground = startCommand(['lab', 'up', '--foreground'], { slot: SLOT });
    await foreground.prints('Ctrl-C ends the lab.');
    const segments = labSegments(run);
    foreground.child.kill('SIGKILL');
    await foreground.ended;
    await waitFor('nothing to be left', () => remainsOf(SLOT, segments).length === 0, { withinMs: 20_000 });
  });

  it('is ended by an interrupted drill: exit 130', async () => {
    const drill = startCommand(['drill'], { slot: SLOT });
    await drill.prints('lab up in');
    const segments = labSegments(run);
    drill.child.kill('SIGINT');
    expect(await drill.ended).toMatchObject({
      code: 130,
      stderr: 'continuity: interrupted; the lab was ended, nothing is left running\n',
    });
    expect(remainsOf(SLOT, segments)).toEqual([]);
  });
});
