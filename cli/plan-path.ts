import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { UsageError } from './exit.ts';

/** What a person may do about it is in the error's code: EACCES, ELOOP, EIO. */
const readable = <T>(file: string, read: () => T): T => {
  try {
    return read();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'EACCES' ? 'permission denied (EACCES)' : message;
    throw new UsageError(`${file}: cannot be read: ${why}`);
  }
};

/** The plan's absolute path. Throws UsageError when there is no such file. */
export const planPath = (file: string): string => {
  const path = resolve(file);
  const found = readable(file, () => statSync(path, { throwIfNoEntry: false }));
  if (!found) throw new UsageError(`${file}: no such file`);
  if (!found.isFile()) throw new UsageError(`${file}: is a folder, not a plan`);
  return path;
};

/** The text of a file that `planPath` found. Throws UsageError when it cannot be read. `file`: as the person named it. */
export const planText = (path: string, file = path): string => readable(file, () => readFileSync(path, 'utf8'));
