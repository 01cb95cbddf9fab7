import type { HistoryEventType } from '@aws-sdk/client-sfn';
import type { LabTime } from '#lab/contract.ts';
import type { Json, JsonObject, State, StateGraph } from './definition.ts';
import type { Site, Variables } from './evaluate.ts';
import { type EventDetails, type History, WHOLE } from './history.ts';
import type { TaskTokens } from './tokens.ts';

export interface InvokeResult {
  /** What the function returned, or `{ errorType, errorMessage, ... }` when it failed. */
  readonly payload: unknown;
  /** `Unhandled` and the like: the function ran and failed. */
  readonly functionError?: string;
  readonly executedVersion?: string;
}

/**
 * Runs a function synchronously. `fn` is a name or an unqualified ARN, as the definition gives it. Rejects when the service
 * refuses (its error's `shape` or `name` becomes `Lambda.<name>`). On abort the call is given up; its outcome is not read.
 */
export type Invoke = (
  fn: string,
  payload: unknown,
  options: { signal: AbortSignal; qualifier?: string; caller: string; machineArn: string },
) => Promise<InvokeResult>;

/**
 * Any other integration: `resource` is the ARN in the state without `.waitForTaskToken`, `args` the evaluated Arguments. The
 * result becomes the task's result. Rejections become `<Service>.<name of the error>`.
 */
export type Integrate = (
  resource: string,
  args: Json,
  options: { signal: AbortSignal; caller: string },
) => Promise<unknown>;

/** What every execution of one service shares. */
export interface Engine {
  readonly time: LabTime;
  readonly region: string;
  readonly invoke: Invoke;
  readonly integrate?: Integrate | undefined;
  readonly tokens: TaskTokens;
}

/** One execution. */
export interface Run {
  readonly engine: Engine;
  readonly history: History;
  readonly roleArn: string;
  readonly machineArn: string;
  /** `$states.context` without `State`, `Task` and `Map`. */
  readonly context: JsonObject;
  /** States entered so far, over all threads. */
  steps: number;
}

/** One line of states: the machine, a branch of a Parallel, an iteration of a Map. */
export interface Thread {
  readonly signal: AbortSignal;
  /** The event that the next one follows. */
  previous: number;
  variables: Variables;
  /** `$states.context.Map` inside a Map. */
  map?: JsonObject | undefined;
  /** Where the line is: what a redrive goes on from when the execution ends unsuccessfully. */
  checkpoint?: Checkpoint | undefined;
}

/** A visit that is not over, with the variables as they were when the state was entered. */
export interface Checkpoint {
  readonly visit: Visit;
  readonly variables: Variables;
}

/** A line of a Parallel or a Map that is done: its result stays, also when the execution is redriven. */
export interface DoneLine {
  readonly result: unknown;
  readonly previous: number;
}

/** What became of each line of a Parallel or a Map, by index; a line that was never started is not there. */
export interface Lines {
  readonly done: Map<number, DoneLine>;
  readonly open: Map<number, Thread>;
}

/** One visit to one state, over all its retries. */
export interface Visit {
  readonly name: string;
  readonly entered: number;
  /** The event before `entered`. */
  readonly before: number;
  readonly enteredTime: string;
  readonly input: Json;
  retryCount: number;
  /** `$states.context.Task.Token` while a task waits for it. */
  token?: string | undefined;
  /** Of a Parallel or a Map. */
  lines?: Lines | undefined;
  /** The execution was redriven while this state was open: its lines go on where they were, once. */
  redriven?: boolean | undefined;
}

/** How a state ends: its output, its new variables, and where to go (undefined ends the line of states). */
export interface Outcome {
  readonly output: Json;
  readonly assigned?: JsonObject | undefined;
  readonly next: string | undefined;
}

/** Runs a graph in a thread and gives the output of its last state. */
export type Descend = (
  run: Run,
  graph: StateGraph,
  input: Json,
  thread: Thread,
  from?: Checkpoint | undefined,
) => Promise<Json>;

export const record = (run: Run, thread: Thread, type: HistoryEventType, details?: EventDetails): number => {
  thread.previous = run.history.add(type, thread.previous, details);
  return thread.previous;
};

export const siteOf = (run: Run, thread: Thread, visit: Visit, extra?: JsonObject): Site => ({
  state: visit.name,
  entered: visit.entered,
  variables: thread.variables,
  states: {
    input: visit.input,
    context: {
      ...run.context,
      State: { Name: visit.name, EnteredTime: visit.enteredTime, RetryCount: visit.retryCount },
      ...(visit.token === undefined ? {} : { Task: { Token: visit.token } }),
      ...(thread.map === undefined ? {} : { Map: thread.map }),
    },
    ...extra,
  },
});

/**
 * The visit that was open when the execution ended, gone on with: no second entry event, and its retries count from 0 again, as
 * https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html has it.
 */
export const reopen = (visit: Visit): Visit => ({ ...visit, retryCount: 0, token: undefined, redriven: true });

/** Writes the event and gives the visit. The first state of an execution follows event 0, as on AWS. */
export const enter = (run: Run, thread: Thread, name: string, state: State, input: Json): Visit => {
  const before = thread.previous;
  const entered = record(run, thread, `${state.Type}StateEntered`, {
    stateEnteredEventDetails: { name, input: JSON.stringify(input), inputDetails: WHOLE },
  });
  return { name, entered, before, enteredTime: new Date().toISOString(), input, retryCount: 0 };
};

export const exit = (run: Run, thread: Thread, visit: Visit, state: State, outcome: Outcome, output: string): void => {
  const { assigned } = outcome;
  const names = assigned ? Object.entries(assigned) : [];
  record(run, thread, `${state.Type}StateExited` as HistoryEventType, {
    stateExitedEventDetails: {
      name: visit.name,
      output,
      outputDetails: WHOLE,
      ...(names.length > 0 && {
        assignedVariables: Object.fromEntries(names.map(([name, value]) => [name, JSON.stringify(value)])),
        assignedVariablesDetails: WHOLE,
      }),
    },
  });
};
