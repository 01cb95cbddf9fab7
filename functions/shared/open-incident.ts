import { isPast } from '#domain/incident.ts';
import { inputDigest } from '#domain/ledger-chain.ts';
import type { Plan } from '#domain/plan.ts';
import { closureEntry } from '#domain/plan-record.ts';
import type { Reading } from '#domain/reading.ts';
import type { Incident } from '#domain/request.ts';
import type { Claim } from '#ports/claims.ts';
import type { Clock } from '#ports/clock.ts';
import type { Incidents, OpenIncident } from '#ports/incidents.ts';
import type { Ledger } from '#ports/ledger.ts';

interface Intake {
  readonly ports: { readonly incidents: Incidents; readonly ledger: Pick<Ledger, 'append'> };
  readonly plan: Plan;
  readonly clock: Clock;
}

/** By what it is told that an incident is over although it is open. */
interface Seen {
  readonly claim: Claim | null;
  readonly readings: readonly Reading[];
}

const pastOne = (plan: Plan, open: OpenIncident | null, { claim, readings }: Seen): OpenIncident | null =>
  open !== null && isPast(open, claim, readings, plan.detection.vantagesNeeded) ? open : null;

/** The open incident, if it is not over. */
export const presentIncident = async ({ ports, plan }: Intake, seen: Seen): Promise<OpenIncident | null> => {
  const open = await ports.incidents.current(plan.plan);
  return pastOne(plan, open, seen) === null ? open : null;
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
  const past = pastOne(plan, await ports.incidents.current(plan.plan), seen);
  if (past !== null) {
    const reason = `its last run ended at ${past.left?.at}, and the service was seen well since`;
    const entry = closureEntry(plan.plan, past.id, reason);
    await ports.ledger.append({ ...entry, at: clock.now(), inputDigest: inputDigest({ incident: past.id, reason }) });
    await ports.incidents.close(plan.plan, past.id, clock.now());
  }
  return ports.incidents.openOrJoin(plan.plan, startedAt, detectedAt);
};
