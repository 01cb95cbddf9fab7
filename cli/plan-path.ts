import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { UsageError } from './exit.ts';

/** The plan's absolute path. Throws UsageError when there is no such file. */
export const planPath = (file: string): string => {
  const path = resolve(file);
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw new UsageError(`${file}: no such file`);
  if (!found.isFile()) throw new UsageError(`${file}: is a folder, not a plan`);
  return path;
};
