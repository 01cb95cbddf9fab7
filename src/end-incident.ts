import { endsIncident } from '#domain/incident.ts';
import type { Entry } from '#domain/milestones.ts';
import { type Outcome, staysChanged } from '#domain/outcome.ts';
import type { Instant } from '#domain/side.ts';
import type { Claims } from '#ports/claims.ts';
import type { Incidents } from '#ports/incidents.ts';

export interface EndPorts {
  readonly claims: Pick<Claims, 'read'>;
  readonly incidents: Pick<Incidents, 'current' | 'leave' | 'close'>;
}

/**
 * Closes the incident of a run that is at its end, or puts down that the run left it open. True when it is closed. Can be repeated. The incident is
 * looked at before the claim: a run that takes the claim after that answers the incident after that, and then it is not closed.
 */
export const endIncident = async (
  { claims, incidents }: EndPorts,
  plan: string,
  outcome: Outcome,
  entries: readonly Entry[],
  now: Instant,
): Promise<boolean> => {
  const id = outcome.incident?.id;
  if (id === undefined) return false;
  const open = await incidents.current(plan);
  const claim = await claims.read(plan);
  const seen = open?.id === id ? open : { id, left: null, answeredBy: null };
  if (endsIncident(seen, claim, outcome, entries) && (await incidents.close(plan, seen, now))) return true;
  const changed = outcome.result !== 'recovered' && staysChanged(outcome.steps, entries);
  await incidents.leave(plan, id, { by: outcome.execution, at: now, changed });
  return false;
};
