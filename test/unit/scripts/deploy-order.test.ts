import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { examplePlan } from '#test/unit/domain/support.ts';
import { deploymentOrder, packagePath } from '../../../scripts/deploy-order.ts';

const plan = examplePlan();
const said = (region: string | null, of = plan) =>
  deploymentOrder(of, region).map(({ stack, direction, region: at }) => `${stack} ${direction} in ${at}`);

describe('the order of a deployment', () => {
  it('ends with the records, which name the switch of the home region', () => {
    expect(said(null)).toEqual([
      'witness us-east-1 in us-east-2',
      'pipeline us-east-1 in us-east-1',
      'witness us-west-2 in us-east-2',
      'pipeline us-west-2 in us-west-2',
    ]);
  });

  it('is that of one direction, where one is asked for or the plan has one', () => {
    expect(said('us-east-1')).toEqual(['witness us-east-1 in us-east-2', 'pipeline us-east-1 in us-east-1']);
    const one = { ...plan, regions: { ...plan.regions, directions: 'one' as const } };
    expect(said(null, one)).toEqual(['witness us-west-2 in us-east-2', 'pipeline us-west-2 in us-west-2']);
  });

  it('names no folder twice', () => {
    const folders = deploymentOrder(plan, null).flatMap(({ service, package: made }) => [service, made]);
    expect(new Set(folders).size).toBe(folders.length);
  });
});

/** A path of that end was once handed over: the framework found no package, and nothing could be deployed. */
it('the framework is told of a package by a path that is not its own folder, and the package is there', () => {
  for (const { service, package: folder } of deploymentOrder(plan, plan.regions.standby)) {
    const path = packagePath(process.cwd(), service, folder);
    expect(path).not.toMatch(/\.serverless$/);
    expect(existsSync(join(process.cwd(), service, path, 'serverless-state.json'))).toBe(true);
  }
});
