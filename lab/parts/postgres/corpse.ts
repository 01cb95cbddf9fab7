import { execFile } from 'node:child_process';
import { readlink, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { killTree } from './processes.ts';
import { readPostmasterFile, removeSegment } from './shared-memory.ts';

/**
 * Makes sure that nothing of the server of `dataDirectory` is left: used when the lab that started it is gone. Kills the
 * server if it still runs, removes its shared memory and `postmaster.pid`; the data stays. Idempotent. True when a server still ran.
 * A pid is trusted only if that process works in the data folder, as every PostgreSQL server does.
 */
export const clearCorpse = async (dataDirectory: string): Promise<boolean> => {
  const file = await readPostmasterFile(dataDirectory);
  if (file === undefined) return false;
  const runs = await worksIn(file.pid, dataDirectory);
  if (runs) await killTree(file.pid);
  if (file.segment !== undefined) await removeSegment(file.segment);
  await rm(join(dataDirectory, 'postmaster.pid'), { force: true });
  return runs;
};

const worksIn = async (pid: number, folder: string): Promise<boolean> => {
  if (process.platform !== 'linux') return commandNames(pid, folder);
  const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
  return cwd !== undefined && cwd === (await realpath(folder).catch(() => folder));
};

/** Elsewhere: the data folder is on the server's command line. */
const commandNames = async (pid: number, folder: string): Promise<boolean> => {
  const command = await promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)], { timeout: 5_000 }).catch(
    () => ({ stdout: '' }),
  );
  return command.stdout.includes(`-D ${folder}`);
};
