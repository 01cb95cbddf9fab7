import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plan } from '#domain/plan.ts';
import { type Deployment, deploymentOrder } from './deploy-order.ts';
import { root } from './package-call.ts';

export interface PackagedTemplate {
  readonly file: string;
  /** Where it is deployed: resource types and instance kinds differ by region. */
  readonly region: string;
}

export const declaredPlan = (): Plan => JSON.parse(readFileSync(join(root, '.build/plan.json'), 'utf8')) as Plan;

export const templateOf = ({ package: folder, region }: Deployment): PackagedTemplate => ({
  file: join(root, folder, 'cloudformation-template-update-stack.json'),
  region,
});

/** What `npm run package` wrote: the pipeline's, then the witness's. */
export const packagedTemplates = (): readonly PackagedTemplate[] => {
  const plan = declaredPlan();
  return deploymentOrder(plan, plan.regions.standby).map(templateOf).toReversed();
};
