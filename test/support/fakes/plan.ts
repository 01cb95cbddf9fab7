import { readFileSync } from 'node:fs';
import type { Plan } from '#domain/plan.ts';
import { checkPlan } from '#src/plan-file.ts';

const FILE = 'continuity.yml';
let parsed: Plan | undefined;

/** The example plan of the project, as a function gets it. */
export const examplePlan = (): Plan => {
  if (parsed) return parsed;
  const checked = checkPlan(readFileSync(FILE, 'utf8'), FILE, null);
  if (!('plan' in checked)) throw new Error(`${FILE}: ${JSON.stringify(checked.findings)}`);
  parsed = checked.plan;
  return parsed;
};
