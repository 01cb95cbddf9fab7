import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';

const EVERY_MS = 100;

const holderOf = (file: string): number => {
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
  } catch {
    return false;
  }
};

/**
 * Waits until no other process holds the lock `file`, then holds it until this process ends. A lock whose holder is gone is taken over.
 * Throws after `withinMs`, naming the holder.
 */
export const oneAtATime = async (file: string, withinMs: number): Promise<void> => {
  const until = Date.now() + withinMs;
  mkdirSync(dirname(file), { recursive: true });
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      process.once('exit', () => rmSync(file, { force: true }));
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = holderOf(file);
    if (holder > 0 && !isAlive(holder)) rmSync(file, { force: true });
    else if (Date.now() > until)
      throw new Error(`process ${holder} holds ${file} since more than ${withinMs / 1000} s`);
    else await setTimeout(EVERY_MS);
  }
};
