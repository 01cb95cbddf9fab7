import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type RunFolder, runFolder } from '#lab/run-folder.ts';

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

const worksIn = (pid: string): string => {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
};

/** Processes with the lab's mark, and servers that work in its data folder (PostgreSQL's title overwrites its environment). */
export const labProcesses = ({ folder, data }: RunFolder): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      if (/^\d+ \(.*\) Z/.test(read(`/proc/${pid}/stat`))) return false;
      const environment = read(`/proc/${pid}/environ`).split('\0');
      return environment.includes(`CONTINUITY_LAB=${folder}`) || worksIn(pid).startsWith(`${data}/`);
    })
    .map(Number);

/** Ids of the System V segments that the lab's servers hold, by their own `postmaster.pid`. */
export const labSegments = ({ data }: RunFolder): readonly string[] =>
  existsSync(data)
    ? readdirSync(data).flatMap((name) => {
        const line = read(join(data, name, 'postmaster.pid')).split('\n')[6];
        return line?.trim().split(/\s+/)[1] ?? [];
      })
    : [];

const segmentIds = (): readonly string[] =>
  read('/proc/sysvipc/shm')
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/)[1] ?? '');

/** What is left of the lab of a slot: one line each; empty when nothing is. `segments`: those that it held while it ran. */
export const remainsOf = (slot: number, segments: readonly string[]): readonly string[] => {
  const run = runFolder(process.cwd(), slot);
  return [
    ...labProcesses(run).map(
      (pid) => `process ${pid}: ${read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').slice(0, 120)}`,
    ),
    ...segments.filter((id) => segmentIds().includes(id)).map((id) => `shared memory ${id}`),
    ...[run.data, run.stateFile].filter((path) => existsSync(path)),
  ];
};
