import { type ChildProcess, fork } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { clearRemains, runFolder } from '#lab/run-folder.ts';
import { type Cell, cellName } from './cells.ts';
import type { CellResult } from './verdict.ts';

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));
/** Of one cell, whatever hangs in it. */
const CELL_WITHIN_MS = 420_000;
/** On a busy machine a call of the lab's own can be late, and a guard refuses. */
const TRIES = 3;

export interface WorkersOptions {
  readonly root: string;
  /** One worker per slot. */
  readonly slots: readonly number[];
  /** Logs of cells that FAILED go to a folder of their own under it. */
  readonly keepIn: string;
  readonly signal: AbortSignal;
  readonly onResult: (result: CellResult) => void;
  /** A cell of which not all could be seen is run again; its logs are kept. */
  readonly onThrown: (cell: Cell, error: string) => void;
}

type Told =
  | { readonly result: CellResult; readonly logs: string; readonly facts: object }
  | { readonly error: string; readonly thrown?: true };

/** A run that ended before it came to the state, or of which a look failed before all was seen. */
const provesNothing = (told: Told): boolean => ('error' in told ? told.thrown === true : told.result.hits === 0);

const failedCell = (cell: Cell, why: string, ms: number): CellResult => ({
  ...cell,
  verdict: 'FAILED',
  violations: [why],
  error: null,
  hits: 0,
  ms,
});

const folderOf = (cell: Cell): string => cellName(cell).replace(':', '-');

const keepLogs = (from: string, to: string, facts: object): void => {
  if (!existsSync(from)) return;
  rmSync(to, { recursive: true, force: true });
  mkdirSync(join(to, '..'), { recursive: true });
  renameSync(from, to);
  writeFileSync(join(to, 'facts.json'), `${JSON.stringify(facts, null, 2)}\n`);
};

/** Runs the cells, one at a time on each worker. When the signal aborts, what is under way is given up and nothing of it is left. */
export const runCells = async (cells: readonly Cell[], options: WorkersOptions): Promise<void> => {
  const { root, slots, keepIn, signal, onResult, onThrown } = options;
  const left = [...cells];

  const one = async (slot: number): Promise<void> => {
    let child: ChildProcess | undefined;
    const end = async (): Promise<void> => {
      const worker = child;
      child = undefined;
      if (worker !== undefined && worker.exitCode === null && worker.signalCode === null) {
        const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
        worker.kill('SIGKILL');
        await exited;
      }
      await clearRemains(runFolder(root, slot));
    };
    const ask = (cell: Cell): Promise<Told> =>
      new Promise((resolve) => {
        child ??= fork(WORKER, [JSON.stringify({ root, slot })], {
          cwd: root,
          stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
        });
        const worker = child;
        const limit = setTimeout(
          () => done({ error: `it did not end in ${CELL_WITHIN_MS / 1_000} s` }),
          CELL_WITHIN_MS,
        );
        const onExit = (): void => done({ error: 'the worker died' });
        const onAbort = (): void => done({ error: 'interrupted' });
        const done = (told: Told): void => {
          clearTimeout(limit);
          worker.off('exit', onExit);
          worker.off('message', done);
          signal.removeEventListener('abort', onAbort);
          resolve(told);
        };
        worker.once('exit', onExit);
        worker.once('message', done);
        signal.addEventListener('abort', onAbort, { once: true });
        worker.send(cell);
      });
    try {
      for (let cell = left.shift(); cell && !signal.aborted; cell = left.shift()) {
        const begun = Date.now();
        let told = await ask(cell);
        for (let again = 1; again < TRIES && provesNothing(told) && !signal.aborted; again += 1) {
          if ('error' in told) {
            await end();
            keepLogs(runFolder(root, slot).folder, join(keepIn, `${folderOf(cell)}-try-${again}`), told);
            onThrown(cell, told.error);
          }
          told = await ask(cell);
        }
        if (signal.aborted) return;
        if ('error' in told) {
          await end();
          onResult(failedCell(cell, told.error, Date.now() - begun));
          continue;
        }
        const { result, logs, facts } = told;
        if (result.verdict === 'FAILED') {
          keepLogs(logs, join(keepIn, folderOf(cell)), { ...result, ...facts });
        }
        onResult(result);
      }
    } finally {
      await end();
    }
  };

  await Promise.all(slots.slice(0, Math.max(1, Math.min(slots.length, cells.length))).map(one));
};
