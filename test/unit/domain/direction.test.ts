import { describe, expect, it } from 'vitest';
import { towards, turned } from '#domain/direction.ts';
import { examplePlan } from './support.ts';

const plan = examplePlan();
const other = turned(plan);

/** Every pair of a value named primary and one named standby, wherever it is in the plan. */
const pairs = (value: unknown, path = ''): readonly (readonly [string, string, string])[] => {
  if (typeof value !== 'object' || value === null) return [];
  const { primary, standby } = value as { primary?: unknown; standby?: unknown };
  const own =
    primary === undefined || standby === undefined
      ? []
      : [[path, JSON.stringify(primary), JSON.stringify(standby)] as const];
  return [...own, ...Object.entries(value).flatMap(([key, item]) => pairs(item, `${path}.${key}`))];
};

describe('the plan turned round', () => {
  it('swaps whatever is named primary and standby, everywhere', () => {
    expect(pairs(plan).length).toBeGreaterThan(6);
    expect(pairs(other)).toEqual(pairs(plan).map(([path, primary, standby]) => [path, standby, primary]));
  });

  it('keeps everything else, the home region first of all, and is the plan again when turned twice', () => {
    expect(other.regions).toMatchObject({ primary: 'us-west-2', standby: 'us-east-1', home: 'us-east-1' });
    expect(turned(other)).toEqual(plan);
  });
});

describe('a stack for a region', () => {
  it('is that of the plan, the one turned round, or none', () => {
    expect(towards(plan, 'us-west-2')).toEqual(plan);
    expect(towards(plan, 'us-east-1')).toEqual(other);
    expect(towards(plan, 'eu-west-1')).toBe(
      'eu-west-1 is no region that the plan fails over to; allowed: us-west-2, us-east-1',
    );
    expect(towards({ ...plan, regions: { ...plan.regions, directions: 'one' } }, 'us-east-1')).toMatch(
      /^regions\.directions is one: .*; allowed: --region us-west-2, or directions: both$/,
    );
  });
});
