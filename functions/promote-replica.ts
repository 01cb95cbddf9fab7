import * as z from 'zod';
import { pipeline } from '#pipeline/pipeline.ts';
import type { Database, DatabaseInstance } from '#ports/database.ts';
import { database } from '#src/composition.ts';

/** What FencePrimary found; it is on record, with the positions, before this state is entered. */
const input = z.strictObject({ fence: z.looseObject({ fenced: z.boolean(), verified: z.boolean() }) });

interface Step {
  readonly input: z.output<typeof input>;
  readonly ports: { readonly database: Database };
}

const seen = ({ status, replicaOf }: DatabaseInstance) => ({ status, replicaOf });

/**
 * Starts the promotion of the standby database: the one step that cannot be undone. An instance that is no replica any more is left alone.
 * That the promotion took place is proven by ConfirmPromotion, never by this call's answer. Throws PromotionRefusedError.
 */
export const promoteReplica = async ({ input, ports }: Step) => {
  const before = await ports.database.describe('standby');
  if (before.replicaOf !== null) await ports.database.promote();
  const after = before.replicaOf === null ? before : await ports.database.describe('standby');
  return { instance: before.id, fenced: input.fence.verified, before: seen(before), after: seen(after) };
};

export const handler = pipeline({ input, ports: { database }, mutates: true, oneWay: true }).handler(promoteReplica);
