import * as z from 'zod';
import type { Plan } from '#domain/plan.ts';
import { RECOVERY_STEPS } from '#domain/steps.ts';
import { pipeline } from '#pipeline/pipeline.ts';
import type { Claims } from '#ports/claims.ts';
import type { Clock } from '#ports/clock.ts';
import { claims } from '#src/composition.ts';
import { type Failure, failure } from './shared/failure.ts';

const input = z.strictObject({ failure });

interface Step {
  readonly input: z.output<typeof input>;
  readonly ports: { readonly claims: Claims };
  readonly clock: Clock;
  readonly plan: Plan;
  readonly run: { readonly execution: string };
}

/** True when the run may have changed something before it ended: a step that changes was entered, or the Parallel of such steps. */
const mayHaveChanged = (ended: Failure): boolean => {
  const last = RECOVERY_STEPS.findIndex((step) => step.state === ended?.state);
  return last < 0 || RECOVERY_STEPS.slice(0, last + 1).some((step) => step.changes);
};

/**
 * Frees the claim if this execution holds it, read from the claim itself: the answer of ClaimRecovery may have been lost. A run that
 * ended before it changed anything was no recovery and starts no cool-down.
 */
export const releaseClaim = async ({ input, ports, clock, plan, run }: Step) => {
  const held = await ports.claims.read(plan.plan);
  if (held?.holder !== run.execution) return { released: false, holder: held?.holder ?? null };
  const startsCoolDown = mayHaveChanged(input.failure);
  const freed = await ports.claims.release(plan.plan, run.execution, held.epoch, clock.now(), { startsCoolDown });
  return { released: freed.holder !== run.execution, holder: freed.holder };
};

export const handler = pipeline({ stage: 'end', input, ports: { claims } }).handler(releaseClaim);
