import { latestOf, msBetween } from '#domain/clocks.ts';
import { lsnDifference } from '#domain/lsn.ts';
import type { HealthySample } from '#domain/reading.ts';
import type { Instant } from '#domain/side.ts';

/** As `DatabaseSession.position` gives them. */
interface Primary {
  readonly lsn: string;
}
interface Standby {
  readonly lsn: string;
  readonly lastReplayAt: Instant | null;
  readonly heartbeatAt: Instant | null;
}

/**
 * The instant up to which the standby has everything. It has all when it stands where the primary stood; that it has replayed all that it
 * RECEIVED proves nothing, for over a thin network it receives late. Else all up to the newest row of the primary that it is known to have.
 */
const completeUntil = (primary: Primary, { lsn, lastReplayAt, heartbeatAt }: Standby, at: Instant): Instant | null => {
  if (lsnDifference(primary.lsn, lsn) >= 0) return at;
  return latestOf([lastReplayAt, heartbeatAt].filter((instant) => instant !== null));
};

/** Where the database stood at a look that found everything well; null where nobody knows how far the standby was behind. */
export const sampleOf = (primary: Primary, standby: Standby, at: Instant): HealthySample | null => {
  const complete = completeUntil(primary, standby, at);
  if (complete === null) return null;
  return {
    at,
    lagSeconds: Math.max(0, msBetween(complete, at) / 1_000),
    primaryLsn: primary.lsn,
    replicaLsn: standby.lsn,
    heartbeatAt: standby.heartbeatAt,
  };
};
