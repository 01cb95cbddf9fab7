import { isForgotten } from '#domain/execution-status.ts';
import type { DeployedStack } from './stack.ts';

/** What Step Functions says of a claim's holder; null when it does not know it (any more): then it is over. */
export const statusOf = async ({ executions }: DeployedStack, holder: string): Promise<string | null> => {
  try {
    return (await executions.describe(holder)).status;
  } catch (error) {
    if (isForgotten(error)) return null;
    throw error;
  }
};
