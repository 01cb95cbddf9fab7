import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunError, UsageError } from '#cli/exit.ts';
import { ensurePackaged } from '#cli/package-stack.ts';
import type { Terminal } from '#cli/terminal.ts';

describe('packaging before a lab', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'continuity-packaging-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** What was said while a script that does so packaged. */
  const saidWhile = async (body: string): Promise<readonly string[]> => {
    const script = join(folder, 'package.mjs');
    writeFileSync(script, body);
    const lines: string[] = [];
    const line = (text = ''): void => void lines.push(text);
    await ensurePackaged({ terminal: { line } as Terminal, script });
    return lines;
  };

  it('says nothing when there is nothing to package, however long that takes to find out', async () => {
    expect(await saidWhile('setTimeout(() => process.exit(0), 500)')).toEqual([]);
  });

  it('says that it is packaging when it is', async () => {
    expect(await saidWhile("process.send('packaging')")).toEqual(['packaging the functions and state machines ...']);
  });

  it('tells a wrong plan from a failure, in the words of what packages', async () => {
    const plan = saidWhile("console.error('objectives.rto: soon'); process.exitCode = 2");
    await expect(plan).rejects.toThrow(new UsageError('objectives.rto: soon'));
    const failure = saidWhile("console.error('no room'); process.exitCode = 1");
    await expect(failure).rejects.toThrow(new RunError('no room'));
    const killed = saidWhile("process.kill(process.pid, 'SIGKILL')");
    await expect(killed).rejects.toThrow(new RunError('packaging ended with SIGKILL'));
  });
});
