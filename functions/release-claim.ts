import * as z from 'zod';
import type { Plan } from '#domain/plan.ts';
import { UNCONFIRMED } from '#domain/steps.ts';
import { pipeline } from '#pipeline/pipeline.ts';
import type { Claims } from '#ports/claims.ts';
import type { Clock } from '#ports/clock.ts';
import { claims } from '#src/composition.ts';
import { failure } from './shared/failure.ts';

const input = z.strictObject({ failure });

interface Step {
  readonly input: z.output<typeof input>;
  readonly ports: { readonly claims: Claims };
  readonly clock: Clock;
  readonly plan: Plan;
  readonly run: { readonly execution: string };
}

/**
 * Frees the claim if this execution holds it, read from the claim itself: the answer of ClaimRecovery may have been lost. Only a run that
 * recovered starts a cool-down: after one that failed a person may go on at once, and the incident that it left open keeps alarms from starting another.
 * One whose traffic nobody outside has confirmed brought the service here as well: an old primary that comes back is fenced.
 */
export const releaseClaim = async ({ input, ports, clock, plan, run }: Step) => {
  const held = await ports.claims.read(plan.plan);
  if (held?.holder !== run.execution) return { released: false, holder: held?.holder ?? null };
  const startsCoolDown = input.failure === null;
  const serves = startsCoolDown || input.failure?.error === UNCONFIRMED;
  const freed = await ports.claims.release(plan.plan, run.execution, held.epoch, clock.now(), {
    startsCoolDown,
    serves: serves ? plan.regions.standby : undefined,
  });
  return { released: freed.holder !== run.execution, holder: freed.holder };
};

export const handler = pipeline({ stage: 'end', input, ports: { claims } }).handler(releaseClaim);
