import type { Command } from 'commander';
import { RunError, UsageError } from '#cli/exit.ts';
import { deployedStack } from '#cli/stack.ts';
import { UnreachableError } from '#domain/errors.ts';
import { databaseSession, ledger } from '#src/composition.ts';
import { type Divergence, findDivergence, type Rows } from '#src/divergence.ts';

const listed = (what: string, why: string, { count, ids }: Rows): readonly string[] =>
  count === 0
    ? [`none ${what}`]
    : [
        `${count} ${what} (${why})${count > ids.length ? `; the first ${ids.length}` : ''}:`,
        ...ids.map((id) => `  ${id}`),
      ];

/** Lists and counts, for people. */
export const sayDivergence = ({
  table,
  positions,
  columns,
  rows,
  onlyInPrimary,
  changed,
  onlyInStandby,
}: Divergence): string =>
  [
    `old primary: timeline ${positions.primary.timeline} at ${positions.primary.lsn}, ${rows.primary} rows in ${table}`,
    `standby:     timeline ${positions.standby.timeline} at ${positions.standby.lsn}, ${rows.standby} rows`,
    `compared:    ${table} and no other table, by ${columns.compared.join(', ')}`,
    ...(columns.notCompared.length === 0
      ? []
      : [`not by:      ${columns.notCompared.join(', ')}: on one side only, or of another type`]),
    '',
    ...listed(
      'only in the old primary',
      'written there and never replicated, or deleted in the standby since',
      onlyInPrimary,
    ),
    ...listed(
      'in both and not the same',
      'changed in the old primary and never replicated, or in the standby since',
      changed,
    ),
    ...listed('only in the standby', 'written after the promotion, or deleted in the old primary', onlyInStandby),
  ].join('\n');

/** `continuity divergence <execution>`: where the old primary's rows differ from the standby's, for people to reconcile. Read-only on both sides. */
export const divergenceCommand = (program: Command): void => {
  program
    .command('divergence')
    .description(
      "rows of the plan's table in which the old primary and the standby differ, once it answers again; changes nothing",
    )
    .argument('<execution>', 'ARN or name of the recovery')
    .option('--most <n>', 'how many ids of each kind are listed; all are counted', '100')
    .option('--json', 'one JSON object')
    .action(async (execution: string, options: { most: string; json?: boolean }) => {
      const most = Number(options.most);
      if (!Number.isInteger(most) || most < 1 || most > 100_000)
        throw new UsageError(`--most must be a whole number from 1 to 100000, got "${options.most}"`);
      const stack = await deployedStack();
      const arn = stack.executionArn(execution);
      const entries = await stack.make(ledger).read(arn);
      if (entries.length === 0) throw new UsageError(`there is no record of ${arn}: continuity history lists the runs`);
      try {
        const table = stack.plan.database.applicationTable;
        const found = await findDivergence(stack.make(databaseSession), { execution: arn, table, entries, most });
        process.stdout.write(`${options.json ? JSON.stringify(found) : sayDivergence(found)}\n`);
      } catch (error) {
        if (error instanceof UnreachableError) throw new RunError(`both databases have to answer: ${error.message}`);
        throw error;
      }
    });
};
