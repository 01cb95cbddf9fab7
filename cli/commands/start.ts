import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { cloud } from '#cli/cloud.ts';
import { EXIT, UsageError } from '#cli/exit.ts';
import { followExecution } from '#cli/follow.ts';
import { terminal } from '#cli/terminal.ts';
import { parseDuration } from '#domain/durations.ts';

/** A valid, telling and unique execution name: `svg-ai-manual-jane-20261123T233507123Z`. */
export const manualName = (plan: string, person: string, now: Date): string =>
  `${plan}-manual-${person.replace(/[^A-Za-z0-9_-]/g, '')}-${now.toISOString().replace(/[-:.]/g, '')}`.slice(0, 80);

interface Options {
  readonly reason: string;
  readonly mode: string;
  readonly wait: boolean;
  readonly json?: boolean;
  readonly approval?: string;
  readonly decideWithin?: string;
}

/** What goes into the request beyond what it needs. */
const askedFor = ({ approval, decideWithin }: Options) => {
  if (approval !== undefined && approval !== 'required') {
    throw new UsageError(`--approval must be required, got "${approval}"`);
  }
  if (decideWithin === undefined) return approval === undefined ? {} : { approval };
  if (approval === undefined) throw new UsageError('--decide-within needs --approval required');
  if ((parseDuration(decideWithin) ?? 0) < 2) {
    throw new UsageError(`--decide-within must be a duration of 2s or more, such as 10m, got "${decideWithin}"`);
  }
  return { approval, decideWithin };
};

/** `continuity start <plan> --reason "..."`: what a person would type in the Step Functions console, through the same API. */
export const startCommand = (program: Command): void => {
  program
    .command('start')
    .description('start a recovery by hand, against AWS or the lab (AWS_ENDPOINT_URL)')
    .argument('<plan>', 'id of the plan')
    .requiredOption('--reason <text>', 'why: it stands in the record')
    .option('--mode <mode>', 'failover', 'failover')
    .option('--approval <required>', "ask for approval before the promotion, also where the plan's policy does not")
    .option('--decide-within <duration>', 'time for the approvers, such as 10m; needs --approval required')
    .option('--no-wait', 'return when it is started')
    .option('--json', 'one JSON object on the last line')
    .action(async (plan: string, options: Options) => {
      if (options.mode !== 'failover') throw new UsageError(`--mode must be failover, got "${options.mode}"`);
      if (options.reason.trim() === '') throw new UsageError('--reason must say why: it stands in the record');
      const asked = askedFor(options);
      const { executions, machine } = await cloud();
      const input = { plan, reason: options.reason, mode: options.mode, ...asked };
      const { arn } = await executions.start(
        await machine('regional-failover'),
        manualName(plan, userInfo().username, new Date()),
        input,
      );
      const screen = terminal(process.stderr, { quiet: options.json === true });
      screen.line(`started ${arn}`);
      if (!options.wait) {
        process.stdout.write(`${options.json ? JSON.stringify({ execution_arn: arn, status: 'RUNNING' }) : arn}\n`);
        return;
      }
      const end = await followExecution(executions, arn, screen);
      if (options.json) {
        process.stdout.write(
          `${JSON.stringify({ execution_arn: arn, status: end.status, error: end.error, cause: end.cause })}\n`,
        );
      } else {
        process.stdout.write(
          end.status === 'SUCCEEDED' ? `recovered\n` : `${end.status}: ${end.error}: ${end.cause}\n`,
        );
      }
      process.exitCode = end.status === 'SUCCEEDED' ? EXIT.met : EXIT.missed;
    });
};
