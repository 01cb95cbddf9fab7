import { execFileSync } from 'node:child_process';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runFolder } from '#lab/run-folder.ts';
import type { LabStatus } from '#lab/status.ts';
import { command, startCommand } from '#test/support/command.ts';
import { labProcesses, labSegments, remainsOf } from '#test/support/lab-remains.ts';
import { slowness, waitFor } from '#test/support/wait-for.ts';

const SLOT = 74;
const run = runFolder(process.cwd(), SLOT);
const lab = (...args: string[]) => command(['lab', ...args], { slot: SLOT });
const DOWN = 'lab down: nothing is left running\n';

/** What the kernel knows of the lab is read from /proc. */
describe.skipIf(process.platform !== 'linux')(
  'a lab that does not end by itself',
  { timeout: 90_000 * slowness },
  () => {
    // Nothing to do when the package is up to date, as under `npm test`: the commands below then say nothing of it.
    beforeAll(() => void execFileSync(process.execPath, ['scripts/package.ts', '--quiet']), 240_000);

    afterEach(async () => {
      await lab('down');
    }, 60_000 * slowness);

    it('clears what a killed lab left, and says how much', async () => {
      await lab('up');
      const before = JSON.parse((await lab('status', '--json')).stdout) as LabStatus;
      const segments = labSegments(run);
      process.kill(before.pid, 'SIGKILL');
      await waitFor('its end', () => !labProcesses(run).includes(before.pid));
      expect(remainsOf(SLOT, segments)).not.toEqual([]);
      expect(await lab('status')).toMatchObject({ code: 2, stderr: expect.stringContaining('no lab is running') });

      const again = await lab('up');
      expect(again.code).toBe(0);
      expect(again.stderr).toMatch(/^ended [1-9]\d* processes that a killed lab had left$/m);
      const after = JSON.parse((await lab('status', '--json')).stdout) as LabStatus;
      expect(after.pid).not.toBe(before.pid);

      const own = labSegments(run);
      await lab('down');
      expect(remainsOf(SLOT, [...segments, ...own])).toEqual([]);
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
  },
);
