import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { RunError, UsageError } from './exit.ts';
import { PROJECT } from './lab-process.ts';
import type { Terminal } from './terminal.ts';

/**
 * Packages the stacks when their sources changed: what the lab runs is what would be deployed. A few seconds, else nothing.
 * Throws UsageError with the findings when the plan is wrong, RunError when packaging fails.
 */
export const ensurePackaged = async ({ terminal }: { terminal: Terminal }): Promise<void> => {
  const bar = setTimeout(() => terminal.line('packaging the functions and state machines ...'), 300);
  try {
    await promisify(execFile)(process.execPath, [join(PROJECT, 'scripts', 'package.ts'), '--quiet'], { cwd: PROJECT });
  } catch (error) {
    const { code, stderr = '' } = error as { code?: number; stderr?: string };
    const words = stderr.trim() || String(error);
    throw code === 2 ? new UsageError(words) : new RunError(words);
  } finally {
    clearTimeout(bar);
  }
};
