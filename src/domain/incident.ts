import type { ClaimSeen } from '#domain/claim.ts';
import { fenceLifted } from '#domain/lifted-fence.ts';
import type { Entry } from '#domain/milestones.ts';
import { type Outcome, staysChanged } from '#domain/outcome.ts';
import { OUTSIDE, type Reading } from '#domain/reading.ts';
import { serviceSignals } from '#domain/reading-history.ts';
import type { Instant } from '#domain/side.ts';

/** That a run of the incident ended and left it open. */
export type Left = {
  /** The last one that did, and when. */
  readonly by: string;
  readonly at: Instant;
  /** One of its runs, this one or an earlier, changed something and did not undo it. */
  readonly changed: boolean;
};

export interface IncidentSeen {
  readonly id: string;
  /** Null while no run of it has ended. */
  readonly left: Left | null;
}

/** A run of this incident let the promotion begin: from then on there is no way but forward, whatever became of that run. */
export const promotionBegun = (claim: Pick<ClaimSeen, 'promotion'> | null, incident: string): boolean =>
  claim?.promotion?.incident === incident;

/**
 * Whether the incident ends with this run. It stays open while a run, this or an earlier one, has left the service half moved: a person's next run
 * goes on with the same incident and its clocks, and no alarm starts one by itself. It also stays open when another run, which holds the claim,
 * answers it. After a promotion was let begin only a run that recovers ends it.
 */
export const endsIncident = (
  { id, left }: IncidentSeen,
  claim: ClaimSeen | null,
  { execution, result, steps }: Pick<Outcome, 'execution' | 'result' | 'steps'>,
  entries: readonly Entry[],
): boolean => {
  const holder = claim?.holder ?? null;
  if (holder !== null && holder !== execution) return false;
  if (result === 'recovered') return true;
  if (promotionBegun(claim, id) || staysChanged(steps, entries)) return false;
  return left?.changed !== true || fenceLifted(entries);
};

const isLater = (at: Instant | null | undefined, than: Instant): boolean =>
  at != null && Date.parse(at) > Date.parse(than);

/** A run of readings of a bad service that began since then comes after a good one. */
const wellSince = ({ at, signals, serviceBadSince, lastHealthy }: Reading, since: Instant): boolean => {
  const http = serviceSignals(signals);
  const isWell = http.length > 0 && http.every(({ state }) => state === 'good');
  return isLater(serviceBadSince, since) || isLater(lastHealthy?.at, since) || (isWell && isLater(at, since));
};

/**
 * True for an incident that is open although it is over: its run has ended, nobody recovers, nothing was promoted, and as many vantage points as a
 * recovery needs have seen the service well since. What goes wrong now is another incident, with a run and clocks of its own.
 */
export const isPast = (
  { id, left }: IncidentSeen,
  claim: ClaimSeen | null,
  readings: readonly Reading[],
  vantagesNeeded: number,
): boolean => {
  if (left === null || (claim?.holder ?? null) !== null || promotionBegun(claim, id)) return false;
  const well = readings.filter(
    (reading) => OUTSIDE.some((vantage) => vantage === reading.vantage) && wellSince(reading, left.at),
  );
  return well.length >= vantagesNeeded;
};
