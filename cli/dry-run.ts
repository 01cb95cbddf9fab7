import type { DryRun } from '#domain/dry-run.ts';
import { formatDuration, sayMilliseconds } from '#domain/durations.ts';
import type { PlannedChange } from '#domain/planned-change.ts';
import type { Executions } from '#ports/executions.ts';
import type { Terminal } from './terminal.ts';

/** How many of the last recoveries are looked at. */
const LAST = 5;

/** Milliseconds that the last recoveries took, newest first: what this one may take. Dry runs and runs that did not recover are left out. */
export const lastDurations = async (executions: Executions, machineArn: string): Promise<readonly number[]> => {
  const ended = (await executions.list(machineArn, 50)).filter(({ status }) => status === 'SUCCEEDED');
  const found: number[] = [];
  for (const { arn, startedAt, stoppedAt } of ended) {
    if (found.length === LAST) break;
    if (stoppedAt === null) continue;
    const { input } = await executions.describe(arn);
    const isRecovery = (input as { mode?: unknown } | null)?.mode === 'failover';
    if (isRecovery) found.push(Date.parse(stoppedAt) - Date.parse(startedAt));
  }
  return found;
};

const width = (rows: readonly string[]): number => Math.max(...rows.map((row) => row.length), 0);

const changeLines = (changes: readonly PlannedChange[]): readonly string[] => {
  const steps = width(changes.map(({ state }) => state));
  const calls = width(changes.map(({ call }) => call));
  return changes.flatMap(({ state, call, target, from, to, needed, onlyIf, note }, index) => {
    const step = changes[index - 1]?.state === state ? '' : state;
    const what = needed ? `${from === null ? '' : `${from} `}-> ${to}` : `${to}: it is so already`;
    const only = onlyIf === null ? '' : ` [only if ${onlyIf}]`;
    return [
      `  ${step.padEnd(steps)}  ${call.padEnd(calls)}  ${target}`,
      `  ${''.padEnd(steps)}  ${''.padEnd(calls)}    ${what}${only}${note === null ? '' : ` (${note})`}`,
    ];
  });
};

const lossLine = ({ dataLoss }: DryRun): string =>
  dataLoss?.atMostSeconds === null || dataLoss === null
    ? 'Data loss: nothing is known'
    : `Data loss: writes of at most ${dataLoss.atMostSeconds} s${dataLoss.missingBytes === null ? '' : `, at least ${dataLoss.missingBytes} bytes of log`}${dataLoss.primaryLivedOn ? '; the primary took writes on, which this does not cover' : ''}`;

const approvalLine = ({ approval }: DryRun): string => {
  const { required, reason, approvers, escalateTo, firstSeconds } = approval;
  const asked = `of ${approvers.join(', ')}; after ${formatDuration(firstSeconds)} also of ${escalateTo.join(', ')}`;
  return required ? `Approval: would be asked ${asked}; ${reason}` : `Approval: would not be asked; ${reason}`;
};

const durationLine = (last: readonly number[]): string => {
  if (last.length === 0) return 'Duration: no earlier recovery is known';
  const [shortest, longest] = [Math.min(...last), Math.max(...last)];
  return `Duration: the last ${last.length} took ${sayMilliseconds(shortest)} to ${sayMilliseconds(longest)}`;
};

/** The dry run for people: verdict with all reasons, guards, changes in order, reads. */
export const dryRunLines = (plan: DryRun, last: readonly number[], style: Terminal['style']): readonly string[] => [
  plan.wouldGo
    ? style('green', 'Would go. Nothing was changed.')
    : style('yellow', 'Would refuse. Nothing was changed.'),
  ...plan.refusals.map(({ by, reason }) => `  ${by}: ${reason}`),
  '',
  'Guards',
  ...plan.guards.flatMap(({ id, state, reason, override }) => [
    `  ${id}  ${state.padEnd(7)}  ${reason}`,
    ...(override === null ? [] : [`          overridden by ${override.by}: ${override.reason}`]),
  ]),
  '',
  `Severity: ${plan.severity.level} (${plan.severity.reason})`,
  approvalLine(plan),
  '',
  `What a recovery would change (${plan.changes.length}), in order`,
  ...changeLines(plan.changes),
  '',
  `What was read (${plan.reads.length})`,
  ...plan.reads.map(({ what, outcome, ms }) => `  ${outcome.padEnd(11)}  ${what} (${ms} ms)`),
  '',
  lossLine(plan),
  durationLine(last),
];
