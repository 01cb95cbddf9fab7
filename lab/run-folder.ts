import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearCorpse } from '#lab/parts/postgres/corpse.ts';

/** Where a lab of one slot keeps what it needs while it runs, and how a later start finds and clears what a killed one left. */
export interface RunFolder {
  /** Logs and the lab's own state: `<project>/.lab/slot-<n>`. Stays after the lab is down (logs). */
  readonly folder: string;
  /** Data directories, in memory where there is room: removed with the lab. Readable for the database's user. */
  readonly data: string;
  readonly stateFile: string;
  /** Held by whoever starts a lab, or clears what one left: outside of the folder, which comes and goes. */
  readonly lockFile: string;
}

/** What `lab.json` says of a running lab. */
export interface RunState {
  readonly pid: number;
  /** Kernel start time of the process: a pid that was used again has another. */
  readonly started: string;
  readonly folder: string;
  readonly data: string;
  readonly control: string;
}

const MIN_MEMORY_BYTES = 1024 ** 3;

const memoryFolder = (): string | undefined => {
  if (!existsSync('/dev/shm')) return undefined;
  const { bavail, bsize } = statfsSync('/dev/shm');
  return bavail * bsize > MIN_MEMORY_BYTES ? '/dev/shm' : undefined;
};

export const runFolder = (root: string, slot: number): RunFolder => {
  const folder = join(root, '.lab', `slot-${slot}`);
  // By checkout as well: a lab of another one must not be taken for the remains of this one's.
  const checkout = createHash('sha256').update(root).digest('hex').slice(0, 8);
  const data = join(memoryFolder() ?? tmpdir(), `continuity-lab-${process.getuid?.() ?? 0}-${checkout}-${slot}`);
  return { folder, data, stateFile: join(folder, 'lab.json'), lockFile: `${folder}.lock` };
};

/** Start time of a process in clock ticks since boot (proc(5), field 22); undefined when there is no such process. */
export const startTime = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    if (existsSync('/proc/self')) return undefined;
    try {
      process.kill(pid, 0);
      return 'alive';
    } catch {
      return undefined;
    }
  }
};

/** The lab that runs from this folder, or undefined. */
export const running = (run: RunFolder): RunState | undefined => {
  try {
    const state = JSON.parse(readFileSync(run.stateFile, 'utf8')) as RunState;
    return startTime(state.pid) === state.started ? state : undefined;
  } catch {
    return undefined;
  }
};

/** PostgreSQL's title overwrites its environment: the folder that it works in says whose it is, also when that is gone. */
const worksUnder = (pid: number, data: string): boolean => readlinkSync(`/proc/${pid}/cwd`).startsWith(`${data}/`);

/** Processes whose environment carries this lab's mark, servers of its data, and what descends from them. Linux only. */
const marked = ({ folder, data }: RunFolder): number[] => {
  if (!existsSync('/proc/self')) return [];
  const own = process.pid;
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  const found = new Set<number>();
  const parents = new Map<number, number>();
  for (const pid of pids) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      parents.set(pid, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
      if (pid !== own && (environment.includes(`CONTINUITY_LAB=${folder}`) || worksUnder(pid, data))) found.add(pid);
    } catch {
      // The process ended, or is not ours to read.
    }
  }
  for (let grown = true; grown; ) {
    grown = false;
    for (const [pid, parent] of parents) {
      if (found.has(parent) && !found.has(pid) && pid !== own) {
        found.add(pid);
        grown = true;
      }
    }
  }
  return [...found];
};

/** What a killed lab left: its processes by their number, and whether there is anything at all. Of no meaning while a lab runs or starts. */
export const remains = (run: RunFolder): { readonly any: boolean; readonly processes: number } => {
  const processes = marked(run).length;
  return { any: processes > 0 || existsSync(run.data) || existsSync(run.stateFile), processes };
};

/** Ends what a killed lab left of itself: processes, shared memory, data directories, the state file. Gives the number of processes ended. `spared` ones live on. */
export const clearRemains = async (run: RunFolder, spared: readonly number[] = []): Promise<number> => {
  const ended = new Set<number | string>();
  for (let round = 0; round < 5; round += 1) {
    const pids = marked(run).filter((pid) => !spared.includes(pid));
    if (pids.length === 0) break;
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
        ended.add(pid);
      } catch {
        // It ended by itself.
      }
    }
  }
  const folders = existsSync(run.data) ? readdirSync(run.data, { withFileTypes: true }) : [];
  for (const { name } of folders.filter((entry) => entry.isDirectory()))
    if (await clearCorpse(join(run.data, name))) ended.add(name);
  rmSync(run.data, { recursive: true, force: true });
  rmSync(run.stateFile, { force: true });
  return ended.size;
};

/** Throws when the folder is another's: then nothing in it is ours to clear. */
export const claimFolder = (run: RunFolder, control: string): RunState => {
  mkdirSync(run.folder, { recursive: true });
  mkdirSync(run.data, { recursive: true, mode: 0o755 });
  const state: RunState = {
    pid: process.pid,
    started: startTime(process.pid) ?? 'alive',
    folder: run.folder,
    data: run.data,
    control,
  };
  try {
    writeFileSync(run.stateFile, JSON.stringify(state, null, 2), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new Error(`${run.stateFile} is there: the slot is another lab's`, { cause: error });
  }
  return state;
};
