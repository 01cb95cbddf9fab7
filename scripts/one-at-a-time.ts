import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';

const EVERY_MS = 100;

const writtenIn = (file: string): number => {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return Number.NaN;
  }
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** Takes the lock of a process that is gone out of the way. Moved, not removed: two that do this at once must not take each other's new lock for the old one. */
const takeAway = (file: string, gone: number): void => {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  if (writtenIn(aside) === gone) rmSync(aside, { force: true });
  else renameSync(aside, file);
};

/** The living process that holds the lock `file`, or undefined. */
export const holderOf = (file: string): number | undefined => {
  const pid = writtenIn(file);
  return pid > 0 && isAlive(pid) ? pid : undefined;
};

/** Takes the lock `file` for this process and gives what releases it; undefined when another holds it. A lock whose holder is gone is taken over. */
export const tryToHold = (file: string): (() => void) | undefined => {
  mkdirSync(dirname(file), { recursive: true });
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = writtenIn(file);
    // Without a number it is being written, or was just released.
    if (!(holder > 0) || isAlive(holder)) return undefined;
    takeAway(file, holder);
  }
};

/**
 * Waits until no other process holds the lock `file`, then holds it until this process ends. A lock whose holder is gone is taken over.
 * Throws after `withinMs`, naming the holder.
 */
export const oneAtATime = async (file: string, withinMs: number): Promise<void> => {
  const until = Date.now() + withinMs;
  for (;;) {
    const release = tryToHold(file);
    if (release !== undefined) {
      process.once('exit', release);
      return;
    }
    if (Date.now() > until)
      throw new Error(`process ${writtenIn(file)} holds ${file} since more than ${withinMs / 1000} s`);
    await setTimeout(EVERY_MS);
  }
};
