import { relative } from 'node:path';
import { sayFinding } from '#domain/finding.ts';
import type { Plan } from '#domain/plan.ts';
import { checkPlan } from '#src/plan-file.ts';
import { UsageError } from './exit.ts';
import { planText } from './plan-path.ts';

/** The plan as parsed. Throws UsageError with the first finding and how to see them all. */
export const loadPlan = (path: string): Plan => {
  const name = relative(process.cwd(), path) || path;
  const checked = checkPlan(planText(path, name), name);
  if ('plan' in checked) return checked.plan;
  const errors = checked.findings.filter((finding) => finding.level === 'error');
  const first = errors[0] ? sayFinding(errors[0]) : `${name} is not a plan`;
  const rest = errors.length > 1 ? ` (and ${errors.length - 1} more: \`npx continuity plan check ${name}\`)` : '';
  throw new UsageError(`${first}${rest}`);
};
