import fc from 'fast-check';
import { sampleOf } from '#domain/healthy-sample.ts';
import { formatLsn } from '#domain/lsn.ts';
import type { Reading, Signal } from '#domain/reading.ts';
import { badSince, serviceSignals, writesAfter } from '#domain/reading-history.ts';

const BASE = Date.parse('2026-11-23T10:00:00.000Z');
export const at = (ms: number): string => new Date(BASE + ms).toISOString();

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const LOOK_EVERY = MINUTE;
const OUTSIDE = ['standby', 'witness'] as const;
type Outside = (typeof OUTSIDE)[number];

/** What happened: a service that takes writes until it dies, a replica that falls behind or is cut off, and vantage points that do not see all. */
export interface History {
  /** Each acknowledged when it was committed. */
  readonly writes: readonly number[];
  readonly diesAt: number;
  /** From then on the replica gets nothing more. */
  readonly cutAt: number;
  /** RDS says that it is broken. */
  readonly cutIsSeen: boolean;
  /** The replica has what was written this long ago. */
  readonly behindMs: number;
  /** When each vantage point looks for the first time. */
  readonly firstLook: Readonly<Record<Outside, number>>;
  /** The one that may see a service bad that is well; the other then sees it as it is, or does not know. */
  readonly grey: Outside;
  /** What a look says instead of what is: by its number, and the vantage point's. */
  readonly wrong: readonly ('bad' | 'unknown' | null)[];
}

export const anyHistory: fc.Arbitrary<History> = fc.integer({ min: 5 * MINUTE, max: 150 * MINUTE }).chain((diesAt) =>
  fc.record({
    writes: fc
      .array(fc.integer({ min: 0, max: diesAt }), { minLength: 1, maxLength: 40 })
      .map((all) => [...all].sort((a, b) => a - b)),
    diesAt: fc.constant(diesAt),
    cutAt: fc.oneof(fc.constant(diesAt), fc.integer({ min: 0, max: diesAt })),
    cutIsSeen: fc.boolean(),
    behindMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 30 * SECOND }), fc.integer({ min: 0, max: diesAt })),
    firstLook: fc.record({
      standby: fc.integer({ min: 0, max: LOOK_EVERY }),
      witness: fc.integer({ min: 0, max: LOOK_EVERY }),
    }),
    grey: fc.constantFrom(...OUTSIDE),
    wrong: fc.array(
      fc.oneof(
        { weight: 6, arbitrary: fc.constant(null) },
        { weight: 1, arbitrary: fc.constantFrom('bad' as const, 'unknown' as const) },
      ),
      { minLength: 1, maxLength: 99 },
    ),
  }),
);

/** What the replica has at a time: each commit up to this one. What was on its way when the primary died does not come. */
const completeAt = ({ cutAt, diesAt, behindMs }: History, now: number): number =>
  Math.min(Math.min(now, diesAt) - behindMs, cutAt);

/** Heartbeats are writes too: one with each look of the standby. */
const commitsOf = (history: History): readonly number[] => {
  const beats: number[] = [];
  for (let now = history.firstLook.standby; now <= history.diesAt; now += LOOK_EVERY) beats.push(now);
  return [...history.writes, ...beats].sort((a, b) => a - b);
};

const upTo = (times: readonly number[], last: number): readonly number[] => times.filter((time) => time <= last);

export const standbyAt = (history: History, now: number, commits = commitsOf(history)) => {
  const has = upTo(commits, completeAt(history, now));
  const beats = has.filter((time) => (time - history.firstLook.standby) % LOOK_EVERY === 0);
  const [newest, beat] = [has.at(-1), beats.at(-1)];
  const lsn = formatLsn(BigInt(has.length));
  return {
    lsn,
    // All that it received is replayed, however late it receives.
    receivedLsn: lsn,
    lastReplayAt: newest === undefined ? null : at(newest),
    heartbeatAt: beat === undefined ? null : at(beat),
  };
};

/** One more reading of a vantage point, by the same functions as the probe's. `wrong`: what it says instead of what is. */
const look = (
  history: History,
  commits: readonly number[],
  vantage: Outside,
  now: number,
  wrong: History['wrong'][number],
  before: Reading | null,
): Reading => {
  const truth = now <= history.diesAt ? 'good' : 'bad';
  const seen = wrong === 'unknown' || (wrong === 'bad' && vantage === history.grey) ? wrong : truth;
  const cut = history.cutIsSeen && now > history.cutAt;
  const signal = (name: Signal['name'], state: Signal['state']): Signal => ({ name, state, detail: '', ms: 5 });
  const signals = [
    signal('http-read', seen),
    signal('http-write', seen),
    signal('database-connect', truth),
    ...(vantage === 'standby' ? [signal('replication', cut ? 'bad' : truth)] : []),
  ];
  const well = vantage === 'standby' && signals.every(({ state }) => state === 'good');
  const primary = { lsn: formatLsn(BigInt(upTo(commits, now).length)) };
  const sample = well ? sampleOf(primary, standbyAt(history, now, commits), at(now)) : null;
  return {
    plan: 'svg-ai',
    vantage,
    at: at(now),
    signals,
    badSince: badSince(signals, before?.badSince ?? null, at(now)),
    serviceBadSince: badSince(serviceSignals(signals), before?.serviceBadSince ?? null, at(now)),
    writes: writesAfter(signals, before?.writes ?? null, at(now), false),
    lastHealthy: sample ?? before?.lastHealthy ?? null,
  };
};

/** The last reading of each vantage point, a few minutes after the death. */
export const readingsOf = (history: History): readonly Reading[] => {
  const commits = commitsOf(history);
  return OUTSIDE.flatMap((vantage, place) => {
    let reading: Reading | null = null;
    let number = place;
    for (let now = history.firstLook[vantage]; now <= history.diesAt + 3 * LOOK_EVERY; now += LOOK_EVERY) {
      reading = look(history, commits, vantage, now, history.wrong[number % history.wrong.length] ?? null, reading);
      number += OUTSIDE.length;
    }
    return reading ?? [];
  });
};

/** The acknowledged writes that the standby does not have, and for how long such were taken. */
export const lostOf = (history: History) => {
  const lost = history.writes.filter((write) => write > completeAt(history, Number.POSITIVE_INFINITY));
  const [first] = lost;
  return { lost, seconds: first === undefined ? 0 : (history.diesAt - first) / SECOND };
};
