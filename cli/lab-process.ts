import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MAX_SLOT } from '#lab/addresses.ts';
import { callControl, NoAnswerError } from '#lab/control.ts';
import {
  clearRemains,
  type RunFolder,
  type RunState,
  remains,
  runFolder,
  running,
  startTime,
} from '#lab/run-folder.ts';
import type { LabStatus } from '#lab/status.ts';
import { holderOf, tryToHold } from '../scripts/one-at-a-time.ts';
import { RunError, UsageError } from './exit.ts';

export const PROJECT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
/** Of a lab that was told to end: it may be booting, which it finishes first. */
export const END_TIMEOUT_MS = 15_000;
/** Of a lab that is well; one that hangs is ended without its answer. */
const ANSWER_TIMEOUT_MS = 3_000;

/** Labs side by side differ in their slot: `CONTINUITY_SLOT=3 npx continuity lab up`. Slot 0 is 127.0.<site>.x. */
export const ownSlot = (): number => {
  const given = process.env.CONTINUITY_SLOT ?? '0';
  const slot = Number(given);
  if (Number.isInteger(slot) && slot >= 0 && slot <= MAX_SLOT) return slot;
  throw new UsageError(`CONTINUITY_SLOT must be a whole number from 0 to ${MAX_SLOT}, got "${given}"`);
};

export interface LabHandle {
  readonly control: string;
  /** Throws RunError when the lab does not answer within the time: 30 s unless it is given. */
  status(withinMs?: number): Promise<LabStatus>;
  break(fault: string, options?: Record<string, unknown>): Promise<unknown>;
  heal(): Promise<{ readonly healed: readonly string[] }>;
  /** Resolves when no process of the lab is left. */
  down(): Promise<void>;
  /** Whether its process is there; it may hang. */
  lives(): boolean;
}

/** Whether it was gone within the time. */
export const ended = async (gone: () => boolean, withinMs: number): Promise<boolean> => {
  const deadline = Date.now() + withinMs;
  while (!gone()) {
    if (Date.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
};

const counted = (processes: number): string => (processes === 1 ? '1 process' : `${processes} processes`);

/** What was cleared, for people. */
export const endedWords = (processes: number): string => `ended ${counted(processes)} that a killed lab had left`;

const signalled = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself.
  }
};

/** Works on the slot as the only one: UsageError while another process does, which is about to start a lab or clears what one left. */
export const alone = async <T>(folder: RunFolder, work: () => Promise<T>): Promise<T> => {
  const release = tryToHold(folder.lockFile);
  if (release === undefined) throw new UsageError(startingWords(folder));
  try {
    return await work();
  } finally {
    release();
  }
};

const startingWords = ({ lockFile }: RunFolder): string =>
  `a lab is being started or cleared by process ${holderOf(lockFile) ?? 'of another command'} (${lockFile}): wait for it, then ask \`npx continuity lab status\``;

export const handleOf = (slot: number, state: RunState): LabHandle => {
  const gone = (): boolean => startTime(state.pid) !== state.started;
  const call = <T>(action: string, body: object = {}, withinMs?: number): Promise<T> =>
    callControl<T>(state.control, action, body, withinMs).catch((error: Error) => {
      if (!(error instanceof NoAnswerError)) throw error;
      throw new RunError(
        `${error.message} from the lab's process ${state.pid}: it starts, ends or hangs; ask again, ` +
          `or end it with \`npx continuity lab down\`; its log: ${join(state.folder, 'lab.log')}`,
      );
    });
  return {
    control: state.control,
    status: (withinMs) => call('status', {}, withinMs),
    break: (fault, options = {}) => call('break', { fault, ...options }),
    heal: () => call('heal'),
    lives: () => !gone(),
    down: async () => {
      // While it boots nobody answers, and a signal is heard.
      await callControl(state.control, 'down', {}, ANSWER_TIMEOUT_MS).catch(() => signalled(state.pid, 'SIGTERM'));
      if (!(await ended(gone, END_TIMEOUT_MS))) {
        signalled(state.pid, 'SIGKILL');
        await ended(gone, 5_000);
      }
      // A lab that ends by itself clears up and takes its state file away; and another one may run, or start, in its place by now.
      if (holderOf(runFolder(PROJECT, slot).lockFile) === undefined) await clearKilledLab(slot);
    },
  };
};

/** The lab that runs in this slot, or undefined. */
export const runningLab = (slot = ownSlot()): LabHandle | undefined => {
  const state = running(runFolder(PROJECT, slot));
  return state && handleOf(slot, state);
};

/** As `runningLab`, for commands that need one. */
export const requireLab = (slot = ownSlot()): LabHandle => {
  const lab = runningLab(slot);
  if (lab) return lab;
  const folder = runFolder(PROJECT, slot);
  if (holderOf(folder.lockFile) !== undefined) throw new UsageError(startingWords(folder));
  const left = remains(folder);
  throw new UsageError(
    left.any
      ? `no lab is running: one was killed and left ${counted(left.processes)} and its data; \`npx continuity lab down\` clears that, and so does \`npx continuity lab up\``
      : 'no lab is running: start one with `npx continuity lab up`',
  );
};

/** Throws UsageError when a lab runs in the slot. */
export const refuseRunning = (folder: RunFolder): void => {
  if (running(folder) === undefined) return;
  throw new UsageError(
    'a lab is running already: use it (`npx continuity lab status`) or end it with `npx continuity lab down`',
  );
};

/** Throws UsageError when a lab runs or starts in the slot: asked before anything that takes time. */
export const refuseSecond = (slot = ownSlot()): void => {
  const folder = runFolder(PROJECT, slot);
  if (holderOf(folder.lockFile) !== undefined) throw new UsageError(startingWords(folder));
  refuseRunning(folder);
};

/** Ends what a killed lab left, and gives the number of its processes; undefined when nothing is left. Throws UsageError while another command works on the slot. */
export const clearKilledLab = async (slot = ownSlot()): Promise<number | undefined> => {
  const folder = runFolder(PROJECT, slot);
  if (running(folder) || !remains(folder).any) return undefined;
  return alone(folder, async () => (running(folder) ? undefined : clearRemains(folder)));
};
