import type { Plan } from '#domain/plan.ts';
import { pipeline } from '#pipeline/pipeline.ts';
import type { Workloads } from '#ports/workloads.ts';
import { workloads } from '#src/composition.ts';
import { notYet, type Poll } from './shared/poll.ts';

interface Step {
  readonly ports: { readonly workloads: Workloads };
  readonly plan: Plan;
}

/**
 * Done when every replica of every deployment runs the restarted template and is ready, and no old one is left: none has the old database host
 * any more. As `kubectl rollout status` has it.
 */
export const confirmRepoint = async ({ ports, plan }: Step): Promise<Poll> => {
  const names = plan.workloads.deployments.map((deployment) => deployment.name);
  const statuses = await ports.workloads.status('standby', names);
  const late = names.flatMap((name) => {
    const status = statuses.find((one) => one.name === name);
    if (!status) return [`${name} is not there`];
    const { observed, wanted, updated, ready, total } = status;
    if (observed && wanted > 0 && updated === wanted && ready === wanted && total === wanted) return [];
    return [
      `${name} has ${updated} restarted and ${ready} ready of ${wanted}, ${total} in all${observed ? '' : ' (spec not seen yet)'}`,
    ];
  });
  return late.length > 0 ? notYet(late.join(', ')) : { done: true, detail: `${names.join(', ')} restarted` };
};

export const handler = pipeline({ ports: { workloads }, patient: true }).handler(confirmRepoint);
