import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** `/proc/<pid>/stat` is `pid (name) state ppid ...`; the name may hold spaces and parentheses, so cut after the last one. */
const stateOf = (pid: number): { state: string; parent: number } | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state = '', parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state, parent: Number(parent) };
  } catch {
    return undefined;
  }
};

/** From parent to its children, of every process that is alive. Reading /proc is a copy in memory: synchronous is ten times as fast. */
const childrenByProc = (): Map<number, number[]> => {
  const rows = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map((entry) => ({ pid: Number(entry), ...stateOf(Number(entry)) }))
    .filter(({ state }) => state !== undefined && state !== 'Z');
  return byParent(rows);
};

const childrenByPs = async (): Promise<Map<number, number[]>> => {
  const { stdout } = await run('ps', ['-axo', 'pid=,ppid=,stat='], { timeout: 5_000 });
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , state]) => state?.startsWith('Z') !== true)
    .map(([pid, parent]) => ({ pid: Number(pid), parent: Number(parent) }));
  return byParent(rows);
};

const byParent = (rows: readonly { pid: number; parent?: number }[]): Map<number, number[]> => {
  const children = new Map<number, number[]>();
  for (const { pid, parent = 0 } of rows) {
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [pid]);
    else siblings.push(pid);
  }
  return children;
};

const isDead = (pid: number): boolean => {
  if (process.platform !== 'linux') return !signal(pid, 0);
  const state = stateOf(pid)?.state;
  return state === undefined || state === 'Z';
};

/** `root` and all that descend from it, parents first; empty when it is not alive. A zombie is dead. */
export const processTree = async (root: number): Promise<number[]> => {
  if (isDead(root)) return [];
  const children = process.platform === 'linux' ? childrenByProc() : await childrenByPs();
  const tree = [root];
  for (let next = 0; next < tree.length; next += 1) tree.push(...(children.get(tree[next] ?? 0) ?? []));
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

/** Resolves when every process is dead. Throws after `withinMs`. */
export const waitUntilDead = async (pids: readonly number[], withinMs = 10_000): Promise<void> => {
  const deadline = Date.now() + withinMs;
  for (const pid of pids) {
    while (!isDead(pid)) {
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
