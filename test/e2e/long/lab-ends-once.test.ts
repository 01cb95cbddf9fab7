import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { labAddresses } from '#lab/addresses.ts';
import { callControl } from '#lab/control.ts';
import { runFolder } from '#lab/run-folder.ts';
import type { LabStatus } from '#lab/status.ts';
import { command } from '#test/support/command.ts';
import { labSegments, remainsOf } from '#test/support/lab-remains.ts';
import { slowness, waitFor } from '#test/support/wait-for.ts';

const SLOT = 77;
const run = runFolder(process.cwd(), SLOT);

/** What the kernel knows of the lab is read from /proc. */
describe.skipIf(process.platform !== 'linux')('a lab that is told to end', { timeout: 90_000 * slowness }, () => {
  beforeAll(() => void execFileSync(process.execPath, ['scripts/package.ts', '--quiet']), 240_000);

  afterEach(async () => {
    await command(['lab', 'down'], { slot: SLOT });
  }, 60_000 * slowness);

  it.each([0, 300, 600])(
    'ends in one way only, also told to %i ms after its functions have a process each',
    async (ms) => {
      const { host, port } = labAddresses(SLOT).site.control;
      const isWarm = async () => {
        const { functions } = await callControl<LabStatus>(`http://${host}:${port}`, 'status');
        return functions.warm === functions.all;
      };
      const options = { slot: SLOT, root: process.cwd(), timeScale: 120 };
      const child = fork('lab/main.ts', [JSON.stringify(options)], { stdio: 'ignore' });
      const ended = once(child, 'exit');
      expect((await once(child, 'message'))[0]).toEqual({ ready: true });
      const segments = labSegments(run);
      expect(segments).toHaveLength(2);
      await waitFor('every function to have a process', isWarm, { withinMs: 30_000, everyMs: 1 });
      // They are now asked whether they are ready, a few at a time: the end may come at any moment of that.
      await delay(ms);
      child.kill('SIGTERM');
      expect(await ended).toEqual([0, null]);
      expect(remainsOf(SLOT, segments)).toEqual([]);
    },
  );
});
