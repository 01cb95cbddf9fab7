import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextStep, type PodView } from '#lab/parts/cluster/pods/rollout.ts';

const pods = (names: string, ready = true): PodView[] => names.split('').map((name, order) => ({ name, ready, order }));
const surgeAll = { type: 'RollingUpdate', rollingUpdate: { maxSurge: '100%', maxUnavailable: 0 } } as const;

describe('nextStep', () => {
  it('starts what is missing', () => {
    expect(nextStep({ replicas: 3, strategy: surgeAll, current: [], old: [] })).toEqual({ start: 3, stop: [] });
  });

  it('keeps every old pod until new ones are ready', () => {
    const view = { replicas: 3, strategy: surgeAll, current: pods('xyz', false), old: pods('abc') };
    expect(nextStep(view)).toEqual({ start: 0, stop: [] });
  });

  it('lets one old pod go for each new one that is ready, the youngest first', () => {
    const current = [...pods('x'), ...pods('yz', false)];
    expect(nextStep({ replicas: 3, strategy: surgeAll, current, old: pods('abc') }).stop).toEqual(['c']);
  });

  it('stops old pods that do not serve at once', () => {
    const old = pods('abc', false);
    expect(nextStep({ replicas: 3, strategy: surgeAll, current: [], old })).toEqual({
      start: 3,
      stop: ['a', 'b', 'c'],
    });
  });

  it('stops the pods that do not serve first when it scales down', () => {
    const current = [...pods('ab'), ...pods('c', false).map((pod) => ({ ...pod, order: -1 }))];
    expect(nextStep({ replicas: 2, strategy: surgeAll, current, old: [] }).stop).toEqual(['c']);
  });

  it('Recreate starts nothing while an old pod is there', () => {
    const view = { replicas: 2, strategy: { type: 'Recreate' as const }, current: [], old: pods('ab') };
    expect(nextStep(view)).toEqual({ start: 0, stop: ['a', 'b'] });
  });

  it('reaches the wanted state from any state, never below what must stay available', () => {
    const strategy = fc.constantFrom(
      surgeAll,
      { type: 'RollingUpdate' as const, rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      { type: 'RollingUpdate' as const, rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
      { type: 'RollingUpdate' as const },
    );
    const count = fc.integer({ min: 0, max: 6 });
    fc.assert(
      fc.property(strategy, count, count, count, (chosen, replicas, currentCount, oldCount) => {
        let order = 0;
        const make = (ready: boolean): PodView => {
          order += 1;
          return { name: String(order), ready, order };
        };
        let current = Array.from({ length: currentCount }, () => make(true));
        let old = Array.from({ length: oldCount }, () => make(true));
        const floor = Math.min(replicas - (chosen === surgeAll ? 0 : 1), currentCount + oldCount);
        for (let round = 0; round < 40; round += 1) {
          const { start, stop } = nextStep({ replicas, strategy: chosen, current, old });
          current = current.filter(({ name }) => !stop.includes(name));
          old = old.filter(({ name }) => !stop.includes(name));
          expect([...current, ...old].filter(({ ready }) => ready).length).toBeGreaterThanOrEqual(floor);
          current = [
            ...current.map((pod) => ({ ...pod, ready: true })),
            ...Array.from({ length: start }, () => make(false)),
          ];
        }
        expect(old).toEqual([]);
        expect(current).toHaveLength(replicas);
        expect(current.every(({ ready }) => ready)).toBe(true);
      }),
    );
  });
});
