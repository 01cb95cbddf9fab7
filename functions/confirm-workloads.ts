import { type Autoscaler, autoscalerOf, withinMax } from '#domain/capacity.ts';
import type { Plan } from '#domain/plan.ts';
import { pipeline } from '#pipeline/pipeline.ts';
import type { Controls } from '#ports/controls.ts';
import type { Workloads } from '#ports/workloads.ts';
import { attempt } from '#src/attempt.ts';
import { controls, workloads } from '#src/composition.ts';
import { type Forced, unlessForced } from './shared/forced.ts';
import { lookOnce, notYet, type Poll } from './shared/poll.ts';

interface Step {
  readonly ports: { readonly workloads: Workloads; readonly controls: Pick<Controls, 'read'> };
  readonly plan: Plan;
  readonly run: { readonly execution: string; readonly state: string };
}

interface Ready {
  readonly deployments: readonly { readonly name: string; readonly ready: number }[];
}

const AUTOSCALERS_WITHIN_MS = 2_000;

/** Asked only where fewer are wanted than the plan says: a maximum that a person accepted may be the reason. */
const capsOf = async ({ ports, plan }: Step, fewer: readonly string[]): Promise<readonly Autoscaler[]> => {
  if (fewer.length === 0) return [];
  const names = plan.workloads.deployments.map(({ name }) => name);
  const found = await attempt(() => ports.workloads.autoscalers('standby', names), AUTOSCALERS_WITHIN_MS);
  return found.outcome === 'answered' ? found.value : [];
};

const look = async (step: Step): Promise<Poll<Ready & Forced>> => {
  const { ports, plan, run } = step;
  const { deployments } = plan.workloads;
  const statuses = await ports.workloads.status(
    'standby',
    deployments.map((deployment) => deployment.name),
  );
  const wantedOf = (name: string) => statuses.find((one) => one.name === name)?.wanted ?? 0;
  const fewer = deployments.filter(({ name, replicas }) => wantedOf(name) < replicas).map(({ name }) => name);
  const autoscalers = await capsOf(step, fewer);
  const late = deployments.flatMap(({ name, replicas }) => {
    const status = statuses.find((one) => one.name === name);
    if (!status) return [`${name} is not there`];
    const enough = withinMax(replicas, autoscalerOf(autoscalers, name));
    const done = status.observed && status.wanted >= enough && status.ready === status.wanted;
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

/**
 * Done when every deployment has what the plan wants, or as many as its autoscaler allows, ready, and its controller has seen the newest spec; or when a person skipped the scale-up or
 * ordered to go on.
 */
export const confirmWorkloads = (step: Step): Promise<Poll<Ready & Forced>> => lookOnce(() => look(step));

export const handler = pipeline({ ports: { workloads, controls }, patient: true }).handler(confirmWorkloads);
