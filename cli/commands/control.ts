import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { EXIT, RunError, UsageError } from '#cli/exit.ts';
import { personsWord } from '#cli/persons-word.ts';
import { record, type Target, target, type Verb } from '#cli/run-order.ts';
import { completes } from '#domain/milestones.ts';
import { nearest } from '#domain/nearest.ts';
import { RECOVERY_STEPS, SKIPPABLE } from '#domain/steps.ts';
import type { Order } from '#ports/controls.ts';
import { force } from './force.ts';
import { redrive } from './redrive.ts';
import { retry } from './retry.ts';

const FORWARD_ONLY =
  'the promotion was let begin, which cannot be undone: the run goes forward only. To stop it where it is: continuity pause';

interface Options {
  readonly reason: string;
  readonly as: string;
  readonly json?: boolean;
}

const mustRun = ({ about }: Target, verb: Verb): void => {
  if (about.status === 'RUNNING') return;
  const dry = (about.input as { readonly mode?: unknown } | null)?.mode === 'dry-run';
  const again = dry ? 'to look once more' : 'to go on where it stopped';
  const other = about.status === 'SUCCEEDED' ? '' : `; ${again}: continuity retry`;
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

export const ORDERS: Readonly<Record<Verb, (to: Target, order: Order, state: string) => Promise<string>>> = {
  pause: async (to, order) => {
    mustRun(to, 'pause');
    const { abort } = await to.controls.read(to.arn);
    if (abort)
      throw new UsageError(`${to.about.name} was aborted by ${abort.by} at ${abort.at}: it ends, and holds nowhere`);
    const asked = await to.approvals.read(to.arn);
    await to.controls.pause(to.arn, order);
    await record(to, 'pause', order);
    const holds = 'it holds before its next change, for about an hour; continuity resume lets it go on';
    return asked?.status === 'open'
      ? `paused, but the time of the people who are asked runs on, until ${asked.expiresAt}: declined or out of time, it lifts its fence and ends; approved, ${holds}`
      : `paused: ${holds}`;
  },
  resume: async (to, order) => {
    mustRun(to, 'resume');
    const { pause } = await to.controls.read(to.arn);
    if (pause === null) throw new UsageError(`${to.about.name} is not paused: there is nothing to resume`);
    await to.controls.resume(to.arn);
    await record(to, 'resume', order);
    return 'resumed: where it holds, it goes on within 10 seconds';
  },
  skip: async (to, order, state) => {
    mustRun(to, 'skip');
    const begun = (await to.ledger.read(to.arn)).filter((entry) => entry.state === state);
    if (begun.some(completes)) throw new UsageError(`${state} of ${to.about.name} is over: there is nothing to skip`);
    const consequence = SKIPPABLE[state] ?? '';
    await to.controls.skip(to.arn, state, order);
    await record(to, 'skip', order, { state, consequence });
    return begun.length === 0
      ? `${state} will be skipped: ${consequence}`
      : `${state} has begun: if it is tried again it will be skipped: ${consequence}`;
  },
  abort: async (to, order) => {
    mustRun(to, 'abort');
    if (!(await to.controls.abort(to.arn, order))) {
      await record(to, 'abort', order, { refused: FORWARD_ONLY });
      throw new RunError(`not aborted: ${FORWARD_ONLY}`);
    }
    await record(to, 'abort', order);
    await endWaiting(to, order);
    return 'aborted: at its next look, or before its next change, it undoes what it did (fence lifted, replicas as before) and ends as Aborted';
  },
  retry,
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
  retry:
    'start an execution that failed again as it was: steps that are done stay done, a dry run stays one, people who were asked are asked again',
  force:
    'let a running execution go on past a confirmation that it waits for; never past one that a rule of the design needs',
  redrive: 'let an execution that was stopped or timed out after its promotion began go on where it was, as itself',
};

const order = async (verb: Verb, execution: string, state: string, options: Options): Promise<void> => {
  const { by, reason } = personsWord(options);
  const { json } = options;
  if (verb === 'skip') checkState(state);
  const to = await target(execution);
  const said = await ORDERS[verb](to, { by, reason, at: to.now() }, state);
  process.stdout.write(`${json ? JSON.stringify({ execution_arn: to.arn, order: verb, by, reason, said }) : said}\n`);
  process.exitCode = EXIT.met;
};

/** `continuity pause|resume|skip|abort|retry|redrive|force <execution> --reason "..."`: a person has the last word over a run. */
export const controlCommands = (program: Command): void => {
  for (const verb of Object.keys(ORDERS) as Verb[]) {
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
