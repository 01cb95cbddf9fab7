import * as z from 'zod';
import type { Plan } from '#domain/plan.ts';
import { pipeline } from '#pipeline/pipeline.ts';
import type { Clock } from '#ports/clock.ts';
import type { WriteLease } from '#ports/write-lease.ts';
import { attempt } from '#src/attempt.ts';
import { writeLease } from '#src/composition.ts';
import { type FenceMethod, judgeFence, sayLease, unanswered } from './fence-primary.ts';
import { type FenceInput, fenceInput } from './shared/fence-input.ts';

const input = z.strictObject({ fence: fenceInput });

interface Step {
  readonly input: { readonly fence: FenceInput };
  readonly ports: { readonly writeLease: Pick<WriteLease, 'read'> };
  readonly plan: Plan;
  readonly clock: Clock;
}

/** It looks several times within one call: all of them have to fit into the function's time-out. */
const WITHIN_MS = 1_500;

const look = async ({ ports, plan, clock }: Step): Promise<FenceMethod> => {
  const answer = await attempt(() => ports.writeLease.read(plan.plan), WITHIN_MS);
  return answer.outcome === 'answered'
    ? sayLease(answer.value, clock.now())
    : { method: 'write-lease', ...unanswered(answer) };
};

/**
 * After the wait: reads the lease again. Done when it is still taken away and its time is past; the fence that it gives is verified by it. One that
 * is not done gives a fence that people have to decide about, for when the looks are over.
 */
export const confirmFence = async (step: Step) => {
  const { fence } = step.input;
  const lease = await look(step);
  const methods = fence.methods.map((one) => (one.method === 'write-lease' ? lease : one));
  const { waitUntil: _, ...judged } = judgeFence(step.plan, methods);
  const ask = !judged.verified && step.plan.fence.unverified === 'ask';
  return { done: judged.verified, detail: lease.detail, fence: { ...fence, ...judged, waitUntil: null, ask } };
};

export const handler = pipeline({ input, ports: { writeLease }, watches: true, patient: true }).handler(confirmFence);
