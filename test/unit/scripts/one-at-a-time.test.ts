import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { holderOf, tryToHold } from '../../../scripts/one-at-a-time.ts';

/** The id of a process that is gone. */
const gonePid = (): number => spawnSync(process.execPath, ['-e', '']).pid;

describe('a lock that one process holds at a time', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'continuity-lock-'));
    file = join(folder, 'deeper', 'one.lock');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is not given twice, names its holder, and is free once released', () => {
    expect(holderOf(file)).toBeUndefined();
    const release = tryToHold(file);
    expect(release).toBeTypeOf('function');
    expect(tryToHold(file)).toBeUndefined();
    expect(holderOf(file)).toBe(process.pid);
    release?.();
    expect(holderOf(file)).toBeUndefined();
    expect(tryToHold(file)).toBeTypeOf('function');
  });

  it('is taken over from a process that is gone, and nothing else is left in the folder', () => {
    tryToHold(file);
    writeFileSync(file, String(gonePid()));
    expect(holderOf(file)).toBeUndefined();
    expect(tryToHold(file)).toBeTypeOf('function');
    expect(readFileSync(file, 'utf8')).toBe(String(process.pid));
    expect(readdirSync(join(folder, 'deeper'))).toEqual(['one.lock']);
  });

  it('is not taken over while its holder is still being written', () => {
    tryToHold(file);
    writeFileSync(file, '');
    expect(tryToHold(file)).toBeUndefined();
    expect(readFileSync(file, 'utf8')).toBe('');
  });
});
