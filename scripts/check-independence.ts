import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { towards } from '#domain/direction.ts';
import type { Plan } from '#domain/plan.ts';
import { checkIndependence } from './independence/check.ts';
import { CannotFollowError } from './independence/interpreter.ts';
import { tableOf } from './independence/report.ts';
import { projectSources } from './independence/sources.ts';
import { machines } from './state-graph.ts';

/**
 * `node scripts/check-independence.ts [--json] [--quiet] [--strategy health-switch|record-change] [--region us-west-2]`: no step of the recovery may
 * need the failed region, or a control plane that lives there or in us-east-1 (design, point 11). Prints every call, who has to answer it and the
 * verdict; `--quiet`: the findings only. Without --region every direction of the plan is checked, each as its own stack is. Exit 1 with findings, 2 when
 * the call is wrong or the sources cannot be followed.
 */
const root = fileURLToPath(new URL('../', import.meta.url));

const refuse = (message: string): never => {
  console.error(message);
  process.exit(2);
};

const options = (() => {
  try {
    return parseArgs({
      options: {
        json: { type: 'boolean', default: false },
        quiet: { type: 'boolean', default: false },
        strategy: { type: 'string' },
        region: { type: 'string' },
      },
    }).values;
  } catch (error) {
    return refuse((error as Error).message);
  }
})();

const STRATEGIES = ['health-switch', 'record-change'];
if (options.strategy !== undefined && !STRATEGIES.includes(options.strategy))
  refuse(`--strategy must be ${STRATEGIES.join(' or ')}, got "${options.strategy}"`);

const planFile = `${root}.build/plan.json`;
if (!existsSync(planFile)) refuse('the plan is not compiled yet: node scripts/compile-plan.ts');
const compiled = JSON.parse(readFileSync(planFile, 'utf8')) as Plan;
const strategy = (options.strategy ?? compiled.traffic.strategy) as Plan['traffic']['strategy'];
const declared: Plan = { ...compiled, traffic: { ...compiled.traffic, strategy } };

const towardsRegion = (region: string): Plan => {
  const plan = towards(declared, region);
  return typeof plan === 'string' ? refuse(`--region: ${plan}`) : plan;
};
const { standby, primary, directions } = declared.regions;
const asked = options.region === undefined ? [standby, ...(directions === 'both' ? [primary] : [])] : [options.region];
const plans = asked.map(towardsRegion);

try {
  const sources = projectSources(root);
  const found = plans.map((plan) => ({
    towards: plan.regions.standby,
    ...checkIndependence(sources, plan, machines()),
  }));
  if (options.json) console.log(JSON.stringify(found, null, 2));
  else {
    for (const one of found) {
      const where = found.length > 1 ? `towards ${one.towards}: ` : '';
      if (!options.quiet) console.log(`${where === '' ? '' : `Towards ${one.towards}\n\n`}${tableOf(one)}`);
      for (const finding of one.findings) console.error(`${where}${finding}`);
    }
  }
  process.exitCode = found.some(({ findings }) => findings.length > 0) ? 1 : 0;
} catch (error) {
  if (!(error instanceof CannotFollowError)) throw error;
  refuse(`cannot be followed: ${error.message}`);
}
