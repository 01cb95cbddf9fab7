import { ExecutionRefusedError } from '#domain/errors.ts';

/** Whether an execution is not over, by the status that Step Functions gives it; null: it does not know it (any more). */
export const isGoingOn = (status: string | null): boolean => status === 'RUNNING' || status === 'PENDING_REDRIVE';

/** Step Functions does not know the execution: it forgets one 90 days after its end. */
export const isForgotten = (error: unknown): boolean =>
  error instanceof ExecutionRefusedError && error.message.includes('ExecutionDoesNotExist');
