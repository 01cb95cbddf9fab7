import * as z from 'zod';
import { pipeline } from '#pipeline/pipeline.ts';
import type { Database, DatabaseInstance } from '#ports/database.ts';
import { database, databaseSession, workloads, writeLease } from '#src/composition.ts';
import type { FenceStep } from './fence-primary.ts';
import { fenceAgain } from './shared/fence-again.ts';
import { type FenceInput, fenceInput } from './shared/fence-input.ts';

/** What FencePrimary found; it is on record, with the positions, before this state is entered. */
const input = z.strictObject({ fence: fenceInput });

interface Step extends FenceStep {
  readonly input: { readonly fence: FenceInput };
  readonly ports: FenceStep['ports'] & { readonly database: Database };
}

/** An old primary that was looked at before then may be back: this state waits for a pause, and for RDS, and is redriven. */
const FRESH_MS = 15_000;

const seen = ({ status, replicaOf }: DatabaseInstance) => ({ status, replicaOf });

/** The fence that is promoted on: of the last seconds. `found`: what was found when it was made again. */
const freshFence = async (step: Step) => {
  const { fence } = step.input;
  const age = fence.at === undefined ? Number.POSITIVE_INFINITY : Date.parse(step.clock.now()) - Date.parse(fence.at);
  if (age <= FRESH_MS) return { fence, found: {} };
  const again = await fenceAgain(step, fence);
  const { positions, catchUp, dataLoss } = again;
  return { fence: again, found: { positions, catchUp, dataLoss } };
};

/**
 * Starts the promotion of the standby database: the one step that cannot be undone. An instance that is no replica any more is left alone. A fence
 * that is not of the last seconds is made again first: nothing is promoted beside a primary that came back meanwhile.
 * That the promotion took place is proven by ConfirmPromotion, never by this call's answer. Throws PromotionRefusedError, PromotionNotYetError; and
 * as `fenceAgain` does.
 */
export const promoteReplica = async (step: Step) => {
  const { database } = step.ports;
  const before = await database.describe('standby');
  if (before.replicaOf === null)
    return { instance: before.id, fenced: step.input.fence.verified, before: seen(before), after: seen(before) };
  const { fence, found } = await freshFence(step);
  await database.promote();
  const after = await database.describe('standby');
  return {
    instance: before.id,
    fenced: fence.verified,
    fence: { verifiedBy: fence.verifiedBy, at: fence.at },
    ...found,
    before: seen(before),
    after: seen(after),
  };
};

export const handler = pipeline({
  input,
  ports: { database, databaseSession, workloads, writeLease },
  mutates: true,
  oneWay: true,
}).handler(promoteReplica);
