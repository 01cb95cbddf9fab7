import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { towards } from '#domain/direction.ts';
import type { Plan } from '#domain/plan.ts';
import { type Drift, type DriftReport, driftOf, packagedStack } from './drift/drift.ts';
import { fail, packageFor, root } from './package-call.ts';

/**
 * `node scripts/deploy-check.ts [--stage prod] [--region us-west-2] [--json]`: packages the plan if need be, and compares the stacks of a direction, as
 * AWS (or the lab, where AWS_ENDPOINT_URL points) describes them, with the packages. Reads only. Exit 0: the same, 1: drift, or AWS
 * does not answer, 2: bad usage.
 */
const options = (() => {
  try {
    return parseArgs({
      options: {
        stage: { type: 'string', default: 'prod' },
        region: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return fail(2, (error as Error).message);
  }
})();

const short = (value: unknown): string => {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 100 ? `${text.slice(0, 97)}...` : text;
};

const say = (stack: string, { id, type, differences }: Drift): readonly string[] =>
  differences.length === 0
    ? [`${stack}  ${id} (${type}) is not there`]
    : differences.map(
        ({ path, wanted, actual }) =>
          `${stack}  ${id} (${type}): ${path} is ${short(actual)}; the package says ${short(wanted)}`,
      );

packageFor(options.stage, options.region ?? null);
const declared = JSON.parse(readFileSync(`${root}.build/plan.json`, 'utf8')) as Plan;
const plan = towards(declared, options.region ?? declared.regions.standby) as Plan;
const other = plan.regions.standby === declared.regions.standby ? null : `${root}.build/${plan.regions.standby}`;
const stacks = [
  { name: 'pipeline', folder: other ? `${other}/pipeline` : `${root}.serverless`, region: plan.regions.standby },
  { name: 'witness', folder: other ? `${other}/witness` : `${root}.build/witness`, region: plan.regions.witness },
];

const reports: { readonly name: string; readonly region: string; readonly report: DriftReport }[] = [];
for (const { name, folder, region } of stacks) {
  try {
    reports.push({ name, region, report: await driftOf(packagedStack(folder, region)) });
  } catch (error) {
    fail(
      1,
      `the ${name} stack in ${region} could not be compared: ${(error as Error).name}: ${(error as Error).message}`,
    );
  }
}

const drifted = reports.reduce((sum, { report }) => sum + report.drifted.length, 0);
if (options.json) console.log(JSON.stringify({ stage: options.stage, drifted, stacks: reports }));
else {
  for (const { name, region, report } of reports) {
    for (const line of report.drifted.flatMap((one) => say(name, one))) console.log(line);
    const left = Object.entries(report.passedOver).map(([type, count]) => `${count} ${type}`);
    console.log(
      `${name} in ${region}: ${report.compared} resources compared, ${report.drifted.length} not as packaged`,
    );
    console.log(`  not compared (CloudFormation's own drift detection knows them): ${left.join(', ')}`);
  }
}
process.exitCode = drifted === 0 ? 0 : 1;
