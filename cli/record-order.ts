import { inputDigest } from '#domain/ledger-chain.ts';
import { orderEntry, type RecordedOrder } from '#domain/plan-record.ts';
import { ledger } from '#src/composition.ts';
import type { DeployedStack } from './stack.ts';

/** Every order to a plan is on its own record, with person and reason. */
export const recordOrder = async (stack: DeployedStack, order: RecordedOrder, at: string): Promise<void> => {
  const entry = orderEntry(stack.plan.plan, order);
  await stack.make(ledger).append({ ...entry, at, inputDigest: inputDigest(order) });
};
