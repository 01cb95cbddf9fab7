import { join } from 'node:path';
import { type Binaries, findBinaries } from './binaries.ts';
import { reachableFolder } from './folders.ts';
import type { Passwords } from './roles.ts';
import { type ServerUser, serverUser } from './server-user.ts';
import { ensureTemplate } from './template.ts';

/** What every node of a lab shares: programs, template, user and passwords. */
export interface Installation {
  readonly binaries: Binaries;
  /** Cold data folder that new nodes are copied from. */
  readonly template: string;
  readonly user: ServerUser | undefined;
  readonly passwords: Passwords;
}

/** The project's folder: two levels above lab/parts. */
const PROJECT = join(import.meta.dirname, '..', '..', '..');

/**
 * Finds the programs and makes the template if it is not there yet (0.4-0.9 s the first time, 2 ms after).
 * `cacheDirectory` defaults to `<project>/.lab/cache`; where the server's user cannot enter it, a folder in shared memory
 * or the temporary folder takes its place. Throws with one clear sentence if the platform's package is not installed.
 */
export const prepareInstallation = async ({
  passwords,
  cacheDirectory = join(PROJECT, '.lab', 'cache'),
}: {
  passwords: Passwords;
  cacheDirectory?: string;
}): Promise<Installation> => {
  const user = serverUser();
  const cache = await reachableFolder(cacheDirectory, user);
  const binaries = await findBinaries(cache, user);
  return { binaries, template: await ensureTemplate(cache, { binaries, user, passwords }), user, passwords };
};
