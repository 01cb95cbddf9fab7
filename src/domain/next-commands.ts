import type { Entry } from '#domain/milestones.ts';
import type { Failure, Outcome, StepRecord } from '#domain/outcome.ts';
import type { Plan } from '#domain/plan.ts';
import type { Incident } from '#domain/request.ts';

interface Fenced {
  readonly methods?: readonly { readonly before?: Readonly<Record<string, number>> }[];
}

/** What brings the replicas back that the fence took away: as many as were wanted before it, by the record, else by the plan. */
const scaleBack = ({ fence, workloads }: Plan, entries: readonly Entry[]): readonly string[] => {
  if (!fence.methods.includes('workloads-to-zero')) return [];
  const left = entries.find(({ state, kind }) => state === 'FencePrimary' && kind === 'left');
  const { methods = [] } = (left?.result ?? {}) as Fenced;
  const before = methods.find((one) => one.before !== undefined)?.before ?? {};
  return workloads.deployments.map(
    ({ name, replicas }) =>
      `in ${workloads.clusters.primary}: kubectl -n ${workloads.namespace} scale deployment/${name} --replicas=${before[name] || replicas}`,
  );
};

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
  if (status('PromoteReplica') === 'not-done' && status('FencePrimary') !== 'not-done') {
    const lift = [
      `ALTER ROLE ${applicationRole} LOGIN`,
      `continuity write-lease return ${plan.plan} --reason "<why>"`,
      ...scaleBack(plan, entries),
    ];
    next.push(`${instances.primary} may be fenced; to lift the fence when it should serve again: ${lift.join('; ')}`);
  }
  if (status('PromoteReplica') !== 'not-done') {
    next.push(
      `${instances.standby} may be promoted: never lift the fence of ${instances.primary} before you have looked.`,
    );
  }
  return [...next, `Every step can be repeated; to go on: ${again}`];
};
