import type { Json } from '#domain/side.ts';

/** Answers a task of a state machine that waits for one. A token takes one answer. */
export interface TaskTokens {
  /** `gone`: the task does not wait any more (it was answered, timed out, or its execution ended). */
  succeed(token: string, output: Json): Promise<'sent' | 'gone'>;
  fail(token: string, error: string, cause: string): Promise<'sent' | 'gone'>;
}
