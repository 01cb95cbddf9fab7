import { type DrillRun, RECOVER_WITHIN_MS } from '#cli/drill/run.ts';
import { verifyChain } from '#domain/ledger-chain.ts';
import { type Failure, type Outcome, outcomeOf } from '#domain/outcome.ts';
import type { Transition } from '#domain/transition.ts';

/** What the last poll that was not done said. */
const waitsFor = (entries: readonly Transition[]): string => {
  const results = entries.map(
    ({ result }) => result as { readonly done?: unknown; readonly detail?: unknown } | undefined,
  );
  const waiting = results.findLast((result) => result?.done === false && typeof result.detail === 'string');
  return waiting ? `; it waits: ${waiting.detail}` : '';
};

/** What the run's last state put on record is the whole truth; a run that died before that, or runs on, is told by what was seen of it. */
const failureOf = ({ watched }: DrillRun): Failure => {
  const { execution, status, entries, state, failure } = watched;
  const published = entries.findLast(({ state, kind }) => state === 'PublishOutcome' && kind === 'left')?.result;
  const told = (published as { readonly failure?: Failure | null } | null | undefined)?.failure;
  if (told) return told;
  const failed = entries.findLast(({ kind }) => kind === 'failed');
  const last = failed?.error
    ? `; the last error: ${failed.error.name} in ${failed.state}: ${failed.error.message}`
    : '';
  if (execution === null) return { state: 'none', error: 'NotStarted', cause: 'the alarm started no execution' };
  if (failure !== null) return { state: failed?.state ?? state ?? 'none', ...failure };
  if (status !== 'RUNNING')
    return { state: state ?? 'none', error: `Execution${status}`, cause: `the execution is ${status}${last}` };
  const cause = `it was not seen to end within ${RECOVER_WITHIN_MS / 1_000} s of the kill${waitsFor(entries)}${last}`;
  return { state: state ?? 'none', error: 'NotEnded', cause };
};

/** What became of the recovery. */
export const outcomeFrom = (run: DrillRun): Outcome =>
  outcomeOf({
    plan: run.plan,
    execution: run.watched.execution ?? 'none: the alarm started no execution',
    entries: run.watched.entries,
    incident: run.watched.incident,
    failure: run.watched.status === 'SUCCEEDED' ? null : failureOf(run),
    now: new Date().toISOString(),
    timeScale: run.status.timeScale,
  });

/** What is wrong with the record itself, one line each. */
export const issuesOf = ({ watched }: DrillRun): string[] => {
  const chain = verifyChain(watched.entries);
  return [
    ...(chain.intact ? [] : [`the record's chain is broken at entry ${chain.seq}: ${chain.reason}`]),
    ...(watched.unread === null ? [] : [`what came last could not be seen: ${watched.unread}`]),
  ];
};
