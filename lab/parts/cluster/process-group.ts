import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** `pid (comm) state ppid pgrp ...`; comm may hold spaces and brackets, so what follows its last bracket is read. */
const fromProc = (group: number): number[] =>
  readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const [state, , pgrp] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return Number(pgrp) === group && state !== 'Z' && state !== 'X';
      } catch {
        return false;
      }
    })
    .map(Number);

const fromPs = (group: number): number[] =>
  execFileSync('ps', ['-axo', 'pid=,pgid=,stat='], { encoding: 'utf8', timeout: 2_000 })
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, pgid, stat]) => Number(pgid) === group && !stat?.startsWith('Z'))
    .map(([pid]) => Number(pid));

/** Process ids of a group, without those that have ended and only wait to be reaped. */
export const groupMembers = (group: number): number[] =>
  process.platform === 'linux' ? fromProc(group) : fromPs(group);

/** False when the group has gone. */
export const signalGroup = (group: number, signal: NodeJS.Signals): boolean => {
  try {
    return process.kill(-group, signal);
  } catch {
    return false;
  }
};
