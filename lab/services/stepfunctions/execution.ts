import { isDeepStrictEqual } from 'node:util';
import type { ExecutionStatus } from '@aws-sdk/client-sfn';
import type { Json, JsonObject, Machine } from './definition.ts';
import { Halted, HistoryFull, StateError } from './errors.ts';
import { History, MAX_EVENTS, WHOLE } from './history.ts';
import { runStates } from './interpreter.ts';
import type { Engine, Run, Thread } from './run.ts';
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

/** One execution from start to end. Its status never changes after it has ended. */
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
  readonly #controller = new AbortController();
  readonly #changed: (execution: Execution) => void;
  readonly #broken: (execution: Execution, error: unknown) => void;
  #limit: Deadline | undefined;
  #done = Promise.withResolvers<void>();

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
    const { machine, roleArn } = this.of;
    this.history.add('ExecutionStarted', 0, {
      executionStartedEventDetails: { input: this.input, inputDetails: WHOLE, roleArn },
    });
    this.#changed(this);
    if (machine.TimeoutSeconds !== undefined) {
      this.#limit = deadline(machine.TimeoutSeconds * 1000, () => new Halted('execution'));
      this.#limit.expired.catch(() => this.#timeOut());
    }
    void this.#follow(engine);
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

  async #follow(engine: Engine): Promise<void> {
    const run: Run = { engine, history: this.history, roleArn: this.of.roleArn, context: this.#context(), steps: 0 };
    const thread: Thread = { signal: this.#controller.signal, previous: 0, variables: {} };
    try {
      const output = JSON.stringify(await runStates(run, this.of.machine, this.data, thread));
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
        RedriveCount: 0,
      },
      StateMachine: { Id: this.of.arn, Name: this.of.name },
    };
  }
}
