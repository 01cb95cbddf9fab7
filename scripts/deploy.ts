import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Plan } from '#domain/plan.ts';
import { type Deployment, deploymentOrder, packagePath } from './deploy-order.ts';
import { fail, packageFor, root } from './package-call.ts';

/**
 * `node scripts/deploy.ts [--stage prod] [--region us-west-2] [--dry-run]`: packages what changed, and deploys the packages as they are, in the order
 * in which they need each other: both directions, or with --region one of them. Stops at the first that fails; what was deployed
 * stays, and the same call goes on. --dry-run says what would be deployed, and deploys nothing. Exit 0 done, 1 failed, 2 bad usage.
 */
const options = (() => {
  try {
    return parseArgs({
      options: {
        stage: { type: 'string', default: 'prod' },
        region: { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return fail(2, (error as Error).message);
  }
})();

const deploy = ({ config, service, package: folder }: Deployment): boolean => {
  const cwd = join(root, service);
  const args = [
    'deploy',
    '--config',
    config,
    '--stage',
    options.stage,
    '--package',
    packagePath(root, service, folder),
  ];
  const { status } = spawnSync(process.execPath, [join(root, 'node_modules/serverless/bin/serverless.js'), ...args], {
    cwd,
    stdio: 'inherit',
    env: { ...process.env, SLS_TELEMETRY_DISABLED: '1', SLS_NOTIFICATIONS_MODE: 'off' },
  });
  return status === 0;
};

packageFor(options.stage, options.region ?? null);
const declared = JSON.parse(readFileSync(join(root, '.build/plan.json'), 'utf8')) as Plan;
const order = deploymentOrder(declared, options.region ?? null);
for (const direction of new Set(order.map((one) => one.direction))) {
  if (direction !== options.region) packageFor(options.stage, direction);
}
for (const [index, one] of order.entries()) {
  const said = `${index + 1} of ${order.length}: ${one.stack} towards ${one.direction}, in ${one.region}`;
  console.log(options['dry-run'] ? `would deploy ${said} (${one.package})` : `deploying ${said}`);
  if (!options['dry-run'] && !deploy(one)) {
    fail(1, `${one.stack} towards ${one.direction} was not deployed: what is above says why; the same call goes on`);
  }
}
if (!options['dry-run']) console.log('deployed; `npm run deploy:check` says whether it stays so');
