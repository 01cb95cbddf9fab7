import { realpathSync } from 'node:fs';
import { join, relative } from 'node:path';
import { turned } from '#domain/direction.ts';
import type { Plan } from '#domain/plan.ts';

export interface Deployment {
  readonly stack: 'pipeline' | 'witness';
  /** Region that the direction fails over to: what `--region` says to packaging. */
  readonly direction: string;
  /** Region that the stack is made in. */
  readonly region: string;
  readonly config: string;
  /** Where the framework works, and its package, by their paths in the project. */
  readonly service: string;
  readonly package: string;
}

const deployment = (plan: Plan, declared: Plan, stack: Deployment['stack']): Deployment => {
  const direction = plan.regions.standby;
  const own = direction === declared.regions.standby;
  const folder = own ? '.build' : `.build/${direction}`;
  return {
    stack,
    direction,
    region: stack === 'pipeline' ? direction : plan.regions.witness,
    config: stack === 'pipeline' ? 'serverless.yml' : 'serverless.witness.yml',
    service: `${folder}/service-${stack}`,
    package: stack === 'pipeline' && own ? '.serverless' : `${folder}/${stack}`,
  };
};

/**
 * What is deployed, in its order. A witness comes before its pipeline, which asks its resolvers; the stack of the home region, whose switch the
 * records' health check names, before the declared one, which has the records. With `region` that direction alone, for a change of it.
 */
export const deploymentOrder = (declared: Plan, region: string | null): readonly Deployment[] => {
  const of = (plan: Plan, stack: Deployment['stack']) => deployment(plan, declared, stack);
  if (region !== null) {
    const plan = region === declared.regions.standby ? declared : turned(declared);
    return [of(plan, 'witness'), of(plan, 'pipeline')];
  }
  if (declared.regions.directions === 'one') return [of(declared, 'witness'), of(declared, 'pipeline')];
  const other = turned(declared);
  return [of(other, 'witness'), of(other, 'pipeline'), of(declared, 'witness'), of(declared, 'pipeline')];
};

/**
 * The package as the framework, at work in the folder `service`, is told of it: by its own name, not by the link that leads to it. A path that ends
 * with `.serverless` it takes for the folder that it would write itself, and finds no package there.
 */
export const packagePath = (root: string, service: string, folder: string): string =>
  relative(join(root, service), realpathSync(join(root, folder)));
