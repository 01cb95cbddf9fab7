import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { cloud } from '#cli/cloud.ts';
import { dryRunLines, lastDurations } from '#cli/dry-run.ts';
import { EXIT, UsageError } from '#cli/exit.ts';
import { followExecution } from '#cli/follow.ts';
import { personsWord } from '#cli/persons-word.ts';
import { manualName, startExecution } from '#cli/start-execution.ts';
import { terminal } from '#cli/terminal.ts';
import type { DryRun } from '#domain/dry-run.ts';
import { parseDuration } from '#domain/durations.ts';
import { GUARDS } from '#domain/guards.ts';
import { isOverridable, notOverridable, OVERRIDABLE_IDS } from '#domain/override.ts';
import { SEVERITY_LEVELS, type SeverityLevel } from '#domain/severity.ts';

const OVERRIDE = /^\s*([^=\s]+)\s*=\s*(\S.*?)\s*$/s;

/** `GU-210=accepted by the board` -> its place in the request. Throws UsageError. */
export const parseOverrides = (given: readonly string[]): Record<string, string> => {
  const overrides: Record<string, string> = {};
  for (const one of given) {
    const [, guard, reason] = OVERRIDE.exec(one) ?? [];
    if (!guard || !reason) {
      throw new UsageError(
        `--override must be a guard and why it is overridden, such as GU-210="accepted by ...", got "${one}"`,
      );
    }
    if (!isOverridable(guard)) {
      const guards = GUARDS.map(({ id }) => id);
      throw new UsageError(`--override: ${notOverridable(guard, guards)}`);
    }
    if (guard in overrides) throw new UsageError(`--override ${guard} is given twice`);
    overrides[guard] = reason;
  }
  return overrides;
};

interface Options {
  readonly reason: string;
  readonly mode: string;
  readonly wait: boolean;
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly approval?: string;
  readonly decideWithin?: string;
  readonly severity?: string;
  readonly override: readonly string[];
  readonly as: string;
}

/** `2` -> 2. Throws UsageError. */
const parseSeverity = (given: string): SeverityLevel => {
  const level = SEVERITY_LEVELS.find((one) => String(one) === given.trim());
  if (level === undefined) throw new UsageError(`--severity must be ${SEVERITY_LEVELS.join(', ')}, got "${given}"`);
  return level;
};

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
    .option('--mode <mode>', 'failover or dry-run', 'failover')
    .option(
      '--dry-run',
      'look at everything, name every change, make none: exit 0 when it would go, 1 when it would be refused',
    )
    .option('--approval <required>', "ask for approval before the promotion, also where the plan's policy does not")
    .option('--decide-within <duration>', 'time for the approvers, such as 10m; needs --approval required')
    .option('--severity <level>', 'how grave it is, 1 (the gravest) to 4, where you know more than the probes see')
    .option(
      '--override <guard=reason>',
      `a guard that you override, and why; repeatable: ${OVERRIDABLE_IDS.join(', ')}`,
      (one: string, before: readonly string[]) => [...before, one],
      [],
    )
    .option('--as <person>', 'who starts it: it stands in the record', userInfo().username)
    .option('--no-wait', 'return when it is started')
    .option('--json', 'one JSON object on the last line')
    .action(async (plan: string, options: Options) => {
      if (options.mode !== 'failover' && options.mode !== 'dry-run') {
        throw new UsageError(`--mode must be failover or dry-run, got "${options.mode}"`);
      }
      const dry = options.dryRun === true || options.mode === 'dry-run';
      const { by, reason } = personsWord(options, 'starts');
      const overrides = parseOverrides(options.override);
      const asked = {
        ...askedFor(options),
        by,
        ...(options.severity === undefined ? {} : { severity: parseSeverity(options.severity) }),
        ...(Object.keys(overrides).length > 0 ? { overrides } : {}),
      };
      const { executions, machine, plan: own } = await cloud();
      if (plan !== own.plan) throw new UsageError(`unknown plan "${plan}"; the plan here is "${own.plan}"`);
      const machineArn = await machine('regional-failover');
      const input = { plan, reason, mode: dry ? 'dry-run' : 'failover', ...asked };
      const how = dry ? 'dry-run' : 'manual';
      const arn = await startExecution(executions, machineArn, manualName(plan, how, by, new Date()), input);
      const screen = terminal(process.stderr, { quiet: options.json === true });
      screen.line(`started ${arn}`);
      if (!options.wait) {
        process.stdout.write(`${options.json ? JSON.stringify({ execution_arn: arn, status: 'RUNNING' }) : arn}\n`);
        return;
      }
      const end = await followExecution(executions, arn, screen);
      if (dry && end.status === 'SUCCEEDED') {
        const planned = end.output as unknown as DryRun;
        const last = await lastDurations(executions, machineArn);
        const { style } = terminal(process.stdout);
        const text = options.json
          ? JSON.stringify({ execution_arn: arn, ...planned, lastDurationsMs: last })
          : dryRunLines(planned, last, style).join('\n');
        process.stdout.write(`${text}\n`);
        process.exitCode = planned.wouldGo ? EXIT.met : EXIT.missed;
        return;
      }
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
