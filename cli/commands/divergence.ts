import type { Command } from 'commander';
import { cloud } from '#cli/cloud.ts';
import { RunError, UsageError } from '#cli/exit.ts';
import { UnreachableError } from '#domain/errors.ts';
import { databaseSession, ledger } from '#src/composition.ts';
import { type Divergence, findDivergence } from '#src/divergence.ts';

const MACHINE = 'regional-failover';

const said = ({ table, positions, rows, onlyInPrimary, onlyInStandby }: Divergence): string =>
  [
    `old primary: timeline ${positions.primary.timeline} at ${positions.primary.lsn}, ${rows.primary} rows in ${table}`,
    `standby:     timeline ${positions.standby.timeline} at ${positions.standby.lsn}, ${rows.standby} rows, ${onlyInStandby.count} of them new`,
    onlyInPrimary.count === 0
      ? 'nothing is only in the old primary'
      : `${onlyInPrimary.count} rows are only in the old primary${onlyInPrimary.count > onlyInPrimary.ids.length ? `; the first ${onlyInPrimary.ids.length}` : ''}:`,
    ...onlyInPrimary.ids.map((id) => `  ${id}`),
  ].join('\n');

/** `continuity divergence <execution>`: what only the old primary has, for people to reconcile. Read-only on both sides. */
export const divergenceCommand = (program: Command): void => {
  program
    .command('divergence')
    .description('rows that only the old primary has, once it answers again; reads both databases and changes nothing')
    .argument('<execution>', 'ARN or name of the recovery')
    .option('--most <n>', 'how many ids are listed; all are counted', '100')
    .option('--json', 'one JSON object')
    .action(async (execution: string, options: { most: string; json?: boolean }) => {
      const most = Number(options.most);
      if (!Number.isInteger(most) || most < 1 || most > 100_000)
        throw new UsageError(`--most must be a whole number from 1 to 100000, got "${options.most}"`);
      const { plan, machine } = await cloud();
      const machineArn = await machine(MACHINE);
      const arn = execution.startsWith('arn:')
        ? execution
        : `${machineArn.replace(':stateMachine:', ':execution:')}:${execution}`;
      // The stack's tables carry the name of its machine.
      const names = machineArn.split(':').at(-1)?.slice(0, -MACHINE.length) ?? '';
      const entries = await ledger.create({ LEDGER_TABLE: `${names}ledger` }, plan).read(arn);
      if (entries.length === 0) throw new UsageError(`there is no record of ${arn}: continuity history lists the runs`);
      try {
        const table = plan.database.applicationTable;
        const session = databaseSession.create({}, plan);
        const found = await findDivergence(session, { execution: arn, table, entries, most });
        process.stdout.write(`${options.json ? JSON.stringify(found) : said(found)}\n`);
      } catch (error) {
        if (error instanceof UnreachableError) throw new RunError(`both databases have to answer: ${error.message}`);
        throw error;
      }
    });
};
