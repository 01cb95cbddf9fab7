import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '#cli/exit.ts';
import { nearest } from '#domain/nearest.ts';
import { RECOVERY_STEPS, SIDE_STEPS } from '#domain/steps.ts';
import { FAULT_IDS, type FaultId } from './faults.ts';

/** One run of the campaign: this fault, made while this state of the machine is at work. */
export interface Cell {
  readonly state: string;
  readonly fault: FaultId;
}

export const cellName = ({ state, fault }: Cell): string => `${state}:${fault}`;

interface Graph {
  readonly States: Readonly<Record<string, { readonly Type: string; readonly Branches?: readonly Graph[] }>>;
}

const tasksOf = ({ States }: Graph): string[] =>
  Object.entries(States).flatMap(([name, { Type, Branches = [] }]) => [
    ...(Type === 'Task' ? [name] : []),
    ...Branches.flatMap(tasksOf),
  ]);

/** Every Task state of the machine, those inside of a Parallel too, in the order of the definition. */
export const taskStates = (root: string): readonly string[] =>
  tasksOf(JSON.parse(readFileSync(join(root, 'state-machines', 'regional-failover.asl.json'), 'utf8')) as Graph);

export const everyCell = (states: readonly string[]): readonly Cell[] =>
  states.flatMap((state) => FAULT_IDS.map((fault) => ({ state, fault })));

const known = (what: string, given: string, all: readonly string[]): string => {
  if (all.includes(given)) return given;
  const meant = nearest(given, [...all]);
  throw new UsageError(
    `unknown ${what} "${given}"${meant ? ` (did you mean ${meant}?)` : ''}; there are: ${all.join(', ')}`,
  );
};

/** `PromoteReplica`, `:killed`, `PromoteReplica:lost,ShiftTraffic:lost` -> cells. Throws UsageError that lists what there is. */
export const parseCells = (text: string, states: readonly string[]): readonly Cell[] => {
  const wanted = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (wanted.length === 0)
    throw new UsageError('--cells names no cell: PromoteReplica, :killed or PromoteReplica:lost');
  const parts = wanted.map((part) => {
    const [state = '', fault = '', ...rest] = part.split(':');
    if (rest.length > 0) throw new UsageError(`"${part}" is no cell: write <state>, :<fault> or <state>:<fault>`);
    return {
      state: state === '' ? null : known('state', state, states),
      fault: fault === '' ? null : known('fault', fault, FAULT_IDS),
    };
  });
  return everyCell(states).filter((cell) =>
    parts.some(({ state, fault }) => (state ?? cell.state) === cell.state && (fault ?? cell.fault) === cell.fault),
  );
};

/** Numbers in [0, 1) that depend on the seed alone (mulberry32). */
export const randomFrom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

const CHANGING = new Set([...RECOVERY_STEPS, ...SIDE_STEPS].flatMap(({ state, changes }) => (changes ? [state] : [])));

/**
 * `count` of the cells, the same ones for the same seed, in their own order. One of them at least is of a state that changes something, where there
 * is one: a fault can do the most harm there.
 */
export const sample = (cells: readonly Cell[], count: number, seed: number): readonly Cell[] => {
  const random = randomFrom(seed);
  const ranked = cells
    .map((cell) => ({ cell, rank: random() }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ cell }) => cell);
  const first = ranked.find(({ state }) => CHANGING.has(state)) ?? ranked[0];
  const chosen = new Set([first, ...ranked.filter((cell) => cell !== first)].slice(0, count));
  return cells.filter((cell) => chosen.has(cell));
};
