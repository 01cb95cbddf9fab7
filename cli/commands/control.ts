import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { EXIT, RunError, UsageError } from '#cli/exit.ts';
import { record, type Target, target, type Verb } from '#cli/run-order.ts';
import { nearest } from '#domain/nearest.ts';
import { RECOVERY_STEPS, SKIPPABLE } from '#domain/steps.ts';
import type { Order } from '#ports/controls.ts';
import { force } from './force.ts';
import { redrive } from './redrive.ts';
import { manualName } from './start.ts';

const FORWARD_ONLY =
  'the promotion was let begin, which cannot be undone: the run goes forward only. To stop it where it is: continuity pause';

interface Options {
  readonly reason: string;
  readonly as: string;
  readonly json?: boolean;
}

const mustRun = ({ about }: Target, verb: Verb): void => {
  if (about.status === 'RUNNING') return;
  const other = about.status === 'SUCCEEDED' ? '' : '; to go on where it stopped: continuity retry';
  throw new UsageError(`${about.name} is ${about.status}: only a running execution can be told to ${verb}${other}`);
};

/** A run that waits for its approvers is told at once; one that does not wait sees the order before its next change. */
const endWaiting = async (to: Target, order: Order): Promise<void> => {
  const asked = await to.approvals.read(to.arn);
  if (asked?.status !== 'open') return;
  await to.taskTokens.fail(asked.token, 'AbortedError', `aborted by ${order.by}: ${order.reason}`);
};

const checkState = (state: string): void => {
  if (SKIPPABLE[state] !== undefined) return;
  const can = Object.keys(SKIPPABLE).join(', ');
  if (RECOVERY_STEPS.some((step) => step.state === state)) {
    throw new UsageError(`${state} cannot be skipped: a rule of the design needs it; these can: ${can}`);
  }
  const meant = nearest(state, Object.keys(SKIPPABLE));
  throw new UsageError(
    `unknown state "${state}"${meant ? ` (did you mean ${meant}?)` : ''}; these can be skipped: ${can}`,
  );
};

const DO: Readonly<Record<Verb, (to: Target, order: Order, state: string) => Promise<string>>> = {
  pause: async (to, order) => {
    mustRun(to, 'pause');
    await to.controls.pause(to.arn, order);
    await record(to, 'pause', order);
    return 'paused: it holds before its next change, for about an hour; continuity resume lets it go on';
  },
  resume: async (to, order) => {
    mustRun(to, 'resume');
    await to.controls.resume(to.arn);
    await record(to, 'resume', order);
    return 'resumed: it goes on within 10 seconds';
  },
  skip: async (to, order, state) => {
    mustRun(to, 'skip');
    const consequence = SKIPPABLE[state] ?? '';
    await to.controls.skip(to.arn, state, order);
    await record(to, 'skip', order, { state, consequence });
    return `${state} will be skipped: ${consequence}`;
  },
  abort: async (to, order) => {
    mustRun(to, 'abort');
    if (!(await to.controls.abort(to.arn, order))) {
      await record(to, 'abort', order, { refused: FORWARD_ONLY });
      throw new RunError(`not aborted: ${FORWARD_ONLY}`);
    }
    await record(to, 'abort', order);
    await endWaiting(to, order);
    return 'aborted: before its next change it undoes what it did (fence lifted, replicas as before) and ends as Aborted';
  },
  retry: async (to, order) => {
    if (to.about.status === 'RUNNING') throw new UsageError(`${to.about.name} is running: there is nothing to retry`);
    if (to.about.status === 'SUCCEEDED') throw new UsageError(`${to.about.name} has succeeded: nothing to retry`);
    const name = manualName(to.plan.plan, 'retry', order.by, new Date());
    await record(to, 'retry', order, { as: name });
    const reason = `retry of ${to.about.name}: ${order.reason}`;
    const input = { plan: to.plan.plan, reason, mode: 'failover', by: order.by };
    const { arn } = await to.executions.start(to.machineArn, name, input);
    return `started again for the same incident: each step looks first whether it is done already\n${arn}`;
  },
  redrive,
  force: async (to, order) => {
    mustRun(to, 'force');
    return force(to, order);
  },
};

const ABOUT: Readonly<Record<Verb, string>> = {
  pause: 'hold a running execution before its next change',
  resume: 'let a paused execution go on',
  skip: `leave out one step: ${Object.keys(SKIPPABLE).join(', ')}`,
  abort: 'stop a running execution before its promotion, and undo what it did',
  retry: 'go on after an execution that failed: the same incident, steps that are done stay done',
  force:
    'let a running execution go on past a confirmation that it waits for; never past one that a rule of the design needs',
  redrive: 'let an execution that was stopped or timed out after its promotion began go on where it was, as itself',
};

const order = async (verb: Verb, execution: string, state: string, options: Options): Promise<void> => {
  const { as: by, json } = options;
  const reason = options.reason.trim();
  if (reason === '') throw new UsageError('--reason must say why: it stands in the record');
  if (verb === 'skip') checkState(state);
  const to = await target(execution);
  const said = await DO[verb](to, { by, reason, at: to.now() }, state);
  process.stdout.write(`${json ? JSON.stringify({ execution_arn: to.arn, order: verb, by, reason, said }) : said}\n`);
  process.exitCode = EXIT.met;
};

/** `continuity pause|resume|skip|abort|retry|redrive|force <execution> --reason "..."`: a person has the last word over a run. */
export const controlCommands = (program: Command): void => {
  for (const verb of Object.keys(DO) as Verb[]) {
    const command = program.command(verb).description(ABOUT[verb]).argument('<execution>', 'ARN or name');
    if (verb === 'skip') command.argument('<state>', Object.keys(SKIPPABLE).join(', '));
    command
      .requiredOption('--reason <text>', 'why: it stands in the record')
      .option('--as <person>', 'who orders it', userInfo().username)
      .option('--json', 'one JSON object')
      .action((execution: string, ...rest: unknown[]) =>
        verb === 'skip'
          ? order(verb, execution, rest[0] as string, rest[1] as Options)
          : order(verb, execution, '', rest[0] as Options),
      );
  }
};
