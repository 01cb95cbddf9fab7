import { relative } from 'node:path';
import { deploymentOrder } from './deploy-order.ts';
import { lintMachines, lintTemplate } from './lint-template.ts';
import { packageFor, root } from './package-call.ts';
import { declaredPlan, templateOf } from './packaged-templates.ts';
import { makePythonTools } from './python-tools.ts';

/**
 * `npm run check:template`: AWS's cfn-lint over the packaged templates of each direction, and asl-validator over the state machines in them. Exit 1
 * with all findings, 2 when the linter cannot be had.
 */
const tools = await makePythonTools().catch((error: Error) => {
  console.error(`cfn-lint cannot be had: ${error.message}`);
  process.exit(2);
});

const order = deploymentOrder(declaredPlan(), null);
for (const direction of new Set(order.map((one) => one.direction))) packageFor('prod', direction);

let findings = 0;
for (const template of order.map(templateOf)) {
  const said = [...(await lintTemplate(tools, template)), ...(await lintMachines(template.file))];
  for (const line of said) console.error(`${relative(root, template.file)}: ${line}`);
  if (said.length === 0) console.log(`${relative(root, template.file)}: nothing to say (${template.region})`);
  findings += said.length;
}
process.exitCode = findings > 0 ? 1 : 0;
