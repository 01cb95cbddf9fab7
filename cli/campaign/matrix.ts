import type { Terminal } from '#cli/terminal.ts';
import { type Cell, cellName } from './cells.ts';
import { FAULT_IDS, FAULT_LABELS } from './faults.ts';
import type { CellResult, Verdict } from './verdict.ts';

const COLOURS = { recovered: 'green', answered: 'green', stopped: 'yellow', FAILED: 'red' } as const satisfies Record<
  Verdict,
  string
>;
const WIDTH = 11;

/** States down, faults across; `-` where a cell was not asked for, `...` where it has not ended. */
export const matrixLines = (
  cells: readonly Cell[],
  results: ReadonlyMap<string, CellResult>,
  style: Terminal['style'],
): readonly string[] => {
  const states = [...new Set(cells.map(({ state }) => state))];
  const asked = new Set(cells.map(cellName));
  const left = Math.max('state'.length, ...states.map(({ length }) => length)) + 2;
  const cell = (state: string, fault: Cell['fault']): string => {
    const name = cellName({ state, fault });
    if (!asked.has(name)) return style('dim', '-'.padEnd(WIDTH));
    const verdict = results.get(name)?.verdict;
    return verdict === undefined ? '...'.padEnd(WIDTH) : style(COLOURS[verdict], verdict.padEnd(WIDTH));
  };
  return [
    style('bold', `${'state'.padEnd(left)}${FAULT_IDS.map((id) => id.padEnd(WIDTH)).join('')}`.trimEnd()),
    ...states.map((state) => `${state.padEnd(left)}${FAULT_IDS.map((id) => cell(state, id)).join('')}`.trimEnd()),
  ];
};

/** What the words of the head mean, one line each. */
export const legendLines = (): readonly string[] => FAULT_IDS.map((id) => `  ${id.padEnd(10)}${FAULT_LABELS[id]}`);

export interface Totals {
  readonly cells: number;
  readonly recovered: number;
  readonly answered: number;
  readonly stopped: number;
  readonly failed: number;
}

export const totalsOf = (results: readonly CellResult[]): Totals => {
  const count = (verdict: Verdict): number => results.filter((result) => result.verdict === verdict).length;
  return {
    cells: results.length,
    recovered: count('recovered'),
    answered: count('answered'),
    stopped: count('stopped'),
    failed: count('FAILED'),
  };
};
