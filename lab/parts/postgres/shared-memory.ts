import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a running server writes to `postmaster.pid`. */
export interface PostmasterFile {
  readonly pid: number;
  /** `starting`, `ready`, `stopping`; undefined while the file is being written. */
  readonly status: string | undefined;
  /** The System V segment that guards the data folder. */
  readonly segment: { readonly key: number; readonly id: number } | undefined;
}

/** https://github.com/postgres/postgres/blob/REL_18_STABLE/src/include/utils/pidfile.h names the lines. */
export const readPostmasterFile = async (dataDirectory: string): Promise<PostmasterFile | undefined> => {
  const content = await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = content.split('\n').map((line) => line.trim());
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  const [key, id] = (lines[6] ?? '').split(/\s+/).map(Number);
  return {
    pid,
    status: lines[7] || undefined,
    segment: key !== undefined && id !== undefined && key > 0 ? { key, id } : undefined,
  };
};

/** `gone`: no such segment, or its id belongs to somebody else by now. */
const stateOf = async (key: number, id: number): Promise<'gone' | 'attached' | 'free'> => {
  const table = await readFile('/proc/sysvipc/shm', 'utf8');
  const row = table
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .find(([, shmid]) => shmid === id);
  if (row === undefined || (row[0] ?? 0) >>> 0 !== key >>> 0) return 'gone';
  return row[6] === 0 ? 'free' : 'attached';
};

/**
 * Removes the segment of a killed server. True when it is gone, false when that could not be done (no `ipcrm`).
 * On Linux the segment is removed only if it still has our key and nobody is attached: ids are used again by the system.
 */
export const removeSegment = async ({ key, id }: { key: number; id: number }): Promise<boolean> => {
  const linux = process.platform === 'linux';
  if (linux) {
    const state = await stateOf(key, id);
    if (state !== 'free') return state === 'gone';
  }
  return run('ipcrm', ['-m', String(id)], { timeout: 5_000 }).then(
    () => true,
    // Somebody else may have removed it in between.
    async () => linux && (await stateOf(key, id)) === 'gone',
  );
};
