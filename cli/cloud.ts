import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { towards } from '#domain/direction.ts';
import type { Plan } from '#domain/plan.ts';
import type { Executions } from '#ports/executions.ts';
import { executions as executionsFactory } from '#src/composition.ts';
import { UsageError } from './exit.ts';
import { PROJECT, runningLab } from './lab-process.ts';
import { loadPlan } from './load-plan.ts';

export interface Cloud {
  readonly plan: Plan;
  readonly executions: Executions;
  /** ARN of the recovery machine whose name ends so: `continuity-prod-regional-failover`. Throws UsageError when there is none, or several. */
  machine(suffix: string): Promise<string>;
}

/** Throws UsageError when a variable that AWS's clients read as an address is none: they would say it as an error of the call. */
const mustBeAddresses = (environment: NodeJS.ProcessEnv): void => {
  for (const [name, value] of Object.entries(environment)) {
    if (!/^AWS_ENDPOINT_URL(_|$)/.test(name) || !value) continue;
    if (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)) continue;
    throw new UsageError(`${name} must be an address such as http://127.0.0.1:4566, got "${value}"`);
  }
};

/** AWS, or the lab where AWS_ENDPOINT_URL points: the plan's standby region, or with CONTINUITY_REGION the stack of the other direction. */
export const cloud = async (): Promise<Cloud> => {
  mustBeAddresses(process.env);
  const own = join(process.cwd(), 'continuity.yml');
  const written = loadPlan(existsSync(own) ? own : join(PROJECT, 'continuity.yml'));
  const plan = towards(written, process.env.CONTINUITY_REGION ?? written.regions.standby);
  if (typeof plan === 'string') throw new UsageError(`CONTINUITY_REGION: ${plan}`);
  if (!process.env.AWS_ENDPOINT_URL && !process.env.AWS_ACCESS_KEY_ID && !process.env.AWS_PROFILE && runningLab()) {
    throw new UsageError('no AWS credentials, but a lab is running: point at it with eval "$(npx continuity lab env)"');
  }
  const executions = executionsFactory.create({}, plan);
  return {
    plan,
    executions,
    machine: async (suffix) => {
      const found = (await executions.machines()).filter(({ name }) => name === suffix || name.endsWith(`-${suffix}`));
      const [first, ...others] = found;
      if (!first)
        throw new UsageError(
          `no state machine named *-${suffix} in ${plan.regions.standby}: is the stack deployed there?`,
        );
      if (others.length > 0) {
        throw new UsageError(
          `several state machines named *-${suffix} in ${plan.regions.standby}: ${found.map(({ name }) => name).join(', ')}`,
        );
      }
      return first.arn;
    },
  };
};
