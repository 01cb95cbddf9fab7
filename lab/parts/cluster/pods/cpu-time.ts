import { readFileSync } from 'node:fs';

/** USER_HZ: what Linux counts CPU time of processes in, whatever the kernel's own tick is. */
const TICKS_PER_SECOND = 100;

/** Seconds of CPU that a process has taken so far; undefined when it is gone, or where there is no /proc. */
export const cpuSeconds = (pid: number): number | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name may hold spaces and brackets: fields count from behind its last one, state being the third of all.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [user, system] = [Number(fields[11]), Number(fields[12])];
    return Number.isFinite(user + system) ? (user + system) / TICKS_PER_SECOND : undefined;
  } catch {
    return undefined;
  }
};
