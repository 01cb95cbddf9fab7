import { isPast } from '#domain/incident.ts';
import { inputDigest } from '#domain/ledger-chain.ts';
import type { Plan } from '#domain/plan.ts';
import { closureEntry } from '#domain/plan-record.ts';
import type { Reading } from '#domain/reading.ts';
import type { Incident } from '#domain/request.ts';
import type { Claim, Claims } from '#ports/claims.ts';
import type { Clock } from '#ports/clock.ts';
import type { Incidents, OpenIncident } from '#ports/incidents.ts';
import type { Ledger } from '#ports/ledger.ts';

interface Intake {
  readonly ports: {
    readonly claims: Pick<Claims, 'read'>;
    readonly incidents: Incidents;
    readonly ledger: Pick<Ledger, 'append'>;
  };
  readonly plan: Plan;
  readonly clock: Clock;
}

/** By what it is told that an incident is over although it is open. */
interface Seen {
  readonly claim: Claim | null;
  readonly readings: readonly Reading[];
}

const isOver = (plan: Plan, open: OpenIncident, { claim, readings }: Seen): boolean =>
  isPast(open, claim, readings, plan.detection.vantagesNeeded);

/** The open incident, if it is not over. */
export const presentIncident = async ({ ports, plan }: Intake, seen: Seen): Promise<OpenIncident | null> => {
  const open = await ports.incidents.current(plan.plan);
  return open === null || isOver(plan, open, seen) ? null : open;
};

/**
 * Opens an incident or joins the open one. One that is over although it is open is closed first, which is on record before it is done: joined, it
 * would lend its old run and its old clocks to what happens now.
 */
export const openIncident = async (
  { ports, plan, clock }: Intake,
  seen: Seen,
  { startedAt, detectedAt }: Omit<Incident, 'id'>,
): Promise<OpenIncident> => {
  const open = await ports.incidents.openOrJoin(plan.plan, startedAt, detectedAt);
  if (!isOver(plan, open, seen)) return open;
  // Again, after the incident: a run that has taken the claim since then answers it.
  if (!isOver(plan, open, { ...seen, claim: await ports.claims.read(plan.plan) })) return open;
  const reason = `its last run ended at ${open.left?.at}, and the service was seen well since`;
  const entry = closureEntry(plan.plan, open.id, reason);
  await ports.ledger.append({ ...entry, at: clock.now(), inputDigest: inputDigest({ incident: open.id, reason }) });
  await ports.incidents.close(plan.plan, open, clock.now());
  return ports.incidents.openOrJoin(plan.plan, startedAt, detectedAt);
};
