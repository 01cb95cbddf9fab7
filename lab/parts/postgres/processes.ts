import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly zombie: boolean;
}

/** `/proc/<pid>/stat` is `pid (name) state ppid ...`; the name may hold spaces and parentheses, so cut after the last one. */
const fromProc = async (): Promise<ProcessRow[]> => {
  const rows = await Promise.all(
    (await readdir('/proc'))
      .filter((entry) => /^\d+$/.test(entry))
      .map(async (entry): Promise<ProcessRow | undefined> => {
        const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '');
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return parent === undefined ? undefined : { pid: Number(entry), parent: Number(parent), zombie: state === 'Z' };
      }),
  );
  return rows.filter((row) => row !== undefined);
};

const fromPs = async (): Promise<ProcessRow[]> => {
  const { stdout } = await run('ps', ['-axo', 'pid=,ppid=,stat='], { timeout: 5_000 });
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .map(([pid, parent, state]) => ({
      pid: Number(pid),
      parent: Number(parent),
      zombie: state?.startsWith('Z') ?? false,
    }));
};

/** `root` and all that descend from it, parents first; empty when it is not alive. A zombie is dead. */
export const processTree = async (root: number): Promise<number[]> => {
  const alive = (await (process.platform === 'linux' ? fromProc() : fromPs())).filter((row) => !row.zombie);
  const tree = alive.filter((row) => row.pid === root).map((row) => row.pid);
  for (let next = 0; next < tree.length; next += 1) {
    tree.push(...alive.filter((row) => row.parent === tree[next]).map((row) => row.pid));
  }
  return tree;
};

/** Sends a signal; false when the process is gone. */
export const signal = (pid: number, name: NodeJS.Signals | 0): boolean => {
  try {
    process.kill(pid, name);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
};

const isDead = async (pid: number): Promise<boolean> => {
  if (process.platform !== 'linux') return !signal(pid, 0);
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat === '' || stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
};

/** Resolves when every process is dead. Throws after `withinMs`. */
export const waitUntilDead = async (pids: readonly number[], withinMs = 10_000): Promise<void> => {
  const deadline = Date.now() + withinMs;
  for (const pid of pids) {
    while (!(await isDead(pid))) {
      if (Date.now() > deadline) throw new Error(`process ${pid} is still alive ${withinMs} ms after SIGKILL`);
      await delay(1);
    }
  }
};

/**
 * SIGKILL for a whole tree. The root is stopped first so that it cannot fork a child that the list does not have.
 * Returns the pids that were killed, when all are dead.
 */
export const killTree = async (root: number): Promise<number[]> => {
  if (!signal(root, 'SIGSTOP')) return [];
  const tree = await processTree(root);
  for (const pid of tree) signal(pid, 'SIGKILL');
  await waitUntilDead(tree);
  return tree;
};

/** SIGSTOP for a whole tree, root first. What the root forks between listing and stopping is not possible: it is stopped. */
export const freezeTree = async (root: number): Promise<void> => {
  if (!signal(root, 'SIGSTOP')) return;
  for (const pid of await processTree(root)) signal(pid, 'SIGSTOP');
};

/** SIGCONT for a whole tree, root last, so that it sees its children as they were. */
export const thawTree = async (root: number): Promise<void> => {
  for (const pid of (await processTree(root)).reverse()) signal(pid, 'SIGCONT');
};
