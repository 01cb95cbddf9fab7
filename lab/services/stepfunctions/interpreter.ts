import type { Catcher, Exit, Json, JsonObject, State, StateGraph } from './definition.ts';
import { Halted, matches, StateError } from './errors.ts';
import { evaluate, evaluateAs, isString, QueryError } from './evaluate.ts';
import { retryPlan } from './retry.ts';
import {
  type Checkpoint,
  enter,
  exit,
  type Outcome,
  type Run,
  record,
  reopen,
  siteOf,
  type Thread,
  type Visit,
} from './run.ts';
import { choose } from './state-choice.ts';
import { performMap } from './state-map.ts';
import { performParallel } from './state-parallel.ts';
import { performTask } from './state-task.ts';
import { wait } from './state-wait.ts';
import { pause } from './timing.ts';

/** Bytes of UTF-8 (https://docs.aws.amazon.com/step-functions/latest/dg/limits-overview.html: input or output of a state). */
const MAX_PAYLOAD = 262_144;

/** Leaves a state: Assign and Output both see the variables as they were. `at` prefixes the field in errors. */
const leave = async (
  run: Run,
  thread: Thread,
  visit: Visit,
  fields: Exit,
  next: string | undefined,
  fallback: Json,
  extra?: JsonObject,
  at = '',
): Promise<Outcome> => {
  if (fields.Assign === undefined && fields.Output === undefined) return { output: fallback, next };
  const site = siteOf(run, thread, visit, extra);
  const assigned = fields.Assign && ((await evaluate(fields.Assign, `${at}Assign`, site)) as JsonObject);
  const output = fields.Output === undefined ? fallback : await evaluate(fields.Output, `${at}Output`, site);
  return { output, assigned, next };
};

/** One attempt at a state. Throws StateError. */
const perform = async (run: Run, thread: Thread, visit: Visit, state: State): Promise<Outcome> => {
  const finish = (result: Json): Promise<Outcome> =>
    leave(run, thread, visit, state as Exit, (state as { Next?: string }).Next, result, { result });
  switch (state.Type) {
    case 'Pass':
    case 'Succeed':
      return leave(run, thread, visit, state, 'Next' in state ? state.Next : undefined, visit.input);
    case 'Wait':
      await wait(run, thread, visit, state);
      return leave(run, thread, visit, state, state.Next, visit.input);
    case 'Choice': {
      const { next, exit: fields, at } = await choose(run, thread, visit, state);
      return leave(run, thread, visit, fields, next, visit.input, undefined, at);
    }
    case 'Fail': {
      const site = siteOf(run, thread, visit);
      const text = async (field: 'Error' | 'Cause'): Promise<string | undefined> =>
        state[field] === undefined ? undefined : evaluateAs(state[field], field, site, 'string', isString);
      throw new StateError(await text('Error'), await text('Cause'));
    }
    case 'Task':
      return finish(await performTask(run, thread, visit, state));
    case 'Parallel':
      return finish(await performParallel(run, thread, visit, state, runStates));
    case 'Map':
      return finish(await performMap(run, thread, visit, state, runStates));
  }
};

/** The event that AWS writes where an expression fails; it is written before Retry and Catch are asked. */
const noteQueryError = (run: Run, thread: Thread, visit: Visit, error: unknown): void => {
  if (!(error instanceof QueryError) || noted.has(error)) return;
  noted.add(error);
  // AWS links it to the event before the state was entered, as long as the state has done nothing else.
  if (thread.previous === visit.entered && error.evaluated) thread.previous = visit.before;
  record(run, thread, 'EvaluationFailed', {
    evaluationFailedEventDetails: {
      ...(error.error !== undefined && { error: error.error }),
      ...(error.reason !== undefined && { cause: error.reason }),
      ...(error.location !== undefined && { location: error.location }),
      state: visit.name,
    },
  });
};
/** A QueryError passes through the states around its own; one event is enough. */
const noted = new WeakSet<QueryError>();

const catchError = async (
  run: Run,
  thread: Thread,
  visit: Visit,
  catchers: readonly Catcher[],
  error: StateError,
): Promise<Outcome | undefined> => {
  const index = catchers.findIndex((catcher) => matches(catcher.ErrorEquals, error));
  const catcher = catchers[index];
  if (!catcher) return undefined;
  // Both members are always there: AWS gives {"Error":"States.Timeout","Cause":""} for a time-out.
  const errorOutput: JsonObject = { Error: error.error ?? '', Cause: error.reason ?? '' };
  return leave(run, thread, visit, catcher, catcher.Next, errorOutput, { errorOutput }, `Catch[${index}]/`);
};

