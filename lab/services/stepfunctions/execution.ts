import { isDeepStrictEqual } from 'node:util';
import type { ExecutionStatus } from '@aws-sdk/client-sfn';
import { ServiceFault } from '#lab/contract.ts';
import type { Json, JsonObject, Machine } from './definition.ts';
import { Halted, HistoryFull, StateError } from './errors.ts';
import { History, MAX_EVENTS, WHOLE } from './history.ts';
import { runStates } from './interpreter.ts';
import type { Checkpoint, Engine, Run, Thread } from './run.ts';
import { type Deadline, deadline } from './timing.ts';

/** The state machine as it was when the execution started: a later update does not touch it. */
export interface MachineSnapshot {
  readonly arn: string;
  readonly name: string;
  readonly roleArn: string;
  readonly definition: string;
  readonly machine: Machine;
  readonly revisionId: string | undefined;
  readonly updateDate: Date;
}

export interface ExecutionStart {
  readonly arn: string;
  readonly name: string;
  readonly of: MachineSnapshot;
  /** JSON text as given. */
  readonly input: string;
  readonly data: Json;
  /** Called at the start and at the end, after the status has changed. */
  readonly changed: (execution: Execution) => void;
  /** An error of the engine itself, not of the machine. */
  readonly broken: (execution: Execution, error: unknown) => void;
}

interface End {
  readonly status: ExecutionStatus;
  readonly output?: string;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
}

/** https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html: "Redrive eligibility for unsuccessful executions". */
export const REDRIVABLE_DAYS = 14;
const REDRIVABLE_MS = REDRIVABLE_DAYS * 86_400_000;
const MAX_OPEN_MS = 365 * 86_400_000;
/** Answers by client token are kept for so many redrives. */
const MAX_TOKENS = 10;

/** One execution from start to end. Its status changes after it has ended only when it is redriven. */
export class Execution {
  readonly arn: string;
  readonly name: string;
  readonly of: MachineSnapshot;
  readonly input: string;
  readonly data: Json;
  readonly startDate = new Date();
  readonly history = new History();
  stopDate: Date | undefined;
  end: End = { status: 'RUNNING' };
  redriveCount = 0;
  redriveDate: Date | undefined;
  #controller = new AbortController();
  readonly #changed: (execution: Execution) => void;
  readonly #broken: (execution: Execution, error: unknown) => void;
  #limit: Deadline | undefined;
  #done = Promise.withResolvers<void>();
  /** The main line of states, and its end as a promise: after it nothing of an attempt writes to the history any more. */
  #thread: Thread | undefined;
  #following: Promise<void> = Promise.resolve();
  #redriving = false;
  /** Client tokens of redrives that were made -> the date that was answered. */
  readonly #tokens = new Map<string, Date>();

  constructor(start: ExecutionStart) {
    this.arn = start.arn;
    this.name = start.name;
    this.of = start.of;
    this.input = start.input;
    this.data = start.data;
    this.#changed = start.changed;
    this.#broken = start.broken;
  }

  get status(): ExecutionStatus {
    return this.end.status;
  }

  /** Resolves when the execution has ended. */
  get done(): Promise<void> {
    return this.#done.promise;
  }

  isSameInput(data: Json): boolean {
    return isDeepStrictEqual(this.data, data);
  }

  /** Starts it; returns at once. */
  run(engine: Engine): void {
    const { roleArn } = this.of;
    this.history.add('ExecutionStarted', 0, {
      executionStartedEventDetails: { input: this.input, inputDetails: WHOLE, roleArn },
    });
    this.#changed(this);
    this.#go(engine, { signal: this.#controller.signal, previous: 0, variables: {} });
  }

  /** Why RedriveExecution would refuse, in AWS's words; undefined when it would not. */
  notRedrivable(now = Date.now()): string | undefined {
    const { status } = this;
    if (status === 'RUNNING' || status === 'SUCCEEDED' || this.#redriving) {
      return `Execution is ${this.#redriving ? 'RUNNING' : status} and cannot be redriven`;
    }
    if (this.history.events.length >= MAX_EVENTS - 1) return 'Execution history event limit exceeded';
    if (now - this.startDate.getTime() > MAX_OPEN_MS) return 'Execution has exceeded the max execution time';
    if (now - (this.stopDate?.getTime() ?? now) > REDRIVABLE_MS) return 'Execution redrivable period exceeded';
    return undefined;
  }

