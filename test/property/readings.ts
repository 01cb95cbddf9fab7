import fc from 'fast-check';
import { type Reading, SIGNALS, type Signal, VANTAGES } from '#domain/reading.ts';

const BASE = Date.parse('2026-11-23T10:00:00.000Z');
export const NOW = new Date(BASE).toISOString();
export const MAX_AGE_MS = 60_000;

const state = fc.constantFrom<Signal['state']>('good', 'bad', 'unknown');

/** Any reading: any vantage point, any subset of the signals in any state, fresh or old. */
export const anyReading: fc.Arbitrary<Reading> = fc.record({
  plan: fc.constant('svg-ai'),
  vantage: fc.constantFrom(...VANTAGES),
  at: fc.integer({ min: -90_000, max: 90_000 }).map((ms) => new Date(BASE + ms).toISOString()),
  signals: fc
    .uniqueArray(fc.constantFrom(...SIGNALS))
    .chain((names) =>
      fc.tuple(...names.map((name) => state.map((value): Signal => ({ name, state: value, detail: '', ms: 1 })))),
    ),
  badSince: fc.constant(null),
  serviceBadSince: fc.constant(null),
  writes: fc.constant(null),
  lastHealthy: fc.constant(null),
});

export const anyReadings = fc.array(anyReading, { maxLength: 5 });

/** Readings, and the place of one signal in them to change. */
export const readingsAndPlace = anyReadings
  .filter((readings) => readings.some(({ signals }) => signals.length > 0))
  .chain((readings) => {
    const places = readings.flatMap(({ signals }, reading) => signals.map((_signal, signal) => ({ reading, signal })));
    return fc.tuple(fc.constant(readings), fc.constantFrom(...places));
  });

export const withState = (
  readings: readonly Reading[],
  place: { readonly reading: number; readonly signal: number },
  value: Signal['state'],
): readonly Reading[] =>
  readings.map((reading, index) =>
    index === place.reading
      ? {
          ...reading,
          signals: reading.signals.map((signal, at) => (at === place.signal ? { ...signal, state: value } : signal)),
        }
      : reading,
  );
