import type { Command } from 'commander';
import { UsageError } from '#cli/exit.ts';
import { type DeployedStack, deployedStack } from '#cli/stack.ts';
import { type Step, stepsOf } from '#cli/steps.ts';
import { terminal } from '#cli/terminal.ts';
import { KEEP_FENCED, methodsOf } from '#domain/old-primary.ts';
import { planRecord, sayPlanEntry } from '#domain/plan-record.ts';
import { recordedOverrides, sayOverride } from '#domain/recorded-override.ts';
import type { Transition } from '#domain/transition.ts';
import type { ExecutionSummary } from '#ports/executions.ts';
import { ledger } from '#src/composition.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const seconds = (from: string, to: string | null): string =>
  to === null ? '' : `${((Date.parse(to) - Date.parse(from)) / 1000).toFixed(3)} s`;

const row = (execution: ExecutionSummary): string =>
  `${execution.startedAt}  ${execution.status.padEnd(10)} ${seconds(execution.startedAt, execution.stoppedAt).padStart(10)}  ${execution.name}`;

/** What happened to no execution: alarms that were not followed, orders that hold for every run. The last of it. */
const ofPlan = async (stack: DeployedStack, most: number) =>
  (await stack.make(ledger).read(planRecord(stack.plan.plan), most)).flatMap((entry) => {
    const said = sayPlanEntry(entry);
    return said === null
      ? []
      : [{ kind: entry.kind, at: entry.at, incident: entry.incident, said, result: entry.result }];
  });

const overview = async (
  most: number,
): Promise<readonly { readonly at: string; readonly text: string; readonly json: object }[]> => {
  const stack = await deployedStack();
  const [executions, entries] = await Promise.all([stack.executions.list(stack.machineArn, most), ofPlan(stack, most)]);
  return [
    ...executions.map((one) => ({ at: one.startedAt, text: row(one), json: { kind: 'execution', ...one } })),
    ...entries.map((one) => ({
      at: one.at,
      text: `${one.at}  ${(one.kind === 'refused' ? 'REFUSED' : 'ORDER').padEnd(10)} ${''.padStart(10)}  ${one.said}`,
      json: one,
    })),
  ]
    .sort((a, b) => (a.at < b.at ? 1 : -1))
    .slice(0, most);
};

/** Orders, decisions and overrides of one run, and what became of its old primary, from its record. */
const wordsOf = (entries: readonly Transition[]): readonly string[] => [
  ...recordedOverrides(entries).map(sayOverride),
  ...entries.flatMap(({ kind, state, at, actor, result }) => {
    if (state === KEEP_FENCED && kind === 'left')
      return methodsOf({ result }).map(
        ({ method, outcome, detail }) => `${at}  old primary: ${method}, ${outcome}: ${detail}`,
      );
    if (kind !== 'control' && kind !== 'decision') return [];
    const { order, choice, reason, refused, state: of } = (result ?? {}) as Record<string, unknown>;
    const where = order === undefined || of === undefined ? '' : ` ${of}`;
    const what = `${order ?? choice ?? kind}${where}${refused === undefined ? '' : ', refused'}`;
    return [`${at}  ${actor}: ${what}${reason === undefined ? '' : `: ${reason}`}`];
  }),
];

/** A name or ARN that Step Functions does not know is bad input; any other error stays what it is. */
const unknown = (execution: string, error: unknown): unknown =>
  /ExecutionDoesNotExist|InvalidArn/.test(String(error))
    ? new UsageError(`there is no execution "${execution}": \`npx continuity history\` lists those that there are`)
    : error;

/** How long a state took; or, of one that was not left, what became of it: a Fail state is never left, nor is what was open when the run ended. */
export const sayEnd = ({ type, durationMs, stopped }: Step, status: ExecutionSummary['status']): string => {
  if (durationMs !== null) return `${durationMs} ms`;
  if (stopped) return type === 'Fail' ? 'ended its branch' : 'stopped with its branch';
  if (status === 'RUNNING') return 'running';
  return type === 'Fail' ? `ended the run: ${status}` : `not left: the run ended as ${status}`;
};

const skippedBy = (entries: readonly Transition[], name: string): string => {
  const left = entries.find(({ state, kind }) => state === name && kind === 'left');
  const order = (left?.result as { readonly skipped?: { readonly by: string } } | null | undefined)?.skipped;
  return order ? `  skipped by ${order.by}` : '';
};

/**
 * `continuity history [execution]`: all executions, with the alarms that started none and the orders beside them, or one step by step. `execution` is an
 * ARN or a name.
 */
export const historyCommand = (program: Command): void => {
  program
    .command('history')
    .description('executions, alarms that started none and orders, or one execution step by step')
    .argument('[execution]', 'ARN or name')
    .option('--most <n>', 'how many executions', '20')
    .option('--json', 'as JSON')
    .action(async (execution: string | undefined, options: { most: string; json?: boolean }) => {
      const most = Number(options.most);
      if (!Number.isInteger(most) || most < 1 || most > 1_000)
        throw new UsageError(`--most must be a whole number from 1 to 1000, got "${options.most}"`);
      if (execution === undefined) {
        const found = await overview(most);
        if (options.json) say(JSON.stringify(found.map(({ json }) => json)));
        else say(found.length === 0 ? 'no executions yet' : found.map(({ text }) => text).join('\n'));
        return;
      }
      const stack = await deployedStack();
      const arn = stack.executionArn(execution);
      const { executions } = stack;
      const [about, events] = await Promise.all([executions.describe(arn), executions.history(arn)]).catch((error) => {
        throw unknown(execution, error);
      });
      const entries = await stack.make(ledger).read(arn);
      const steps = stepsOf(events);
      if (options.json) {
        say(JSON.stringify({ ...about, steps, overrides: recordedOverrides(entries) }));
        return;
      }
      const { style } = terminal(process.stdout);
      say(`${about.name}  ${style(about.status === 'SUCCEEDED' ? 'green' : 'yellow', about.status)}`);
      for (const step of steps) {
        const at = String(Date.parse(step.enteredAt) - Date.parse(about.startedAt)).padStart(7);
        say(`${at} ms  ${step.state.padEnd(22)} ${sayEnd(step, about.status)}${skippedBy(entries, step.state)}`);
      }
      for (const words of wordsOf(entries)) say(words);
      if (about.error !== null) say(`${about.error}: ${about.cause ?? ''}`);
    });
};
