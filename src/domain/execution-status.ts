/** Whether an execution is not over, by the status that Step Functions gives it; null: it does not know it (any more). */
export const isGoingOn = (status: string | null): boolean => status === 'RUNNING' || status === 'PENDING_REDRIVE';
