import type { Plan } from '#domain/plan.ts';
import { pipeline } from '#pipeline/pipeline.ts';
import type { Controls } from '#ports/controls.ts';
import type { Workloads } from '#ports/workloads.ts';
import { controls, workloads } from '#src/composition.ts';
import { type Forced, unlessForced } from './shared/forced.ts';
import { lookOnce, notYet, type Poll } from './shared/poll.ts';

interface Step {
  readonly ports: { readonly workloads: Workloads; readonly controls: Pick<Controls, 'read'> };
  readonly plan: Plan;
  readonly run: { readonly execution: string; readonly state: string };
}

const look = async (step: Step): Promise<Poll<Forced>> => {
  const { ports, plan } = step;
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
  if (late.length === 0) return { done: true, detail: `${names.join(', ')} restarted` };
  const seen = notYet(late.join(', '));
  const noneOld = names.every((name) => {
    const status = statuses.find((one) => one.name === name);
    return status?.observed === true && status.updated === status.total;
  });
  return noneOld ? unlessForced<object>(step, seen, {}) : seen;
};

/**
 * Done when every replica of every deployment runs the restarted template and is ready, and no old one is left: none has the old database host
 * any more. As `kubectl rollout status` has it. A person may order to go on with replicas that are not ready, never with one that is old.
 */
export const confirmRepoint = (step: Step): Promise<Poll<Forced>> => lookOnce(() => look(step));

export const handler = pipeline({ ports: { workloads, controls }, patient: true }).handler(confirmRepoint);
