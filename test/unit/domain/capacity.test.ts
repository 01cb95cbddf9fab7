import { describe, expect, test } from 'vitest';
import { overQuota, peakOf, placed, type Room, targetsOf } from '#domain/capacity.ts';
import { at, examplePlan, reading } from './support.ts';

const MIB = 2 ** 20;
const room = (nodes: readonly [cpuMillis: number, mib: number, pods: number][]): Room => ({
  nodes: nodes.map(([cpuMillis, mib, pods], index) => ({ name: `n${index}`, cpuMillis, memoryBytes: mib * MIB, pods })),
  quotas: [],
  requests: [
    { deployment: 'api', cpuMillis: 500, memoryBytes: 256 * MIB },
    { deployment: 'worker', cpuMillis: 2_000, memoryBytes: 512 * MIB },
  ],
});

describe('capacity', () => {
  test.each([
    ['all fit', room([[4_000, 4_096, 10]]), 3, 1, 4],
    [
      'the cores are not all on one node',
      room([
        [1_900, 4_096, 10],
        [1_900, 4_096, 10],
      ]),
      0,
      1,
      0,
    ],
    ['memory is short', room([[9_000, 600, 10]]), 3, 0, 2],
    ['a node takes only so many pods', room([[9_000, 9_000, 2]]), 3, 0, 2],
    ['there is no node', room([]), 1, 0, 0],
    [
      'the larger are placed first',
      room([
        [2_400, 4_096, 10],
        [500, 4_096, 10],
      ]),
      1,
      1,
      2,
    ],
  ])('%s', (_name, has, api, worker, fit) => {
    const wanted = [
      { deployment: 'api', more: api },
      { deployment: 'worker', more: worker },
    ];
    expect(placed(has, wanted)).toBe(fit);
  });

  test('a quota bounds only what it names', () => {
    const has = { ...room([]), quotas: [{ name: 'cpu', cpuMillis: 1_000 }, { name: 'all' }] };
    expect(overQuota(has, [{ deployment: 'api', more: 2 }])).toEqual([]);
    expect(overQuota(has, [{ deployment: 'api', more: 3 }])).toEqual(['quota cpu has 1000m CPU left, 1500 are needed']);
  });

  test('the peak is the most of the last week', () => {
    const first = peakOf([], [{ name: 'svg-ai-api', replicas: 5 }], at(0));
    const second = peakOf(first, [{ name: 'svg-ai-api', replicas: 3 }], at(1_000));
    expect(second).toEqual([{ name: 'svg-ai-api', replicas: 5, at: at(0) }]);
    const week = 7 * 86_400_000;
    expect(peakOf(second, [{ name: 'svg-ai-api', replicas: 3 }], at(week))[0]?.replicas).toBe(3);
    expect(peakOf(second, [], at(1_000))).toEqual(second);
  });

  test('the floor is the plan', () => {
    const plan = examplePlan();
    const seen = (replicas: number) => [
      { ...reading('standby', {}), peak: [{ name: 'svg-ai-api', replicas, at: at(0) }] },
    ];
    expect(targetsOf(plan, [])).toMatchObject([{ replicas: 3, from: 'plan' }]);
    expect(targetsOf(plan, seen(2))).toMatchObject([{ replicas: 3, from: 'plan' }]);
    expect(targetsOf(plan, seen(8))).toMatchObject([{ replicas: 8, from: 'peak', seenAt: at(0) }]);
  });
});
