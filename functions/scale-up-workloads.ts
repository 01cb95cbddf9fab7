import { targetsOf } from '#domain/capacity.ts';
import { NoEffectError } from '#domain/errors.ts';
import type { Plan } from '#domain/plan.ts';
import { pipeline } from '#pipeline/pipeline.ts';
import type { Readings } from '#ports/readings.ts';
import type { Workloads } from '#ports/workloads.ts';
import { readings, workloads } from '#src/composition.ts';
import { attempt } from './shared/attempt.ts';

const READINGS_WITHIN_MS = 2_000;

interface Step {
  readonly ports: { readonly workloads: Workloads; readonly readings: Pick<Readings, 'list'> };
  readonly plan: Plan;
}

/**
 * Sets the replicas that were seen in the primary, and the plan's at least, in the standby region where fewer are wanted; never scales down. A peak
 * that cannot be read leaves the plan's floor. Throws NoEffectError when they are not wanted then.
 */
export const scaleUpWorkloads = async ({ ports, plan }: Step) => {
  const seen = await attempt(() => ports.readings.list(plan.plan), READINGS_WITHIN_MS);
  const deployments = targetsOf(plan, seen.outcome === 'answered' ? seen.value : []);
  const names = deployments.map((deployment) => deployment.name);
  const before = await ports.workloads.status('standby', names);
  const wantedOf = (statuses: typeof before, name: string) =>
    statuses.find((status) => status.name === name)?.wanted ?? 0;
  const short = deployments.filter((deployment) => wantedOf(before, deployment.name) < deployment.replicas);
  await Promise.all(short.map(({ name, replicas }) => ports.workloads.scale('standby', name, replicas)));
  const after = short.length === 0 ? before : await ports.workloads.status('standby', names);
  const unchanged = deployments.filter((deployment) => wantedOf(after, deployment.name) < deployment.replicas);
  if (unchanged.length > 0) {
    const list = unchanged.map(({ name, replicas }) => `${name} wants ${wantedOf(after, name)} of ${replicas}`);
    throw new NoEffectError(`scaled up, but: ${list.join(', ')}`);
  }
  return {
    deployments: deployments.map(({ name, from }) => ({
      name,
      from,
      before: wantedOf(before, name),
      after: wantedOf(after, name),
    })),
  };
};

export const handler = pipeline({ ports: { readings, workloads }, mutates: true }).handler(scaleUpWorkloads);
