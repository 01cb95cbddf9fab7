import { fenceLifted } from '#domain/lifted-fence.ts';
import type { Entry } from '#domain/milestones.ts';
import type { Failure, Outcome, StepRecord } from '#domain/outcome.ts';
import type { Plan } from '#domain/plan.ts';
import type { Incident } from '#domain/request.ts';

interface Fenced {
  readonly methods?: readonly { readonly before?: Readonly<Record<string, number>> }[];
}

const FENCES: readonly string[] = ['FencePrimary', 'RenewFence'];

/** Replicas wanted before the fence, by deployment, by the record; a deployment is not there when it does not say. */
const recordedBefore = (entries: readonly Entry[]): Readonly<Record<string, number>> => {
  const left = entries.filter(({ state, kind }) => kind === 'left' && FENCES.includes(state));
  const methods = left.flatMap(({ result }) => (result as Fenced | null)?.methods ?? []);
  return Object.assign({}, ...methods.map(({ before }) => before));
};

/** What brings the replicas back that the fence took away: as many as the record says, or else the deployment itself. */
const scaleBack = ({ fence, workloads }: Plan, entries: readonly Entry[]): readonly string[] => {
  if (!fence.methods.includes('workloads-to-zero')) return [];
  const before = recordedBefore(entries);
  const kubectl = `kubectl -n ${workloads.namespace}`;
  return workloads.deployments.flatMap(({ name }) => {
    const kept = `"$(${kubectl} get deployment/${name} -o jsonpath='{.metadata.annotations.continuity/replicas-before}')"`;
    const replicas = before[name] ?? kept;
    // None were wanted before the fence either.
    if (replicas === 0) return [];
    return `in ${workloads.clusters.primary}: ${kubectl} scale deployment/${name} --replicas=${replicas}`;
  });
};

const leftWith = (entries: readonly Entry[], state: string): readonly Readonly<Record<string, unknown>>[] =>
  entries
    .filter((entry) => entry.state === state && entry.kind === 'left')
    .map(({ result }) => (result ?? {}) as Readonly<Record<string, unknown>>);

/**
 * Whether the standby may be promoted, or on its way. The run's own promotion is not all: the guards found that an earlier run of the incident had let
 * one begin, or LiftFence looked and left the fence as it was.
 */
const mayBePromoted = (entered: boolean, entries: readonly Entry[]): boolean =>
  entered ||
  leftWith(entries, 'CheckGuards').some(({ promotedBefore }) => promotedBefore === true) ||
  leftWith(entries, 'LiftFence').some(({ stays }) => typeof stays === 'string');

/** What a person may do after a run, in order. Nothing here is done by the pipeline. */
export const nextCommands = (
  plan: Plan,
  execution: string,
  result: Outcome['result'],
  steps: readonly StepRecord[],
  failure: Failure | null,
  entries: readonly Entry[],
  incident: Incident | null,
): readonly string[] => {
  const status = (state: string): StepRecord['status'] | undefined =>
    steps.find((step) => step.state === state)?.status;
  const history = `continuity history ${execution}`;
  const again = `continuity start ${plan.plan} --reason "<why>"`;
  const { instances, applicationRole } = plan.database;
  if (result === 'recovered') {
    return [
      history,
      `Keep ${instances.primary} in ${plan.regions.primary} as it is: its last writes may be wanted, and it must stay fenced.`,
    ];
  }
  if (result === 'refused') {
    if (failure?.error === 'GuardsRefusedError') return ['Mend what the guards name.', again];
    if (failure?.error.startsWith('Approval')) return [history, `Only if the service is down all the same: ${again}`];
    if (failure?.error === 'NoRecoveryError') return [history, `Only if the service is down all the same: ${again}`];
    return failure?.error === 'InvalidRequestError' ? [again] : [history];
  }
  if (result === 'unconfirmed') {
    const { standby, witness } = plan.regions;
    return [
      history,
      `Traffic was moved and ${standby} serves it as seen from there: look from outside whether clients arrive at ${plan.service.record}.`,
      `${instances.standby} is the primary now: never lift the fence of ${instances.primary}.`,
      `When they do: continuity incident close ${incident?.id ?? '<incident>'} --reason "<what you saw, and from where>"`,
      `The third site (${witness}) did not answer: mend it. When clients do not arrive: ${again}`,
    ];
  }
  const next = [history];
  // A fence that was lifted proves that no promotion of the run was let begin.
  const lifted = fenceLifted(entries);
  if (!lifted && mayBePromoted(status('PromoteReplica') !== 'not-done', entries)) {
    next.push(
      `${instances.standby} may be promoted: never lift the fence of ${instances.primary} before you have looked.`,
    );
  } else if (!lifted && status('FencePrimary') !== 'not-done') {
    const lift = [
      `ALTER ROLE ${applicationRole} LOGIN`,
      `continuity write-lease return ${plan.plan} --reason "<why>"`,
      ...scaleBack(plan, entries),
    ];
    next.push(`${instances.primary} may be fenced; to lift the fence when it should serve again: ${lift.join('; ')}`);
  }
  return [...next, `Every step can be repeated; to go on: ${again}`];
};
