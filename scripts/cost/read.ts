import { readFileSync } from 'node:fs';
import type { Plan } from '#domain/plan.ts';
import { machines } from '../state-graph.ts';
import { type Resources, recoveryCost, standingCost } from './cost.ts';
import { costPage } from './page.ts';

const root = new URL('../../', import.meta.url);
const json = (path: string): unknown => JSON.parse(readFileSync(new URL(path, root), 'utf8'));
const resources = (folder: string): Resources =>
  (json(`${folder}/cloudformation-template-update-stack.json`) as { Resources: Resources }).Resources;

/** Start, six milestones and the end. */
const NOTICES = 8;

/** The text of docs/cost.md, from what `npm run package` wrote. */
export const costText = (): string => {
  const plan = json('.build/plan.json') as Plan;
  const machine = machines().find(({ name }) => name === 'regional-failover')?.machine;
  if (!machine) throw new Error('there is no machine regional-failover');
  const pipeline = resources('.serverless');
  const subscribers = Object.values(pipeline).filter(({ Type }) => Type === 'AWS::SNS::Subscription').length;
  return costPage(
    standingCost(pipeline, resources('.build/witness')),
    recoveryCost(machine, subscribers, NOTICES),
    plan.regions.directions === 'both' ? 2 : 1,
  );
};
