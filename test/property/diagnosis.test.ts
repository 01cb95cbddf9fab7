import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Bounds, DEFAULT_ANSWERS, diagnose, type Verdict } from '#domain/diagnosis.ts';
import type { Reading } from '#domain/reading.ts';
import { DIAGNOSIS_CODES, RULES } from '#domain/rules.ts';
import { anyReadings, MAX_AGE_MS, NOW, readingsAndPlace, withState } from './readings.ts';

const anyBounds: fc.Arbitrary<Required<Bounds>> = fc.record({
  now: fc.constant(NOW),
  maxAgeMs: fc.constant(MAX_AGE_MS),
  needed: fc.constantFrom(1, 2),
  trigger: fc.constantFrom('alarm', 'person'),
  alarms: fc.constantFrom<Required<Bounds>['alarms'][]>(null, [], [{ name: 'healthy', state: 'ALARM', since: NOW }]),
  previous: fc.option(
    fc.record({
      code: fc.constantFrom(...DIAGNOSIS_CODES),
      looks: fc.integer({ min: 1, max: 30 }),
      at: fc.constant(NOW),
    }),
  ),
  answers: fc.record({
    'region-down': fc.constantFrom('regional-failover', 'other'),
    'database-down': fc.constantFrom('regional-failover', 'other'),
    'application-down': fc.constantFrom('regional-failover', 'other'),
  }),
});

const RUNS = { numRuns: 2_000 };

/** The outcome by the usual answers when the diagnosis has lasted: what remains is the evidence. */
const settled = (readings: readonly Reading[], bounds: Bounds): Verdict['outcome'] => {
  const { code } = diagnose(readings, bounds);
  return diagnose(readings, { ...bounds, answers: DEFAULT_ANSWERS, previous: { code, looks: 1_000, at: bounds.now } })
    .outcome;
};

const CALLS = new Set<string>(['region-down', 'database-down', 'application-down']);

describe('diagnosis', () => {
  test('every input has exactly one outcome, that of a row', () => {
    fc.assert(
      fc.property(anyReadings, anyBounds, (readings, bounds) => {
        const { rule, code, outcome, looks, looksNeeded, answer } = diagnose(readings, bounds);
        const rows = RULES.filter((row) => row.id === rule);
        expect(rows).toEqual([expect.objectContaining({ code })]);
        const own = rows[0]?.outcome;
        const asked = own === 'answer' ? (answer === 'regional-failover' ? 'recover' : 'other-plan') : own;
        expect(outcome).toBe(looks >= looksNeeded ? asked : 'more-evidence');
      }),
      RUNS,
    );
  });

  test('more bad evidence never takes a recovery back', () => {
    fc.assert(
      fc.property(readingsAndPlace, anyBounds, ([readings, place], bounds) => {
        if (settled(readings, bounds) !== 'recover') return;
        expect(settled(withState(readings, place, 'bad'), bounds)).toBe('recover');
      }),
      RUNS,
    );
  });

  test('more bad evidence never makes a service that calls for an answer well', () => {
    fc.assert(
      fc.property(readingsAndPlace, anyBounds, ([readings, place], bounds) => {
        if (!CALLS.has(diagnose(readings, bounds).code)) return;
        expect(['healthy', 'replication-broken']).not.toContain(
          diagnose(withState(readings, place, 'bad'), bounds).code,
        );
      }),
      RUNS,
    );
  });

  test('unknown never counts as bad: forgetting a bad signal never starts a recovery', () => {
    fc.assert(
      fc.property(readingsAndPlace, anyBounds, ([readings, place], bounds) => {
        const bad = withState(readings, place, 'bad');
        if (settled(bad, bounds) === 'recover') return;
        expect(settled(withState(readings, place, 'unknown'), bounds)).not.toBe('recover');
      }),
      RUNS,
    );
  });

  test('an alarm never recovers on the word of fewer vantage points than are needed', () => {
    fc.assert(
      fc.property(anyReadings, anyBounds, (readings, bounds) => {
        const verdict = diagnose(readings, { ...bounds, trigger: 'alarm' });
        if (verdict.outcome !== 'recover') return;
        const seeing = verdict.vantages.filter(({ fresh, service }) => fresh && service === 'bad');
        expect(seeing.length).toBeGreaterThanOrEqual(bounds.needed);
      }),
      RUNS,
    );
  });

  test('the order of the readings makes no difference, and neither do those that are too old', () => {
    fc.assert(
      fc.property(anyReadings, anyBounds, (readings, bounds) => {
        const newestFirst = [...readings].sort((a, b) => (a.at < b.at ? 1 : -1));
        const oneEach = newestFirst.filter(
          (r, i) => newestFirst.findIndex(({ vantage }) => vantage === r.vantage) === i,
        );
        const fresh = oneEach.filter(({ at }) => Math.abs(Date.parse(at) - Date.parse(NOW)) <= MAX_AGE_MS);
        if (new Set(readings.map(({ at }) => at)).size < readings.length) return;
        expect(diagnose(fresh, bounds).rule).toBe(diagnose(readings, bounds).rule);
      }),
      RUNS,
    );
  });
});
