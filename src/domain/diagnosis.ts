import { msBetween } from '#domain/clocks.ts';
import type { Plan } from '#domain/plan.ts';
import {
  type AlarmReading,
  OUTSIDE,
  type Reading,
  type Signal,
  type SignalName,
  type Vantage,
} from '#domain/reading.ts';
import {
  ANSWERED_CODES,
  type AnsweredCode,
  type DiagnosisCode,
  type Facts,
  looksNeeded,
  RULES,
  type Rule,
} from '#domain/rules.ts';
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
  /** The primary's own application. */
  readonly application: Signal['state'];
  readonly signals: readonly Signal[];
};

/**
 * `recover`: this recovery begins. `other-plan`: the diagnosis is answered by another recovery plan, which `answer` names. `more-evidence`: look
 * again, a bounded number of times. `none`: nothing to recover from.
 */
export type DiagnosisOutcome = 'recover' | 'other-plan' | 'more-evidence' | 'none';

export type Verdict = {
  readonly code: DiagnosisCode;
  /** Id of the row that decided: `FO-110`. */
  readonly rule: string;
  readonly outcome: DiagnosisOutcome;
  /** Recovery plan that answers the code; null for a code that none answers. */
  readonly answer: string | null;
  /** Looks in a row, this one included, that gave this code, and how many it takes. */
  readonly looks: number;
  readonly looksNeeded: number;
  /** One line for people: what was seen, by whom, and why this follows. */
  readonly reason: string;
  /** The standby, the witness, and the primary's own signals as far as it answers. */
  readonly vantages: readonly VantageView[];
  readonly alarms: readonly AlarmReading[] | null;
};

/** The recovery plan that this pipeline carries out. */
export const THIS_PLAN = 'regional-failover';

export type Answers = Readonly<Record<AnsweredCode, string>>;

export const DEFAULT_ANSWERS: Answers = {
  'region-down': THIS_PLAN,
  'database-down': 'database-failover',
  'application-down': 'application-redeploy',
};

/** Which readings count. */
export interface Freshness {
  readonly now: Instant;
  /** A reading older than this does not count. Real milliseconds: the caller divides a declared duration by the time scale. */
  readonly maxAgeMs: number;
}

/** By `detection.readingsValidFor`. */
export const freshness = ({ detection }: Pick<Plan, 'detection'>, now: Instant): Freshness => ({
  now,
  maxAgeMs: detection.readingsValidForSeconds * 1_000,
});

const isFresh = ({ at }: Pick<Reading, 'at'>, { now, maxAgeMs }: Freshness): boolean =>
  Math.abs(msBetween(at, now)) <= maxAgeMs;

export interface Bounds extends Freshness {
  /** `detection.vantagesNeeded`. */
  readonly needed: number;
  readonly trigger: 'alarm' | 'person';
  /** `detection.answers`. */
  readonly answers?: Answers;
  /** States of the plan's health alarms; null or absent when they could not be read. */
  readonly alarms?: readonly AlarmReading[] | null;
  /** The look before this one, in the same run. */
  readonly previous?: { readonly code: string; readonly looks: number; readonly at: Instant } | null;
}

/** Bad if any is bad; good if any is good and none bad; unknown when nothing is known. */
const worst = (signals: readonly Signal[], ...names: readonly SignalName[]): Signal['state'] => {
  const states = signals.filter(({ name }) => names.includes(name)).map(({ state }) => state);
  if (states.includes('bad')) return 'bad';
  return states.includes('good') ? 'good' : 'unknown';
};

const viewOf = (reading: Reading, bounds: Bounds): VantageView => {
  const ageMs = msBetween(reading.at, bounds.now);
  const { vantage, at, signals } = reading;
  return {
    vantage,
    at,
    ageMs,
    fresh: isFresh(reading, bounds),
    service: worst(signals, 'http-read', 'http-write'),
    database: worst(signals, 'database-connect'),
    replication: worst(signals, 'replication'),
    application: worst(signals, 'primary-application'),
    signals,
  };
};

const isOutside = (vantage: Vantage): boolean => OUTSIDE.some((name) => name === vantage);

/** The newest reading of each vantage point outside: two readings of one place are one witness. */
const newest = (readings: readonly Reading[]): readonly Reading[] => {
  const byVantage = new Map<Vantage, Reading>();
  for (const reading of readings.filter(({ vantage }) => isOutside(vantage))) {
    const other = byVantage.get(reading.vantage);
    if (!other || msBetween(other.at, reading.at) > 0) byVantage.set(reading.vantage, reading);
  }
  return [...byVantage.values()].sort((a, b) => (a.vantage < b.vantage ? -1 : 1));
};

const OWN: readonly SignalName[] = ['primary-application', 'database-connect'];

/**
 * What the primary says of itself: the answers of its own application and database, through whichever vantage point got one. Its silence is no
 * word of its own, so no signal here is bad because nobody answered; null when it says nothing at all.
 */
