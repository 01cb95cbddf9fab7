import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { UsageError } from './exit.ts';

/** The plan's absolute path. Throws UsageError when there is no such file. */
export const planPath = (file: string): string => {
  const path = resolve(file);
  if (!existsSync(path)) throw new UsageError(`${file}: no such file; name a plan with --plan or run in its folder`);
  return path;
};
