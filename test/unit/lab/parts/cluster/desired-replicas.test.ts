import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AutoscalerLook, desiredReplicas } from '#lab/parts/cluster/pods/desired-replicas.ts';

const look = (more: Partial<AutoscalerLook> = {}): AutoscalerLook => ({
  now: 0,
  current: 3,
  min: 1,
  max: 10,
  utilization: 80,
  target: 80,
  stabilizationMs: 5_000,
  scalesDown: true,
  before: [],
  ...more,
});

/** What a constant load makes of it, look after look. */
const afterLooks = (looks: number, everyMs: number, more: Partial<AutoscalerLook>): number => {
  let state = look(more);
  for (let n = 0; n < looks; n += 1) {
    const { desired, recommendations } = desiredReplicas(state);
    state = { ...state, now: state.now + everyMs, current: desired, before: recommendations };
  }
  return state.current;
};

describe('desiredReplicas', () => {
  it.each([
    ['the target is met', {}, 3],
    ['within a tenth of the target', { utilization: 87 }, 3],
    ['twice the target', { utilization: 160 }, 6],
    ['far above: double or four more at once', { utilization: 8_000, max: 100 }, 7],
    ['more than the maximum', { utilization: 400, max: 5 }, 5],
    ['a pod is not measured yet', { utilization: undefined }, 3],
    ['fewer than the minimum', { min: 4, utilization: undefined }, 4],
    ['more than a maximum that was lowered', { max: 2 }, 2],
    ['scaled to nothing', { current: 0, min: 2, utilization: undefined }, 0],
    ['idle, at the first look', { utilization: 0 }, 3],
  ])('%s', (_, more, replicas) => {
    expect(desiredReplicas(look(more)).desired).toBe(replicas);
  });

  it('scales down only after nothing asked for more in the whole window, and never below the minimum', () => {
    expect(afterLooks(4, 1_000, { utilization: 0 })).toBe(3);
    expect(afterLooks(8, 1_000, { utilization: 0 })).toBe(1);
    expect(afterLooks(8, 1_000, { utilization: 0, min: 3 })).toBe(3);
    expect(afterLooks(8, 1_000, { utilization: 0, scalesDown: false })).toBe(3);
  });

  it('stays between minimum and maximum whatever it measures', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 0, max: 10 }),
        fc.option(fc.integer({ min: 0, max: 1_000 }), { nil: undefined }),
        (current, min, more, utilization) => {
          const { desired } = desiredReplicas(look({ current, min, max: min + more, utilization }));
          expect(desired).toBeGreaterThanOrEqual(min);
          expect(desired).toBeLessThanOrEqual(min + more);
        },
      ),
    );
  });
});
