import { isForgotten } from '#domain/execution-status.ts';
import type { Executions } from '#ports/executions.ts';

interface Asked {
  readonly executions: Pick<Executions, 'describe'>;
}

/** What Step Functions says of a claim's holder; null when it does not know it (any more): then it is over. */
export const statusOf = async ({ executions }: Asked, holder: string): Promise<string | null> => {
  try {
    return (await executions.describe(holder)).status;
  } catch (error) {
    if (isForgotten(error)) return null;
    throw error;
  }
};
