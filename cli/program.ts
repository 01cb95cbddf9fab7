import { Command, CommanderError } from 'commander';
import { campaignCommand } from './commands/campaign.ts';
import { claimCommands } from './commands/claim.ts';
import { controlCommands } from './commands/control.ts';
import { decideCommands } from './commands/decide.ts';
import { divergenceCommand } from './commands/divergence.ts';
import { drillCommand } from './commands/drill.ts';
import { historyCommand } from './commands/history.ts';
import { incidentCommands } from './commands/incident.ts';
import { labCommand } from './commands/lab.ts';
import { leaseCommand } from './commands/lease.ts';
import { planCommand } from './commands/plan.ts';
import { standingCommands } from './commands/standing.ts';
import { startCommand } from './commands/start.ts';
import { writeLeaseCommands } from './commands/write-lease.ts';
import { EXIT, InterruptedError, lacksCredentials, RunError, UsageError } from './exit.ts';

const COMMANDS = [
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
  incidentCommands,
  leaseCommand,
  writeLeaseCommands,
  planCommand,
] as const;

/** Every command answers bad usage with one clear line and exit code 2. */
const strict = (command: Command): void => {
  command
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .showSuggestionAfterError(true);
  for (const child of command.commands) strict(child);
};

const makeProgram = (): Command => {
  const program = new Command('continuity')
    .description('Regional failover and business continuity on AWS, and the lab that runs all of it on one machine')
    .helpOption('-h, --help')
    .addHelpText(
      'after',
      '\nExit codes: 0 done and objectives met, 1 failed or an objective missed, 2 bad usage, 130 interrupted.',
    );
  for (const add of COMMANDS) add(program);
  strict(program);
  return program;
};

/** What is said on stderr, and the exit code that goes with it. */
export interface Failure {
  readonly line: string;
  readonly code: number;
  readonly cause: unknown;
}

/** Null: it was asked for help, and got it. */
const failureOf = (error: unknown): Failure | null => {
  const failure = (line: string, code: number): Failure => ({ line, code, cause: error });
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return null;
    const help = error.code === 'commander.help' || error.message === '(outputHelp)';
    const line = help ? 'a command is missing' : error.message.replace(/^error: /, '').replaceAll('\n', ' ');
    return failure(`${line}; \`npx continuity --help\` lists the commands`, EXIT.usage);
  }
  if (error instanceof UsageError) return failure(error.message, EXIT.usage);
  if (lacksCredentials(error)) {
    const lab = 'start a lab with `npx continuity lab up` and point at it with eval "$(npx continuity lab env)"';
    return failure(`no AWS credentials and no lab: log in to AWS, or ${lab}`, EXIT.usage);
  }
  if (error instanceof InterruptedError) return failure(error.message, EXIT.interrupted);
  if (error instanceof RunError) return failure(error.message, EXIT.missed);
  return failure(error instanceof Error ? `${error.name}: ${error.message}` : String(error), EXIT.missed);
};

/** Runs the command that the words give. Null: it did its work; where its exit code is not 0 it has set that itself. */
export const runProgram = async (words: readonly string[]): Promise<Failure | null> => {
  try {
    await makeProgram().parseAsync(words, { from: 'user' });
    return null;
  } catch (error) {
    return failureOf(error);
  }
};
