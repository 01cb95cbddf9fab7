import type { Reading, Signal, SignalName, WritesSeen } from '#domain/reading.ts';
import type { Instant } from '#domain/side.ts';

/** What a user of the service sees: the signals by which it is well or down. */
export const SERVICE: readonly SignalName[] = ['http-read', 'http-write'];

export const serviceSignals = (signals: readonly Signal[]): readonly Signal[] =>
  signals.filter(({ name }) => SERVICE.includes(name));

const after = (at: Instant, ms: number): Instant => new Date(Date.parse(at) + ms).toISOString();

/**
 * When the present run of bad signals began: the first bad one came in. Not at the start of the look, which may lie before the failure. A look
 * that does not know neither begins a run nor ends one.
 */
export const badSince = (signals: readonly Signal[], before: Instant | null, at: Instant): Instant | null => {
  const bad = signals.filter(({ state }) => state === 'bad');
  if (bad.length > 0) return before ?? after(at, Math.min(...bad.map(({ ms }) => ms)));
  return signals.some(({ state }) => state === 'unknown') ? before : null;
};

/**
 * Until when the primary may have acknowledged writes, after one more look. Each look moves it on, but for one that repeats a refusal: what a look
 * does not know may have been a write. `elsewhere`: the standby's region took this one, so the primary did not.
 */
export const writesAfter = (
  signals: readonly Signal[],
  before: Reading['writes'],
  at: Instant,
  elsewhere: boolean,
): WritesSeen | null => {
  const write = signals.find(({ name }) => name === 'http-write');
  if (write === undefined) return before;
  const refused = elsewhere || write.state === 'bad';
  return refused && before?.refused ? before : { until: after(at, write.ms), refused };
};
