import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { PROJECT } from '#cli/lab-process.ts';
import { claimFolder, type RunFolder, runFolder } from '#lab/run-folder.ts';
import { slowness } from '#test/support/wait-for.ts';

let root: string;
let run: RunFolder;
let other: ChildProcess;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'continuity-main-'));
  run = runFolder(root, 0);
  const mark = {
    env: { CONTINUITY_LAB: run.folder },
    stdio: ['ignore', 'pipe', 'ignore'] as ['ignore', 'pipe', 'ignore'],
  };
  other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log("up")'], mark);
  if (other.stdout) await once(other.stdout, 'data');
});
afterEach(() => {
  other.kill('SIGKILL');
  for (const path of [root, run.data]) rmSync(path, { recursive: true, force: true });
});

it("a lab that finds its slot taken gives up, and leaves the other's processes and state alone", {
  timeout: 30_000 * slowness,
}, async () => {
  const state = claimFolder(run, 'http://127.0.0.1:9');
  const env = { ...process.env, NODE_COMPILE_CACHE: join(PROJECT, '.lab', 'cache', 'compiled') };
  const second = fork(join(PROJECT, 'lab', 'main.ts'), [JSON.stringify({ root, slot: 0 })], { env, stdio: 'ignore' });
  const words: unknown[] = [];
  second.on('message', (word) => void words.push(word));
  expect(await once(second, 'close')).toEqual([1, null]);
  expect(words).toEqual([{ error: `${run.stateFile} is there: the slot is another lab's` }]);
  expect(other.exitCode ?? other.signalCode).toBeNull();
  expect(JSON.parse(readFileSync(run.stateFile, 'utf8'))).toEqual(state);
});
