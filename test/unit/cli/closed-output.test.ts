import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { slowness } from '#test/support/wait-for.ts';

const BIN = join(process.cwd(), 'cli', 'bin.mjs');

/** The command with a stdout whose reader has gone before the first word; what it says on stderr, and its exit code. */
const withoutReader = async (...args: readonly string[]) => {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return { code, stderr };
};

describe('output that nobody reads', { timeout: 30_000 * slowness }, () => {
  it.each([
    [['--help'], 0],
    [['plan', 'check', '--json'], 0],
    [['plan', 'check', 'package.json', '--json'], 2],
  ])('%j ends quietly, with its own exit code', async (args, code) => {
    expect(await withoutReader(...args)).toEqual({ code, stderr: '' });
  });

  it('keeps the exit code also where stderr is the one that is closed', async () => {
    const child = spawn(process.execPath, [BIN, 'dril'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stderr.destroy();
    const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it.skipIf(process.platform !== 'linux')('says in one line that it could not be written', async () => {
    const child = spawn(process.execPath, [BIN, 'plan', 'check', '--json'], {
      stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
    });
    const [stderr, [code]] = await Promise.all([child.stderr ? text(child.stderr) : '', once(child, 'exit')]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^continuity: the output could not be written: [^\n]*ENOSPC[^\n]*\n$/);
  });
});
