import type { Plan } from '#domain/plan.ts';
import type { RecoveryRequest } from '#domain/request.ts';
import { pipeline } from '#pipeline/pipeline.ts';
import type { Claims } from '#ports/claims.ts';
import type { Clock } from '#ports/clock.ts';
import { claims } from '#src/composition.ts';

interface Step {
  readonly ports: { readonly claims: Claims };
  readonly clock: Clock;
  readonly plan: Plan;
  readonly request: RecoveryRequest;
  readonly run: { readonly execution: string };
}

/**
 * Takes the plan's claim, or gives the one that this execution has already. A person does not wait behind an alarm's run that has changed nothing
 * yet, and may override the cool-down. Throws ClaimHeldError and CoolDownError.
 */
export const claimRecovery = async ({ ports, clock, plan, request, run }: Step) => {
  const { actor, trigger, overrides = [] } = request;
  const override = overrides.find(({ guard }) => guard === 'GU-040');
  const by = { actor, mayTakeOver: trigger === 'person' };
  const coolDownSeconds = override === undefined ? plan.detection.coolDownSeconds : 0;
  const now = clock.now();
  const claim = await ports.claims.take(request.plan, run.execution, now, coolDownSeconds, by);
  const { epoch, takenAt, tookOverFrom } = claim;
  return { epoch, takenAt, tookOverFrom };
};

export const handler = pipeline({ stage: 'requested', ports: { claims } }).handler(claimRecovery);
