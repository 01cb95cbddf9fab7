import type { Failure, Outcome, StepRecord } from '#domain/outcome.ts';
import type { Plan } from '#domain/plan.ts';

/** What a person may do after a run, in order. Nothing here is done by the pipeline. */
export const nextCommands = (
  plan: Plan,
  execution: string,
  result: Outcome['result'],
  steps: readonly StepRecord[],
  failure: Failure | null,
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
  const next = [history];
  if (status('PromoteReplica') === 'not-done' && status('FencePrimary') !== 'not-done') {
    next.push(
      `${instances.primary} may be fenced; to lift the fence when it should serve again: ALTER ROLE ${applicationRole} LOGIN, and continuity write-lease return ${plan.plan} --reason "<why>"`,
    );
  }
  if (status('PromoteReplica') !== 'not-done') {
    next.push(
      `${instances.standby} may be promoted: never lift the fence of ${instances.primary} before you have looked.`,
    );
  }
  return [...next, `Every step can be repeated; to go on: ${again}`];
};
