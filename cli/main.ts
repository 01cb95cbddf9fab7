import { Command, CommanderError } from 'commander';
import { campaignCommand } from './commands/campaign.ts';
import { claimCommands } from './commands/claim.ts';
import { controlCommands } from './commands/control.ts';
import { decideCommands } from './commands/decide.ts';
import { divergenceCommand } from './commands/divergence.ts';
import { drillCommand } from './commands/drill.ts';
import { historyCommand } from './commands/history.ts';
import { labCommand } from './commands/lab.ts';
import { leaseCommand } from './commands/lease.ts';
import { planCommand } from './commands/plan.ts';
import { standingCommands } from './commands/standing.ts';
import { startCommand } from './commands/start.ts';
import { writeLeaseCommands } from './commands/write-lease.ts';
import { EXIT, lacksCredentials, RunError, UsageError } from './exit.ts';

const program = new Command('continuity')
  .description('Regional failover and business continuity on AWS, and the lab that runs all of it on one machine')
  .helpOption('-h, --help')
  .addHelpText(
    'after',
    '\nExit codes: 0 done and objectives met, 1 failed or an objective missed, 2 bad usage, 130 interrupted.',
  );

for (const add of [
  labCommand,
  drillCommand,
  campaignCommand,
  startCommand,
  historyCommand,
  decideCommands,
  divergenceCommand,
  controlCommands,
  standingCommands,
  claimCommands,
  leaseCommand,
  writeLeaseCommands,
  planCommand,
])
  add(program);

/** Every command answers bad usage with one clear line and exit code 2. */
const strict = (command: Command): void => {
  command
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .showSuggestionAfterError(true);
  for (const child of command.commands) strict(child);
};
strict(program);

const fail = (message: string, code: number): void => {
  process.stderr.write(`continuity: ${message}\n`);
  process.exitCode = code;
};

try {
  await program.parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) {
    if (error.exitCode !== 0) {
      const help = error.code === 'commander.help' || error.message === '(outputHelp)';
      const line = help ? 'a command is missing' : error.message.replace(/^error: /, '').replaceAll('\n', ' ');
      fail(`${line}; \`npx continuity --help\` lists the commands`, EXIT.usage);
    }
  } else if (error instanceof UsageError) {
    fail(error.message, EXIT.usage);
  } else if (lacksCredentials(error)) {
    const lab = 'start a lab with `npx continuity lab up` and point at it with eval "$(npx continuity lab env)"';
    fail(`no AWS credentials and no lab: log in to AWS, or ${lab}`, EXIT.usage);
  } else if (error instanceof RunError) {
    fail(error.message, EXIT.missed);
  } else {
    fail(error instanceof Error ? `${error.name}: ${error.message}` : String(error), EXIT.missed);
    if (process.env.DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  }
}
