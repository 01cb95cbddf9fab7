import { msBetween } from '#domain/clocks.ts';
import type { Reading, Signal, SignalName, Vantage } from '#domain/reading.ts';
import { type DiagnosisCode, type DiagnosisOutcome, type Facts, RULES } from '#domain/rules.ts';
import type { Instant } from '#domain/side.ts';

/** What one vantage point's reading comes to. A type, not an interface: it goes on record as JSON. */
export type VantageView = {
  readonly vantage: Vantage;
  readonly at: Instant;
  readonly ageMs: number;
  /** False: older than the bound, or from the future beyond it; it counted for nothing. */
  readonly fresh: boolean;
  readonly service: Signal['state'];
  readonly database: Signal['state'];
  readonly replication: Signal['state'];
  /** Detail of each bad signal: `http-read: connect ECONNREFUSED 127.0.1.20:8080`. */
  readonly bad: readonly string[];
};

export type Verdict = {
  readonly code: DiagnosisCode;
  /** Id of the row that decided: `FO-110`. */
  readonly rule: string;
  readonly outcome: DiagnosisOutcome;
  /** One line for people: what was seen, by whom, and why this follows. */
  readonly reason: string;
  readonly vantages: readonly VantageView[];
};

export interface Bounds {
  readonly now: Instant;
  /** A reading older than this does not count. Real milliseconds: the caller divides a declared duration by the time scale. */
  readonly maxAgeMs: number;
  /** `detection.vantagesNeeded`. */
  readonly needed: number;
  readonly trigger: 'alarm' | 'person';
}

/** Bad if any is bad; good if any is good and none bad; unknown when nothing is known. */
const worst = (signals: readonly Signal[], ...names: readonly SignalName[]): Signal['state'] => {
  const states = signals.filter(({ name }) => names.includes(name)).map(({ state }) => state);
  if (states.includes('bad')) return 'bad';
  return states.includes('good') ? 'good' : 'unknown';
};

const viewOf = (reading: Reading, { now, maxAgeMs }: Bounds): VantageView => {
  const ageMs = msBetween(reading.at, now);
  return {
    vantage: reading.vantage,
    at: reading.at,
    ageMs,
    fresh: Math.abs(ageMs) <= maxAgeMs,
    service: worst(reading.signals, 'http-read', 'http-write'),
    database: worst(reading.signals, 'database-connect'),
    replication: worst(reading.signals, 'replication'),
    bad: reading.signals.filter(({ state }) => state === 'bad').map(({ name, detail }) => `${name}: ${detail}`),
  };
};

/** The newest reading of each vantage point: two readings of one place are one witness. */
const newest = (readings: readonly Reading[]): readonly Reading[] => {
  const byVantage = new Map<Vantage, Reading>();
  for (const reading of readings) {
    const other = byVantage.get(reading.vantage);
    if (!other || msBetween(other.at, reading.at) > 0) byVantage.set(reading.vantage, reading);
  }
  return [...byVantage.values()].sort((a, b) => (a.vantage < b.vantage ? -1 : 1));
};

/** Exported for the property tests: what the rules look at. */
export const factsOf = (views: readonly VantageView[], bounds: Bounds): Facts => {
  const fresh = views.filter((view) => view.fresh);
  const count = (part: 'service' | 'database' | 'replication', state: 'bad' | 'good'): number =>
    fresh.filter((view) => view[part] === state).length;
  return {
    known: fresh.filter(({ service, database }) => service !== 'unknown' || database !== 'unknown').length,
    serviceBad: count('service', 'bad'),
    serviceGood: count('service', 'good'),
    databaseBad: count('database', 'bad'),
    databaseGood: count('database', 'good'),
    replicationBad: count('replication', 'bad'),
    replicationGood: count('replication', 'good'),
    needed: bounds.needed,
    person: bounds.trigger === 'person',
  };
};

const say = (view: VantageView): string => {
  if (!view.fresh) return `${view.vantage}: no fresh reading (last ${view.at})`;
  const seen = `service ${view.service}, database ${view.database}, replication ${view.replication}`;
  return `${view.vantage}: ${seen}${view.bad.length > 0 ? ` (${view.bad.join('; ')})` : ''}`;
};

/** The verdict on a set of readings: a pure function of the snapshot. Always exactly one, by the first row of RULES that holds. */
export const diagnose = (readings: readonly Reading[], bounds: Bounds): Verdict => {
  const vantages = newest(readings).map((reading) => viewOf(reading, bounds));
  const facts = factsOf(vantages, bounds);
  const rule = RULES.find(({ holds }) => holds(facts));
  if (!rule) throw new RangeError('the last rule does not hold always');
  const seen = vantages.length === 0 ? 'no vantage point has reported' : vantages.map(say).join('. ');
  const { id, code, outcome, when, because } = rule;
  return {
    code,
    rule: id,
    outcome,
    reason: `${id} ${when} (M = ${facts.needed}): ${because}. Seen: ${seen}.`,
    vantages,
  };
};

/** The first bad signal of the run that goes on now: the start of the incident. Null when no vantage point sees anything bad. */
export const firstBadAt = (readings: readonly Reading[]): Instant | null =>
  newest(readings)
    .flatMap(({ badSince }) => badSince ?? [])
    .sort((a, b) => msBetween(b, a))[0] ?? null;
