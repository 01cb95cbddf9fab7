import type { Plan } from '#domain/plan.ts';
import { pipeline } from '#pipeline/pipeline.ts';
import type { Controls } from '#ports/controls.ts';
import type { Workloads } from '#ports/workloads.ts';
import { controls, workloads } from '#src/composition.ts';
import { type Forced, unlessForced } from './shared/forced.ts';
import { notYet, type Poll } from './shared/poll.ts';

interface Step {
  readonly ports: { readonly workloads: Workloads; readonly controls: Pick<Controls, 'read'> };
  readonly plan: Plan;
  readonly run: { readonly execution: string; readonly state: string };
}

interface Ready {
  readonly deployments: readonly { readonly name: string; readonly ready: number }[];
}

/**
 * Done when every deployment has what the plan wants, ready, and its controller has seen the newest spec; or when a person skipped the scale-up or
 * ordered to go on.
 */
export const confirmWorkloads = async (step: Step): Promise<Poll<Ready & Forced>> => {
  const { ports, plan, run } = step;
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
  const ready = statuses.map((status) => ({ name: status.name, ready: status.ready }));
  if (late.length > 0) {
    const { skips } = await ports.controls.read(run.execution);
    // Nobody scaled it up: there is nothing to wait for.
    if (skips.ScaleUpWorkloads) return { done: true, detail: `not scaled up: ${late.join(', ')}`, deployments: ready };
    return unlessForced(step, notYet(late.join(', ')), { deployments: ready });
  }
  return {
    done: true,
    detail: ready.map((one) => `${one.name} has ${one.ready} ready`).join(', '),
    deployments: ready,
  };
};

export const handler = pipeline({ ports: { workloads, controls }, patient: true }).handler(confirmWorkloads);
