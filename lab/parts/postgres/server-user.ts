import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Whom the servers run as; undefined means as the user who runs the lab. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root and refuses a uid without a name: nobody has one everywhere. */
const NOBODY: ServerUser = { uid: 65_534, gid: 65_534 };

export const serverUser = (): ServerUser | undefined => (process.getuid?.() === 0 ? NOBODY : undefined);

/** True when `user` can enter every folder from the root to `path`, which must exist. */
export const canTraverse = async (path: string, user: ServerUser | undefined): Promise<boolean> => {
  if (user === undefined) return true;
  for (let folder = await realpath(path); ; folder = dirname(folder)) {
    const { uid, gid, mode } = await stat(folder);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
};

/** The deepest folder on the way to `path` that exists (`path` itself when it does). */
export const nearestExisting = async (path: string): Promise<string> => {
  for (let folder = path; ; folder = dirname(folder)) {
    const found = await stat(folder).catch(() => undefined);
    if (found !== undefined || folder === dirname(folder)) return folder;
  }
};
