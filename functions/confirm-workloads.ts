import type { Plan } from '#domain/plan.ts';
import { pipeline } from '#pipeline/pipeline.ts';
import type { Workloads } from '#ports/workloads.ts';
import { workloads } from '#src/composition.ts';
import { notYet, type Poll } from './shared/poll.ts';

interface Step {
  readonly ports: { readonly workloads: Workloads };
  readonly plan: Plan;
}

/** Done when every deployment has what the plan wants, ready, and its controller has seen the newest spec. */
export const confirmWorkloads = async ({
  ports,
  plan,
}: Step): Promise<Poll<{ readonly deployments: readonly { readonly name: string; readonly ready: number }[] }>> => {
  const { deployments } = plan.workloads;
  const statuses = await ports.workloads.status(
    'standby',
    deployments.map((deployment) => deployment.name),
  );
  const late = deployments.flatMap(({ name, replicas }) => {
    const status = statuses.find((one) => one.name === name);
    if (!status) return [`${name} is not there`];
    const done = status.observed && status.wanted >= replicas && status.ready === status.wanted;
    return done
      ? []
      : [`${name} has ${status.ready} ready of ${status.wanted}${status.observed ? '' : ' (spec not seen yet)'}`];
  });
  if (late.length > 0) return notYet(late.join(', '));
  const ready = statuses.map((status) => ({ name: status.name, ready: status.ready }));
  return {
    done: true,
    detail: ready.map((one) => `${one.name} has ${one.ready} ready`).join(', '),
    deployments: ready,
  };
};

export const handler = pipeline({ ports: { workloads }, patient: true }).handler(confirmWorkloads);
