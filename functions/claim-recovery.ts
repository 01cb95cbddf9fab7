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

/** Takes the plan's claim, or gives the one that this execution has already. Throws ClaimHeldError and CoolDownError. */
export const claimRecovery = async ({ ports, clock, plan, request, run }: Step) => {
  const claim = await ports.claims.take(request.plan, run.execution, clock.now(), plan.detection.coolDownSeconds);
  return { epoch: claim.epoch, takenAt: claim.takenAt };
};

export const handler = pipeline({ stage: 'requested', ports: { claims } }).handler(claimRecovery);
