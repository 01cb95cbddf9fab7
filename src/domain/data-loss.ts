import { latestOf, msBetween } from '#domain/clocks.ts';
import { lsnDifference } from '#domain/lsn.ts';
import type { HealthySample, Reading } from '#domain/reading.ts';
import type { Instant } from '#domain/side.ts';

/** One bound on the loss and where it comes from. */
export type LossBound = {
  readonly source: 'last-healthy-sample' | 'heartbeat' | 'last-replayed-transaction' | 'fenced-primary';
  /** Writes of at most this long before `until` can be missing. Real seconds, 0 or more. */
  readonly seconds: number;
  /** The instant up to which the standby has everything, by this source. */
  readonly completeUntil: Instant;
};

export type DataLossEstimate = {
  /** Up to when the primary was seen to acknowledge writes: what the bounds are counted to. */
  readonly until: Instant;
  /** The tightest of the bounds; null when nothing is known. */
  readonly atMostSeconds: number | null;
  /** Bytes of log that the primary was last seen to have and the standby never received: at least this much is missing. Null when unknown. */
  readonly missingBytes: number | null;
  /** The standby has something from after `until`: the primary took writes on, and the bounds do not cover those. */
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

/** Where its log ends when it is promoted: what it received is on its disk, and what it replayed may have come another way. */
export const heldLsn = ({ receivedLsn, lsn }: Pick<StandbyPosition, 'receivedLsn' | 'lsn'>): string =>
  receivedLsn !== null && lsnDifference(lsn, receivedLsn) > 0 ? receivedLsn : lsn;

/**
 * The newest healthy sample of any vantage point, or null. All was well when it was taken, so its lag is none that grew with the clock after the
 * primary died; also when something bad had been seen before it: a failure that begins grey is seen well and bad by turns.
 */
export const lastSample = (readings: readonly Reading[]): HealthySample | null =>
  readings
    .flatMap(({ lastHealthy }) => lastHealthy ?? [])
    .sort((a, b) => msBetween(b.at, a.at))
    .at(-1) ?? null;

/**
 * Until when the primary may have acknowledged writes: the start of the incident, or as long after it as a vantage point still saw one taken or had
 * not yet seen one refused. Where the service goes bad by degrees, its start says little of that.
 */
export const writesUntil = (readings: readonly Reading[], startedAt: Instant): Instant =>
  latestOf(readings.flatMap(({ writes, lastHealthy }) => [writes?.until ?? startedAt, lastHealthy?.at ?? startedAt])) ??
  startedAt;

const earlier = (at: Instant, seconds: number): Instant => new Date(Date.parse(at) - seconds * 1_000).toISOString();

/**
 * How much can be missing in the standby, recorded before promotion. Each source bounds the loss from above, for a primary that took no writes
 * after `until`; `primaryLivedOn` says when one certainly did (cut off, it takes writes until its fence). The time since the sample counts whole.
 * Where the standby lacks log that the primary had at the sample, its own rows are believed and the sample is not.
 */
export const estimateDataLoss = (
  until: Instant,
  sample: HealthySample | null,
  standby: StandbyPosition | null,
): DataLossEstimate => {
  const bound = (source: LossBound['source'], completeUntil: Instant | null): readonly LossBound[] =>
    completeUntil === null
      ? []
      : [{ source, completeUntil, seconds: Math.max(0, msBetween(completeUntil, until) / 1_000) }];
  const own = [
    ...bound('heartbeat', standby?.heartbeatAt ?? null),
    ...bound('last-replayed-transaction', standby?.lastReplayAt ?? null),
  ];
  const bounds = [
    ...bound('last-healthy-sample', sample === null ? null : earlier(sample.at, sample.lagSeconds)),
    ...own,
  ];
  const missing = sample?.primaryLsn && standby !== null ? lsnDifference(heldLsn(standby), sample.primaryLsn) : null;
  const believed = missing !== null && missing > 0 && own.length > 0 ? own : bounds;
  return {
    until,
    atMostSeconds: believed.length === 0 ? null : Math.min(...believed.map(({ seconds }) => seconds)),
    missingBytes: missing === null ? null : Math.max(0, missing),
    primaryLivedOn: bounds.some(({ completeUntil }) => msBetween(until, completeUntil) > 0),
    bounds,
  };
};

/** True where more may be missing than the objective allows; also where nothing says how much. */
export const losesMoreThan = ({ missingBytes, atMostSeconds }: DataLossEstimate, rpoSeconds: number): boolean =>
  missingBytes !== 0 && (atMostSeconds ?? Number.POSITIVE_INFINITY) > rpoSeconds;

/** Where a primary stood that answered behind its fence. */
export interface FencedPosition {
  readonly at: Instant;
  /** Null: it did not say, and `at` is when it was fenced. */
  readonly lsn: string | null;
}

/** Bytes of the fenced primary's log that the standby does not have. */
export const missingBehindFence = (
  primary: { readonly lsn: string },
  standby: Pick<StandbyPosition, 'receivedLsn' | 'lsn'>,
): number => Math.max(0, lsnDifference(heldLsn(standby), primary.lsn));

/**
 * How much is missing in the standby of what a primary took that is fenced: it acknowledged nothing after that, so nothing is supposed. Nothing is
 * lost when the standby has as much of its log as it told; where it told nothing, the standby's own rows up to the fence are the bound.
 */
export const lossBehindFence = (primary: FencedPosition, standby: StandbyPosition): DataLossEstimate => {
  const { at, lsn } = primary;
  const missingBytes = lsn === null ? null : missingBehindFence({ lsn }, standby);
  if (missingBytes !== 0) return { ...estimateDataLoss(at, null, standby), missingBytes, primaryLivedOn: false };
  return {
    until: at,
    atMostSeconds: 0,
    missingBytes,
    primaryLivedOn: false,
    bounds: [{ source: 'fenced-primary', completeUntil: at, seconds: 0 }],
  };
};