  /** Goes on from the states that were open when it ended. Repeated with the same token it gives the same date and does nothing. */
  async redrive(engine: Engine, token?: string): Promise<Date> {
    const answered = token === undefined ? undefined : this.#tokens.get(token);
    if (answered) return answered;
    const reason = this.notRedrivable();
    if (reason !== undefined) throw new ServiceFault('ExecutionNotRedrivable', reason);
    this.#redriving = true;
    // What the ended attempt still had to unwind leaves no trace in the history of this one.
    await this.#following;
    this.#redriving = false;
    const date = new Date();
    this.redriveCount += 1;
    this.redriveDate = date;
    this.stopDate = undefined;
    this.end = { status: 'RUNNING' };
    this.#controller = new AbortController();
    this.#done = Promise.withResolvers<void>();
    const previous = this.history.reopen(this.redriveCount);
    if (token !== undefined) this.#keepToken(token, date);
    this.#changed(this);
    const from = this.#thread?.checkpoint;
    this.#go(engine, { signal: this.#controller.signal, previous, variables: {} }, from);
    return date;
  }

  #keepToken(token: string, date: Date): void {
    this.#tokens.set(token, date);
    const [oldest] = this.#tokens.keys();
    if (this.#tokens.size > MAX_TOKENS && oldest !== undefined) this.#tokens.delete(oldest);
  }

  /** The machine's own time-out counts from here. */
  #go(engine: Engine, thread: Thread, from?: Checkpoint): void {
    const { machine } = this.of;
    if (machine.TimeoutSeconds !== undefined) {
      this.#limit = deadline(machine.TimeoutSeconds * 1000, () => new Halted('execution'));
      this.#limit.expired.catch(() => this.#timeOut());
    }
    this.#thread = thread;
    this.#following = this.#follow(engine, thread, from);
  }

  /** StopExecution. False when it had ended before. */
  stop(error?: string, cause?: string): boolean {
    if (this.stopDate) return false;
    const details = { ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) };
    this.history.close('ExecutionAborted', this.#last, { executionAbortedEventDetails: details });
    this.#finish({ status: 'ABORTED', error, cause });
    return true;
  }

  get #last(): number {
    return this.history.events.length;
  }

  #timeOut(): void {
    if (this.stopDate) return;
    this.history.close('ExecutionTimedOut', this.#last, {
      executionTimedOutEventDetails: { error: 'States.Timeout' },
    });
    this.#finish({ status: 'TIMED_OUT' });
  }

  #finish(end: End): void {
    this.#limit?.stop();
    this.stopDate = new Date();
    this.end = end;
    this.#controller.abort(new Halted('execution'));
    this.#changed(this);
    this.#done.resolve();
  }

  async #follow(engine: Engine, thread: Thread, from: Checkpoint | undefined): Promise<void> {
    const { arn: machineArn, roleArn } = this.of;
    const run: Run = { engine, history: this.history, roleArn, machineArn, context: this.#context(), steps: 0 };
    try {
      const output = JSON.stringify(await runStates(run, this.of.machine, this.data, thread, from));
      if (this.stopDate) return;
      this.history.close('ExecutionSucceeded', thread.previous, {
        executionSucceededEventDetails: { output, outputDetails: WHOLE },
      });
      this.#finish({ status: 'SUCCEEDED', output });
    } catch (error) {
      if (this.stopDate) return;
      this.#fail(error, thread);
    }
  }

  #fail(error: unknown, thread: Thread): void {
    const failure = this.#failureOf(error);
    this.history.close('ExecutionFailed', thread.previous, {
      executionFailedEventDetails: {
        ...(failure.error !== undefined && { error: failure.error }),
        ...(failure.reason !== undefined && { cause: failure.reason }),
      },
    });
    this.#finish({ status: 'FAILED', error: failure.error, cause: failure.reason });
  }

  #failureOf(error: unknown): StateError {
    if (error instanceof StateError) return error;
    if (error instanceof HistoryFull) {
      const text = `The execution reached the maximum number of history events (${MAX_EVENTS}).`;
      return new StateError('States.Runtime', text);
    }
    this.#broken(this, error);
    return new StateError('States.Runtime', `The engine failed: ${String(error)}`);
  }

  #context(): JsonObject {
    return {
      Execution: {
        Id: this.arn,
        Input: this.data,
        Name: this.name,
        RoleArn: this.of.roleArn,
        StartTime: this.startDate.toISOString(),
        RedriveCount: this.redriveCount,
        ...(this.redriveDate && { RedriveTime: this.redriveDate.toISOString() }),
      },
      StateMachine: { Id: this.of.arn, Name: this.of.name },
    };
  }
}
