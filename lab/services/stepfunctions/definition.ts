/**
 * The Amazon States Language as the lab runs it: JSONata only. Shapes after https://states-language.net/spec.html and
 * https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html. A definition has one of these types only after
 * `validate.ts` has accepted it.
 */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** A JSON value in which every string `{% ... %}` is a JSONata expression. */
export type Template = Json;

export interface Retrier {
  readonly ErrorEquals: readonly string[];
  /** Declared seconds before the first retry; default 1. */
  readonly IntervalSeconds?: number;
  readonly BackoffRate?: number;
  /** Retries, not attempts; default 3, 0 means never. */
  readonly MaxAttempts?: number;
  readonly MaxDelaySeconds?: number;
  readonly JitterStrategy?: 'FULL' | 'NONE';
}

/** What a state, a choice rule or a catcher may say about its exit. */
export interface Exit {
  readonly Output?: Template;
  readonly Assign?: { readonly [name: string]: Template };
}

export interface Catcher extends Exit {
  readonly ErrorEquals: readonly string[];
  readonly Next: string;
}

interface Common {
  readonly Comment?: string;
  readonly QueryLanguage?: 'JSONata';
}

interface Transition {
  readonly Next?: string;
  readonly End?: boolean;
}

interface Handling {
  readonly Retry?: readonly Retrier[];
  readonly Catch?: readonly Catcher[];
}

export interface PassState extends Common, Transition, Exit {
  readonly Type: 'Pass';
}

export interface TaskState extends Common, Transition, Exit, Handling {
  readonly Type: 'Task';
  readonly Resource: string;
  readonly Arguments?: Template;
  readonly TimeoutSeconds?: Template;
  readonly HeartbeatSeconds?: Template;
}

export interface ChoiceRule extends Exit {
  readonly Condition: Template;
  readonly Next: string;
}

export interface ChoiceState extends Common, Exit {
  readonly Type: 'Choice';
  readonly Choices: readonly ChoiceRule[];
  readonly Default?: string;
}

export interface WaitState extends Common, Transition, Exit {
  readonly Type: 'Wait';
  readonly Seconds?: Template;
  readonly Timestamp?: Template;
}

export interface SucceedState extends Common, Exit {
  readonly Type: 'Succeed';
}

export interface FailState extends Common {
  readonly Type: 'Fail';
  readonly Error?: Template;
  readonly Cause?: Template;
}

export interface ParallelState extends Common, Transition, Exit, Handling {
  readonly Type: 'Parallel';
  readonly Branches: readonly StateGraph[];
  readonly Arguments?: Template;
}

export interface MapState extends Common, Transition, Exit, Handling {
  readonly Type: 'Map';
  readonly Items?: Template;
  readonly ItemSelector?: Template;
  readonly ItemProcessor: StateGraph;
  readonly MaxConcurrency?: Template;
}

export type State =
  | PassState
  | TaskState
  | ChoiceState
  | WaitState
  | SucceedState
  | FailState
  | ParallelState
  | MapState;

/** The machine itself, a branch of a Parallel, or the processor of a Map. */
export interface StateGraph {
  readonly StartAt: string;
  readonly States: { readonly [name: string]: State };
}

export interface Machine extends StateGraph {
  readonly Comment?: string;
  readonly QueryLanguage?: 'JSONata';
  /** Real seconds for the whole execution: a time-out, so never scaled. */
  readonly TimeoutSeconds?: number;
}
