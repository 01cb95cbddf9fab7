import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { type Cell, cellName, everyCell, parseCells, sample, taskStates } from '#cli/campaign/cells.ts';
import { legendLines, matrixLines, totalsOf } from '#cli/campaign/matrix.ts';
import { openResults, packagedDigest } from '#cli/campaign/results.ts';
import type { CellResult } from '#cli/campaign/verdict.ts';
import { runCells } from '#cli/campaign/workers.ts';
import { EXIT, UsageError } from '#cli/exit.ts';
import { interruptible } from '#cli/interruptible.ts';
import { ownSlot, PROJECT } from '#cli/lab-process.ts';
import { ensurePackaged } from '#cli/package-stack.ts';
import { type Terminal, terminal } from '#cli/terminal.ts';
import { MAX_SLOT } from '#lab/addresses.ts';

/** Slots of the workers come after the command's own: a lab may run beside the campaign. */
const FIRST_SLOT = 230;
const MOST_WORKERS = 8;

interface Options {
  readonly cells?: string;
  readonly sample?: string;
  readonly seed: string;
  readonly workers?: string;
  readonly fresh?: boolean;
  readonly json?: boolean;
  readonly results: string;
}

const whole = (name: string, text: string, from: number, to: number): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= from && value <= to && text.trim() !== '') return value;
  throw new UsageError(`${name} must be a whole number from ${from} to ${to}, got "${text}"`);
};

const chosen = ({ cells, sample: count, seed }: Options): readonly Cell[] => {
  const states = taskStates(PROJECT);
  const all = cells === undefined ? everyCell(states) : parseCells(cells, states);
  const from = whole('--seed', seed, 0, 2 ** 32 - 1);
  return count === undefined ? all : sample(all, whole('--sample', count, 1, all.length), from);
};

const slots = (wanted: number): readonly number[] =>
  Array.from({ length: wanted }, (_, index) => {
    const slot = (ownSlot() === 0 ? FIRST_SLOT : ownSlot()) + index;
    if (slot > MAX_SLOT) throw new UsageError(`${wanted} workers need slots up to ${slot}; the last is ${MAX_SLOT}`);
    return slot;
  });

const resultLine = (result: CellResult, index: number, of: number, style: Terminal['style']): string => {
  const colour = result.verdict === 'FAILED' ? 'red' : result.verdict === 'stopped' ? 'yellow' : 'green';
  const why =
    result.verdict === 'FAILED' ? `: ${result.violations.join('; ')}` : result.error ? `: ${result.error}` : '';
  const name = cellName(result).padEnd(28);
  return `${String(index).padStart(4)}/${of}  ${name}  ${style(colour, result.verdict)} in ${(result.ms / 1_000).toFixed(1)} s${why}`;
};

const run = async (options: Options): Promise<void> => {
  const cells = chosen(options);
  const workers = whole('--workers', options.workers ?? String(Math.min(2, availableParallelism())), 1, MOST_WORKERS);
  const useSlots = slots(workers);
  const screen = terminal(options.json ? process.stderr : process.stdout);
  await interruptible(async (signal) => {
    await ensurePackaged({ terminal: screen });
    const digest = packagedDigest(PROJECT);
    const results = openResults(options.results, digest);
    if (options.fresh) results.clear();
    // Cells that were named are run again: somebody looks at them.
    const known = options.cells === undefined ? results.finished() : new Map<string, CellResult>();
    const ended = new Map(
      cells.flatMap((cell) => {
        const before = known.get(cellName(cell));
        return before === undefined ? [] : [[cellName(cell), before] as const];
      }),
    );
    const left = cells.filter((cell) => !ended.has(cellName(cell)));
    const begun = Date.now();
    const resumed = ended.size === 0 ? '' : `, ${ended.size} of them ended before on this build`;
    const by = options.sample === undefined ? '' : `, a sample by seed ${options.seed}`;
    screen.line(
      `fault campaign: ${cells.length} cells${by}${resumed}; build ${digest.slice(0, 12)}, ${workers} workers`,
    );
    await runCells(left, {
      root: PROJECT,
      slots: useSlots,
      keepIn: join(PROJECT, 'reports', 'campaign'),
      signal,
      onThrown: (cell, error) => screen.line(`${cellName(cell)} is run again: ${error.split('\n')[0]}`),
      onResult: (result) => {
        results.add(result);
        ended.set(cellName(result), result);
        screen.line(resultLine(result, ended.size, cells.length, screen.style));
      },
    });
    if (signal.aborted) {
      screen.line(`interrupted after ${ended.size} of ${cells.length} cells; the same command goes on with the others`);
      process.exitCode = EXIT.interrupted;
      return;
    }
    const all = [...ended.values()];
    const totals = totalsOf(all);
    screen.line();
    for (const line of matrixLines(cells, ended, screen.style)) screen.line(line);
    screen.line();
    for (const line of legendLines()) screen.line(line);
    screen.line();
    const seconds = Math.round((Date.now() - begun) / 1_000);
    screen.line(
      `${totals.recovered} recovered, ${totals.answered} answered, ${totals.stopped} stopped, ${totals.failed} FAILED in ${seconds} s`,
    );
    for (const { violations, ...cell } of all.filter(({ verdict }) => verdict === 'FAILED')) {
      screen.line(`  ${cellName(cell)}: ${violations.join('; ')}`);
    }
    if (totals.failed > 0) screen.line(`  logs: ${join('reports', 'campaign')}`);
    if (options.json) process.stdout.write(`${JSON.stringify({ build: digest, seconds, totals, cells: all })}\n`);
    process.exitCode = totals.failed === 0 ? EXIT.met : EXIT.missed;
  });
};

/** `continuity campaign`: every state of the failover with every fault of the AWS API, each in a lab of its own. */
export const campaignCommand = (program: Command): void => {
  program
    .command('campaign')
    .description('run the failover with each fault in each state, in the lab, and check what must never happen')
    .option('--cells <list>', 'only these: PromoteReplica, :killed, PromoteReplica:lost, separated by commas')
    .option('--sample <n>', 'only so many of them, chosen by the seed')
    .option('--seed <n>', 'which ones a sample takes', '1')
    .option('--workers <n>', 'labs side by side; default: one per core, two at most')
    .option('--fresh', 'forget what ended before: run every cell again')
    .option(
      '--results <file>',
      'finished cells, so that a second run goes on',
      join(PROJECT, 'reports', 'campaign.jsonl'),
    )
    .option('--json', 'the last line of stdout is one JSON object')
    .action(run);
};
