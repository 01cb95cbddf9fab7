import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Plan } from '#domain/plan.ts';
import { type Deployment, deploymentOrder } from './deploy-order.ts';

/**
 * `node scripts/deploy.ts [--stage prod] [--region us-west-2] [--dry-run]`: packages what changed, and deploys the packages as they are, in the order
 * in which they need each other: both directions, or with --region one of them. Stops at the first that fails; what was deployed
 * stays, and the same call goes on. --dry-run says what would be deployed, and deploys nothing. Exit 0 done, 1 failed, 2 bad usage.
 */
const root = fileURLToPath(new URL('../', import.meta.url));

const fail = (code: 1 | 2, line: string): never => {
  console.error(line);
  process.exit(code);
};

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

const packageFor = (region: string | null): void => {
  const args = ['scripts/package.ts', '--quiet', '--stage', options.stage, ...(region ? ['--region', region] : [])];
  try {
    execFileSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  } catch (error) {
    process.exit((error as { status?: number }).status === 2 ? 2 : 1);
  }
};

const deploy = ({ config, service, package: folder }: Deployment): boolean => {
  const cwd = join(root, service);
  const args = ['deploy', '--config', config, '--stage', options.stage, '--package', relative(cwd, join(root, folder))];
  const { status } = spawnSync(process.execPath, [join(root, 'node_modules/serverless/bin/serverless.js'), ...args], {
    cwd,
    stdio: 'inherit',
    env: { ...process.env, SLS_TELEMETRY_DISABLED: '1', SLS_NOTIFICATIONS_MODE: 'off' },
  });
  return status === 0;
};

packageFor(options.region ?? null);
const declared = JSON.parse(readFileSync(join(root, '.build/plan.json'), 'utf8')) as Plan;
const order = deploymentOrder(declared, options.region ?? null);
for (const direction of new Set(order.map((one) => one.direction))) {
  if (direction !== options.region) packageFor(direction);
}
for (const [index, one] of order.entries()) {
  const said = `${index + 1} of ${order.length}: ${one.stack} towards ${one.direction}, in ${one.region}`;
  console.log(options['dry-run'] ? `would deploy ${said} (${one.package})` : `deploying ${said}`);
  if (!options['dry-run'] && !deploy(one)) {
    fail(1, `${one.stack} towards ${one.direction} was not deployed: what is above says why; the same call goes on`);
  }
}
if (!options['dry-run']) console.log('deployed; `npm run deploy:check` says whether it stays so');
