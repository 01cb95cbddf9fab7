import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Removes what lies in `folder` and has not been touched for `ageMs`, so that a cache does not grow with every package. What
 * cannot be read or removed stays; a folder that is not there is empty.
 */
export const pruneOlderThan = async (folder: string, ageMs: number, now: number = Date.now()): Promise<void> => {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found && now - found.mtimeMs > ageMs) await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
};
