import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MAX_SLOT } from '#lab/addresses.ts';
import { callControl } from '#lab/control.ts';
import { clearRemains, type RunState, runFolder, running, startTime } from '#lab/run-folder.ts';
import type { LabStatus } from '#lab/status.ts';
import { RunError, UsageError } from './exit.ts';

export const PROJECT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const BOOT_TIMEOUT_MS = 60_000;

/** Labs side by side differ in their slot: `CONTINUITY_SLOT=3 npx continuity lab up`. Slot 0 is 127.0.<site>.x. */
export const ownSlot = (): number => {
  const given = process.env.CONTINUITY_SLOT ?? '0';
  const slot = Number(given);
  if (Number.isInteger(slot) && slot >= 0 && slot <= MAX_SLOT) return slot;
  throw new UsageError(`CONTINUITY_SLOT must be a whole number from 0 to ${MAX_SLOT}, got "${given}"`);
};

export interface LabHandle {
  readonly control: string;
  status(): Promise<LabStatus>;
  break(fault: string, options?: Record<string, unknown>): Promise<unknown>;
  heal(): Promise<{ readonly healed: readonly string[] }>;
  /** Resolves when no process of the lab is left. */
  down(): Promise<void>;
}

const ended = async (state: RunState, withinMs: number): Promise<boolean> => {
  const deadline = Date.now() + withinMs;
  while (startTime(state.pid) === state.started) {
    if (Date.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
};

const handle = (slot: number, state: RunState): LabHandle => ({
  control: state.control,
  status: () => callControl(state.control, 'status'),
  break: (fault, options = {}) => callControl(state.control, 'break', { fault, ...options }),
  heal: () => callControl(state.control, 'heal'),
  down: async () => {
    await callControl(state.control, 'down').catch(() => undefined);
    if (!(await ended(state, 15_000))) {
      process.kill(state.pid, 'SIGKILL');
      await ended(state, 5_000);
    }
    // A lab that ends by itself clears up and takes its state file away; and another one may run in its place by now.
    const run = runFolder(PROJECT, slot);
    if (existsSync(run.stateFile) && !running(run)) await clearRemains(run);
  },
});

/** The lab that runs in this slot, or undefined. */
export const runningLab = (slot = ownSlot()): LabHandle | undefined => {
  const state = running(runFolder(PROJECT, slot));
  return state && handle(slot, state);
};

/** As `runningLab`, for commands that need one. */
export const requireLab = (slot = ownSlot()): LabHandle => {
  const lab = runningLab(slot);
  if (!lab) throw new UsageError('no lab is running: start one with `npx continuity lab up`');
  return lab;
};

/** Throws UsageError when a lab runs in the slot: asked before anything that takes time. */
export const refuseSecond = (slot = ownSlot()): void => {
  if (!runningLab(slot)) return;
  throw new UsageError(
    'a lab is running already: use it (`npx continuity lab status`) or end it with `npx continuity lab down`',
  );
};

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
}

type Word = { readonly ready: true } | { readonly error: string };

/** Boots a lab and resolves when it is ready. Throws UsageError when one runs already in the slot. */
export const labUp = async (options: LabOptions): Promise<LabUp> => {
  const slot = options.slot ?? ownSlot();
  const folder = runFolder(PROJECT, slot);
  refuseSecond(slot);
  const cleared = await clearRemains(folder);
  mkdirSync(folder.folder, { recursive: true });
  const log = openSync(join(folder.folder, 'lab.log'), 'w');
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
  const word = await new Promise<Word>((resolve) => {
    const bound = setTimeout(
      () => resolve({ error: `it was not ready in ${BOOT_TIMEOUT_MS / 1000} s` }),
      BOOT_TIMEOUT_MS,
    );
    child.once('message', (message) => {
      clearTimeout(bound);
      resolve(message as Word);
    });
    child.once('exit', (code, signal) => {
      clearTimeout(bound);
      resolve({ error: `its process ended (${signal ?? `exit code ${code}`})` });
    });
  });
  if ('error' in word) {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    throw new RunError(`the lab did not start: ${word.error}; its log: ${join(folder.folder, 'lab.log')}`);
  }
  if (!options.attached) child.disconnect();
  child.unref();
  child.channel?.unref();
  const state = running(folder);
  if (!state) throw new RunError(`the lab ended right after it started; its log: ${join(folder.folder, 'lab.log')}`);
  return { lab: handle(slot, state), cleared };
};
