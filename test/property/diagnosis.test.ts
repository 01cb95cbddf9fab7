import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Bounds, diagnose } from '#domain/diagnosis.ts';
import { RULES } from '#domain/rules.ts';
import { anyReadings, MAX_AGE_MS, NOW, readingsAndPlace, withState } from './readings.ts';

const anyBounds: fc.Arbitrary<Bounds> = fc.record({
  now: fc.constant(NOW),
  maxAgeMs: fc.constant(MAX_AGE_MS),
  needed: fc.constantFrom(2, 3),
  trigger: fc.constantFrom('alarm', 'person'),
});

const RUNS = { numRuns: 2_000 };

describe('diagnosis', () => {
  test('every input has exactly one outcome, that of a row', () => {
    fc.assert(
      fc.property(anyReadings, anyBounds, (readings, bounds) => {
        const { rule, code, outcome } = diagnose(readings, bounds);
        expect(RULES.filter((row) => row.id === rule)).toEqual([expect.objectContaining({ code, outcome })]);
      }),
      RUNS,
    );
  });

  test('more bad evidence never takes a recovery back', () => {
    fc.assert(
      fc.property(readingsAndPlace, anyBounds, ([readings, place], bounds) => {
        if (diagnose(readings, bounds).outcome !== 'recover') return;
        expect(diagnose(withState(readings, place, 'bad'), bounds).outcome).toBe('recover');
      }),
      RUNS,
    );
  });

  test('unknown never counts as bad: forgetting a bad signal never starts a recovery', () => {
    fc.assert(
      fc.property(readingsAndPlace, anyBounds, ([readings, place], bounds) => {
        const bad = withState(readings, place, 'bad');
        if (diagnose(bad, bounds).outcome === 'recover') return;
        expect(diagnose(withState(readings, place, 'unknown'), bounds).outcome).not.toBe('recover');
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
