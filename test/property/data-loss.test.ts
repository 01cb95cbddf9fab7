import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { estimateDataLoss, lastSample, writesUntil } from '#domain/data-loss.ts';
import { firstBadAt } from '#domain/diagnosis.ts';
import { GUARDS, type GuardFacts } from '#domain/guards.ts';
import { examplePlan } from '#test/support/fakes/plan.ts';
import { anyHistory, at, type History, lostOf, readingsOf, standbyAt } from './histories.ts';

const plan = examplePlan();
const lag = GUARDS.find(({ id }) => id === 'GU-210');
const RUNS = { numRuns: 300 };

/** As the intake of alarms and the guards take it. */
const judged = (history: History) => {
  const readings = readingsOf(history);
  const startedAt =
    firstBadAt(readings, { now: at(history.diesAt), maxAgeMs: Number.MAX_SAFE_INTEGER }) ?? at(history.diesAt);
  const standby = standbyAt(history, Number.MAX_SAFE_INTEGER);
  const estimate = (position: typeof standby | null) =>
    estimateDataLoss(writesUntil(readings, startedAt), lastSample(readings), position);
  const guard = lag?.check(plan, { readings: { value: readings }, startedAt } as unknown as GuardFacts);
  return { guard, bySample: estimate(null), recorded: estimate(standby) };
};

describe('data loss', () => {
  test('no write that was acknowledged and is missing lies outside the bounds', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        const { bySample, recorded } = judged(history);
        for (const { until, atMostSeconds } of [bySample, recorded]) {
          if (atMostSeconds === null) continue;
          const from = Date.parse(until) - atMostSeconds * 1_000;
          for (const write of lostOf(history).lost) {
            expect(Date.parse(at(write))).toBeGreaterThanOrEqual(from);
            expect(Date.parse(at(write))).toBeLessThanOrEqual(Date.parse(until));
          }
        }
      }),
      RUNS,
    );
  });

  test('GU-210 never passes what loses more than the RPO', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        if (judged(history).guard?.state !== 'passes') return;
        expect(lostOf(history).seconds).toBeLessThanOrEqual(plan.objectives.rpoSeconds);
      }),
      RUNS,
    );
  });

  test('GU-210 passes where the replica kept up and each vantage point saw the service as it was', () => {
    fc.assert(
      fc.property(anyHistory, (any) => {
        const history = { ...any, cutAt: any.diesAt, behindMs: 0, wrong: [null] };
        expect(judged(history).guard).toMatchObject({ state: 'passes' });
        // One look before the death and one after it.
        expect(judged(history).bySample.atMostSeconds).toBeLessThanOrEqual(2 * 60 + 1);
      }),
      RUNS,
    );
  });
});