/** A visit to a state with its retries and catchers. */
const settle = async (run: Run, thread: Thread, visit: Visit, state: State): Promise<Outcome> => {
  const handling = 'Retry' in state || 'Catch' in state ? state : undefined;
  const retries = retryPlan(handling?.Retry);
  for (;;) {
    try {
      return await perform(run, thread, visit, state);
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      noteQueryError(run, thread, visit, error);
      const delay = retries(error);
      if (delay !== undefined) {
        await pause(run.engine.time.ms(delay), thread.signal);
        visit.retryCount += 1;
        continue;
      }
      if (state.Type === 'Map') record(run, thread, 'MapStateFailed');
      if (state.Type === 'Parallel') record(run, thread, 'ParallelStateFailed');
      const caught = await catchError(run, thread, visit, handling?.Catch ?? [], error);
      if (caught) return caught;
      throw error;
    }
  }
};

const ABORTED = {
  Task: 'TaskStateAborted',
  Wait: 'WaitStateAborted',
  Map: 'MapStateAborted',
  Parallel: 'ParallelStateAborted',
} as const;

const noteHalt = (run: Run, state: State, error: unknown): void => {
  if (!(error instanceof Halted) || error.scope !== 'sibling' || !(state.Type in ABORTED)) return;
  run.history.add(ABORTED[state.Type as keyof typeof ABORTED], error.after);
};

const tooLong = (output: string): boolean => output.length > MAX_PAYLOAD / 4 && Buffer.byteLength(output) > MAX_PAYLOAD;

const checkSize = (output: string, visit: Visit): void => {
  if (!tooLong(output)) return;
  throw new StateError(
    'States.DataLimitExceeded',
    `The state/task '${visit.name}' returned a result with a size exceeding the maximum number of bytes service limit.`,
  );
};

/** A loop of Pass and Choice states runs on promises alone; without a turn now and then no timer of the process would fire. */
const STEPS_PER_TURN = 64;
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A Fail state is entered again, and fails again; any other goes on as the visit that it was. */
const resume = (state: State, from: Checkpoint | undefined): Visit | undefined =>
  from === undefined || state.Type === 'Fail' ? undefined : reopen(from.visit);

/**
 * Runs a graph from its StartAt to an end and gives the last output; from where it was when the execution is redriven. Throws
 * StateError when a state fails and nothing catches it, Halted when the thread's signal aborts, HistoryFull.
 */
export const runStates = async (
  run: Run,
  graph: StateGraph,
  input: Json,
  thread: Thread,
  from?: Checkpoint,
): Promise<Json> => {
  let name = from?.visit.name ?? graph.StartAt;
  let data = from?.visit.input ?? input;
  let open = from;
  if (from) thread.variables = from.variables;
  for (;;) {
    if (thread.signal.aborted) throw thread.signal.reason;
    const state = graph.States[name];
    if (!state) throw new StateError('States.Runtime', `The state '${name}' does not exist`);
    const visit = resume(state, open) ?? enter(run, thread, name, state, data);
    open = undefined;
    thread.checkpoint = { visit, variables: thread.variables };
    let outcome: Outcome;
    try {
      // Only inside of a state: between two there would be none to go on from.
      run.steps += 1;
      if (run.steps % STEPS_PER_TURN === 0) await nextTurn();
      if (thread.signal.aborted) throw thread.signal.reason;
      outcome = await settle(run, thread, visit, state);
      if (thread.signal.aborted) throw thread.signal.reason;
    } catch (error) {
      noteQueryError(run, thread, visit, error);
      noteHalt(run, state, error);
      throw error;
    }
    const output = JSON.stringify(outcome.output);
    // Where the result itself is what cannot be, all of its lines are run again when the execution is redriven.
    if (tooLong(output)) visit.lines = undefined;
    checkSize(output, visit);
    exit(run, thread, visit, state, outcome, output);
    if (outcome.assigned) thread.variables = { ...thread.variables, ...outcome.assigned };
    if (outcome.next === undefined) return outcome.output;
    data = outcome.output;
    name = outcome.next;
  }
};
