import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { clearRemains, type RunFolder, runFolder, running } from '#lab/run-folder.ts';
import { InterruptedError, RunError } from './exit.ts';
import {
  alone,
  END_TIMEOUT_MS,
  ended,
  handleOf,
  type LabHandle,
  ownSlot,
  PROJECT,
  refuseRunning,
} from './lab-process.ts';

const BOOT_TIMEOUT_MS = 60_000;

export interface LabUp {
  readonly lab: LabHandle;
  /** Processes of a killed lab that were ended first. */
  readonly cleared: number;
}

export interface LabOptions {
  readonly slot?: number;
  readonly timeScale?: number;
  /** False: nothing is scheduled or warmed. Default true. */
  readonly pipeline?: boolean;
  /** The lab ends when this process does. Otherwise it stays up in the background. */
  readonly attached?: boolean;
  /** Aborts when a person does not want it any more: what has begun is ended. Heard until the lab is ready. */
  readonly signal?: AbortSignal;
}

type Word = { readonly ready: true } | { readonly error: string };

/** The lab's first word, or why there is none. */
const firstWord = (child: ChildProcess, signal: AbortSignal | undefined): Promise<Word> =>
  new Promise((resolve) => {
    const done = (word: Word): void => {
      clearTimeout(bound);
      signal?.removeEventListener('abort', onAbort);
      resolve(word);
    };
    const onAbort = (): void => done({ error: 'interrupted' });
    const bound = setTimeout(done, BOOT_TIMEOUT_MS, { error: `it was not ready in ${BOOT_TIMEOUT_MS / 1000} s` });
    signal?.addEventListener('abort', onAbort);
    child.once('message', (message) => done(message as Word));
    child.once('exit', (code, by) => done({ error: `its process ended (${by ?? `exit code ${code}`})` }));
  });

/** The child ends itself in an orderly way once it has booted; what is left after the time is killed. */
const endBooting = async (child: ChildProcess, folder: RunFolder): Promise<void> => {
  const gone = (): boolean => child.exitCode !== null || child.signalCode !== null;
  if (!gone()) child.kill('SIGTERM');
  if (!(await ended(gone, END_TIMEOUT_MS))) child.kill('SIGKILL');
  // A lab that was there before it, and for which it gave up, lives on.
  if (!running(folder)) await clearRemains(folder);
};

/**
 * Boots a lab and resolves when it is ready. Throws UsageError when one runs or starts already in the slot, InterruptedError when the signal
 * aborted: then nothing of it is left.
 */
export const labUp = async ({ signal, ...options }: LabOptions): Promise<LabUp> => {
  const slot = options.slot ?? ownSlot();
  const folder = runFolder(PROJECT, slot);
  // Two that start at once would each take the other's processes for what a killed lab left.
  return alone(folder, async () => {
    refuseRunning(folder);
    const cleared = await clearRemains(folder);
    mkdirSync(folder.folder, { recursive: true });
    const logFile = join(folder.folder, 'lab.log');
    const log = openSync(logFile, 'w');
    const child = spawn(
      process.execPath,
      [join(PROJECT, 'lab', 'main.ts'), JSON.stringify({ ...options, slot, root: PROJECT })],
      {
        cwd: PROJECT,
        detached: true,
        stdio: ['ignore', log, log, 'ipc'],
        // The mark by which a later start finds it, also when its state file is gone.
        env: {
          ...process.env,
          CONTINUITY_LAB: folder.folder,
          NODE_COMPILE_CACHE: join(PROJECT, '.lab', 'cache', 'compiled'),
        },
      },
    );
    const word = await firstWord(child, signal);
    if (signal?.aborted) {
      await endBooting(child, folder);
      throw new InterruptedError('interrupted; the lab was ended, nothing is left running');
    }
    if ('error' in word) {
      await endBooting(child, folder);
      throw new RunError(`the lab did not start: ${word.error}; its log: ${logFile}`);
    }
    if (!options.attached) child.disconnect();
    child.unref();
    child.channel?.unref();
    const state = running(folder);
    if (!state) throw new RunError(`the lab ended right after it started; its log: ${logFile}`);
    return { lab: handleOf(slot, state), cleared };
  });
};