const ownView = (views: readonly VantageView[]): VantageView | null => {
  const fresh = views.filter((view) => view.fresh);
  const signals = OWN.flatMap((name) => {
    const answers = fresh.flatMap((view) => view.signals.filter((one) => one.name === name && one.state === 'good'));
    return answers.slice(0, 1);
  });
  const [heard] = fresh.filter((view) => view.signals.some((one) => signals.includes(one)));
  if (!heard) return null;
  const { at, ageMs } = heard;
  const [application, database] = [worst(signals, 'primary-application'), worst(signals, 'database-connect')];
  const rest = { service: 'unknown', replication: 'unknown' } as const;
  return { vantage: 'primary', at, ageMs, fresh: true, ...rest, application, database, signals };
};

/** Exported for the property tests: what the rules look at. */
export const factsOf = (views: readonly VantageView[], bounds: Bounds): Facts => {
  const fresh = views.filter((view) => view.fresh && isOutside(view.vantage));
  const count = (part: 'service' | 'database' | 'replication' | 'application', state: 'bad' | 'good'): number =>
    fresh.filter((view) => view[part] === state).length;
  const [us, witness] = OUTSIDE.map((name) => fresh.find(({ vantage }) => vantage === name));
  return {
    known: fresh.filter(({ service, database }) => service !== 'unknown' || database !== 'unknown').length,
    serviceBad: count('service', 'bad'),
    serviceGood: count('service', 'good'),
    databaseBad: count('database', 'bad'),
    databaseGood: count('database', 'good'),
    replicationBad: count('replication', 'bad'),
    replicationGood: count('replication', 'good'),
    applicationBad: count('application', 'bad'),
    applicationGood: count('application', 'good'),
    badFromUs: us?.service === 'bad' || us?.database === 'bad',
    goodFromWitness: witness?.service === 'good' && witness.database !== 'bad',
    needed: bounds.needed,
    person: bounds.trigger === 'person',
  };
};

const say = (view: VantageView): string => {
  const { vantage, service, database, replication, application, signals } = view;
  if (!view.fresh) return `${vantage}: no fresh reading (last ${view.at})`;
  if (vantage === 'primary')
    return `primary itself: ${signals.map(({ name, detail }) => `${name} ${detail}`).join(', ')}`;
  const bad = signals.filter(({ state }) => state === 'bad').map(({ name, detail }) => `${name}: ${detail}`);
  const seen = `service ${service}, database ${database}, replication ${replication}, primary's own application ${application}`;
  return `${vantage}: ${seen}${bad.length > 0 ? ` (${bad.join('; ')})` : ''}`;
};

const isAnswered = (code: DiagnosisCode): code is AnsweredCode => ANSWERED_CODES.some((one) => one === code);

const outcomeOf = (rule: Rule, lasted: boolean, answer: string | null): DiagnosisOutcome => {
  if (!lasted) return 'more-evidence';
  if (rule.outcome !== 'answer') return rule.outcome;
  return answer === THIS_PLAN ? 'recover' : 'other-plan';
};

/**
 * The verdict on a set of readings: a pure function of the snapshot and of the look before. Always exactly one, by the first row of RULES that
 * holds; its outcome counts when the same code was seen in as many looks in a row as the row asks for.
 */
export const diagnose = (readings: readonly Reading[], bounds: Bounds): Verdict => {
  const outside = newest(readings).map((reading) => viewOf(reading, bounds));
  const own = ownView(outside);
  const vantages = own ? [...outside, own] : outside;
  const facts = factsOf(outside, bounds);
  const rule = RULES.find(({ holds }) => holds(facts));
  if (!rule) throw new RangeError('the last rule does not hold always');
  const { id, code, when, because } = rule;
  const { previous, alarms = null, answers = DEFAULT_ANSWERS } = bounds;
  const inAlarm = alarms?.some(({ state }) => state === 'ALARM') ?? false;
  const needed = looksNeeded(rule, { person: facts.person, inAlarm });
  // A pause may lie between two looks: what lasted before it has not lasted until now.
  const follows = previous?.code === code && msBetween(previous.at, bounds.now) <= bounds.maxAgeMs;
  const looks = follows ? previous.looks + 1 : 1;
  const answer = isAnswered(code) ? (rule.outcome === 'recover' ? THIS_PLAN : answers[code]) : null;
  const outcome = outcomeOf(rule, looks >= needed, answer);
  const seen = outside.length === 0 ? 'no vantage point has reported' : vantages.map(say).join('. ');
  const lasts = looks < needed ? ` Look ${looks} of ${needed} before it counts.` : '';
  const other = outcome === 'other-plan' ? ` Answered by the recovery plan ${answer}, not by this one.` : '';
  return {
    code,
    rule: id,
    outcome,
    answer,
    looks,
    looksNeeded: needed,
    reason: `${id} ${code}: ${when} (M = ${facts.needed}): ${because}.${lasts}${other} Seen: ${seen}.`,
    vantages,
    alarms,
  };
};

/**
 * When the service went bad, by the vantage point that saw it first: the start of the incident. Null when none sees it bad, whatever else is: what
 * was written while replication was broken, or while the probes were cut off from the database, was acknowledged. Of a vantage point that went silent
 * while bad nobody knows whether what it saw is over.
 */
export const firstBadAt = (readings: readonly Reading[], bounds: Freshness): Instant | null =>
  newest(readings)
    .filter((reading) => isFresh(reading, bounds))
    .flatMap(({ serviceBadSince }) => serviceBadSince ?? [])
    .sort((a, b) => msBetween(b, a))[0] ?? null;
