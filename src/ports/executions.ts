import type { Instant, Json } from '#domain/side.ts';

export interface ExecutionSummary {
  readonly arn: string;
  readonly name: string;
  readonly status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED' | 'PENDING_REDRIVE';
  readonly startedAt: Instant;
  readonly stoppedAt: Instant | null;
}

export interface ExecutionEvent {
  readonly id: number;
  readonly at: Instant;
  readonly type: string;
  readonly state: string | null;
}

/** Executions of the recovery state machines. */
export interface Executions {
  /**
   * Starts an execution with this name. A name that was used already is the same execution: `started` is false and the arn is its.
   * Throws ExecutionRefusedError with the service's reason.
   */
  start(machineArn: string, name: string, input: Json): Promise<{ readonly arn: string; readonly started: boolean }>;
  describe(arn: string): Promise<
    ExecutionSummary & {
      readonly input: Json;
      readonly output: Json | null;
      readonly error: string | null;
      readonly cause: string | null;
    }
  >;
  /**
   * Lets an execution that was stopped, timed out or failed go on from the states that were open, under the same ARN and definition. An execution
   * that ended in a Fail state enters it again and fails again. Throws ExecutionRefusedError with the service's reason: it runs, it succeeded, it
   * ended more than 14 days ago.
   */
  redrive(arn: string): Promise<void>;
  /** Every state machine of the region, by name. */
  machines(): Promise<readonly { readonly name: string; readonly arn: string }[]>;
  list(machineArn: string, most: number): Promise<readonly ExecutionSummary[]>;
  history(arn: string): Promise<readonly ExecutionEvent[]>;
}
