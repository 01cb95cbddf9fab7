import { IncidentClosedError } from '#domain/errors.ts';
import type { Plan } from '#domain/plan.ts';
import type { RecoveryRequest } from '#domain/request.ts';
import { pipeline } from '#pipeline/pipeline.ts';
import type { Claims } from '#ports/claims.ts';
import type { Clock } from '#ports/clock.ts';
import type { Incidents, OpenIncident } from '#ports/incidents.ts';
import { claims, incidents } from '#src/composition.ts';

interface Step {
  readonly ports: { readonly claims: Claims; readonly incidents: Pick<Incidents, 'answer' | 'current'> };
  readonly clock: Clock;
  readonly plan: Plan;
  readonly request: RecoveryRequest;
  readonly run: { readonly execution: string };
}

/** Whoever goes on under an incident that is not the open one could not be gone on with: what it promotes, the next run would not know of. */
const mustBe = ({ plan, incident }: RecoveryRequest, open: OpenIncident | null): void => {
  if (open === null || open.id === incident.id) return;
  throw new IncidentClosedError(
    `incident ${incident.id} was closed since this run was accepted, and ${open.id} is open, which has a run of its own. If nobody recovers: continuity start ${plan} --reason "<why>"`,
  );
};

/**
 * Takes the plan's claim, or gives the one that this execution has already. A person does not wait behind an alarm's run that has changed nothing
 * yet, and may override the cool-down. Then it answers its incident: one that was closed since the request was accepted, by the end of another run or
 * by a person, is open again. Throws ClaimHeldError, CoolDownError and IncidentClosedError.
 */
export const claimRecovery = async ({ ports, clock, plan, request, run }: Step) => {
  const { actor, trigger, overrides = [] } = request;
  // Before the claim: a run that cannot go on takes over from nobody.
  mustBe(request, await ports.incidents.current(request.plan));
  const override = overrides.find(({ guard }) => guard === 'GU-040');
  const by = { actor, mayTakeOver: trigger === 'person' };
  const coolDownSeconds = override === undefined ? plan.detection.coolDownSeconds : 0;
  const now = clock.now();
  const claim = await ports.claims.take(request.plan, run.execution, now, coolDownSeconds, by);
  const { epoch, takenAt, tookOverFrom } = claim;
  const open = await ports.incidents.answer(request.plan, request.incident, run.execution);
  mustBe(request, open);
  return { epoch, takenAt, tookOverFrom, ...(open.opened ? { reopened: open.id } : {}) };
};

export const handler = pipeline({ stage: 'requested', ports: { claims, incidents } }).handler(claimRecovery);
