import { msBetween } from '#domain/clocks.ts';
import { lsnDifference } from '#domain/lsn.ts';
import type { HealthySample, Reading } from '#domain/reading.ts';
import type { Instant } from '#domain/side.ts';

/** One bound on the loss and where it comes from. */
export type LossBound = {
  readonly source: 'last-healthy-sample' | 'heartbeat' | 'last-replayed-transaction';
  /** Writes of at most this long before the incident can be missing. Real seconds, 0 or more. */
  readonly seconds: number;
  /** The instant up to which the standby has everything, by this source. */
  readonly completeUntil: Instant;
};

export type DataLossEstimate = {
  /** The tightest of the bounds; null when nothing is known. */
  readonly atMostSeconds: number | null;
  /** Bytes of log that the primary was last seen to have and the standby never received: at least this much is missing. Null when unknown. */
  readonly missingBytes: number | null;
  /** The standby has something from after the incident began: the primary took writes on, and the bounds do not cover those. */
  readonly primaryLivedOn: boolean;
  readonly bounds: readonly LossBound[];
};

/** The standby before its promotion, as `DatabaseSession.position` gives it. */
export interface StandbyPosition {
  readonly receivedLsn: string | null;
  readonly lsn: string;
  readonly lastReplayAt: Instant | null;
  readonly heartbeatAt: Instant | null;
}

/**
 * The newest healthy sample from before the incident: the only one whose lag means anything, because the lag of a replica whose primary is
 * dead grows with the clock. Null when no vantage point has one.
 */
export const lastSampleBefore = (readings: readonly Reading[], startedAt: Instant): HealthySample | null =>
  readings
    .flatMap(({ lastHealthy }) => (lastHealthy && msBetween(lastHealthy.at, startedAt) >= 0 ? [lastHealthy] : []))
    .sort((a, b) => msBetween(a.at, b.at))[0] ?? null;

const earlier = (at: Instant, seconds: number): Instant => new Date(Date.parse(at) - seconds * 1_000).toISOString();

/**
 * How much can be missing in the standby, recorded before promotion. Each source bounds the loss from above, for a primary that took no writes
 * after the incident began; `primaryLivedOn` says when one certainly did (cut off, it takes writes until its fence). A lag of 0 may also mean that
 * all that was RECEIVED is replayed, so the time since the sample counts whole.
 */
export const estimateDataLoss = (
  startedAt: Instant,
  sample: HealthySample | null,
  standby: StandbyPosition | null,
): DataLossEstimate => {
  const bound = (source: LossBound['source'], completeUntil: Instant | null): readonly LossBound[] =>
    completeUntil === null
      ? []
      : [{ source, completeUntil, seconds: Math.max(0, msBetween(completeUntil, startedAt) / 1_000) }];
  const bounds = [
    ...bound('last-healthy-sample', sample === null ? null : earlier(sample.at, sample.lagSeconds)),
    ...bound('heartbeat', standby?.heartbeatAt ?? null),
    ...bound('last-replayed-transaction', standby?.lastReplayAt ?? null),
  ];
  const received = standby === null ? null : (standby.receivedLsn ?? standby.lsn);
  const missing = sample?.primaryLsn && received !== null ? lsnDifference(received, sample.primaryLsn) : null;
  return {
    atMostSeconds: bounds.length === 0 ? null : Math.min(...bounds.map(({ seconds }) => seconds)),
    missingBytes: missing === null ? null : Math.max(0, missing),
    primaryLivedOn: bounds.some(({ completeUntil }) => msBetween(startedAt, completeUntil) > 0),
    bounds,
  };
};
