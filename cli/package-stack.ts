import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { RunError, UsageError } from './exit.ts';
import { PROJECT } from './lab-process.ts';
import type { Terminal } from './terminal.ts';

const SCRIPT = join(PROJECT, 'scripts', 'package.ts');

export interface PackagingOptions {
  readonly terminal: Terminal;
  /** What packages. It sends a message when it has something to do. */
  readonly script?: string;
}

/**
 * Packages the stacks when their sources changed: what the lab runs is what would be deployed. A few seconds, else nothing.
 * Throws UsageError with the findings when the plan is wrong, RunError when packaging fails.
 */
export const ensurePackaged = async ({ terminal, script = SCRIPT }: PackagingOptions): Promise<void> => {
  const child = fork(script, ['--quiet'], { cwd: PROJECT, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  child.once('message', () => terminal.line('packaging the functions and state machines ...'));
  const said = child.stderr ? text(child.stderr) : Promise.resolve('');
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  if (code === 0) return;
  const words = (await said).trim() || `packaging ended with ${signal ?? `exit code ${code}`}`;
  throw code === 2 ? new UsageError(words) : new RunError(words);
};
