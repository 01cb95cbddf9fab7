import { type Clocks, clocksOf, msBetween, type Phases, phasesOf } from '#domain/clocks.ts';
import { fenceLifted } from '#domain/lifted-fence.ts';
import { completedAt, completes, type Entry } from '#domain/milestones.ts';
import { nextCommands } from '#domain/next-commands.ts';
import type { Plan } from '#domain/plan.ts';
import { type RecordedOverride, recordedOverrides } from '#domain/recorded-override.ts';
import type { Incident } from '#domain/request.ts';
import type { Instant } from '#domain/side.ts';
import { AT_THE_DOOR, RECOVERY_STEPS, REFUSALS, SIDE_STEPS, type Step, UNCONFIRMED } from '#domain/steps.ts';

/**
 * `done`: left for good. `failed`: its last try ended in an error. `interrupted`: entered, and no end on record: what it changes may or may not
 * have been changed. `skipped`: left out by a person's order. `not-done`: never entered.
 */
export type StepStatus = 'done' | 'failed' | 'interrupted' | 'skipped' | 'not-done';

/** What a person ordered while it ran: pause, skip, force and the like, refused or not. */
export type OrderRecord = {
  readonly order: string;
  readonly by: string;
  readonly reason: string;
  readonly at: Instant;
  readonly state?: string;
  readonly refused?: string;
};

export type StepRecord = {
  readonly state: string;
  readonly label: string;
  readonly changes: boolean;
  readonly status: StepStatus;
  readonly startedAt: Instant | null;
  readonly endedAt: Instant | null;
  /** From the first entry to the end; null while it has none. Polls and retries count. */
  readonly ms: number | null;
  /** How often it was entered: retries and polls. */
  readonly entries: number;
  readonly error: { readonly name: string; readonly message: string } | null;
};

export type Failure = { readonly state: string; readonly error: string; readonly cause: string };

export type Outcome = {
  /**
   * `refused`: a guard, the claim, the evidence or an approver forbade it, and nothing was changed, or all of it undone. `unconfirmed`: all was done,
   * the standby serves as seen from there, and the third site was silent.
   */
  readonly result: 'recovered' | 'unconfirmed' | 'failed' | 'refused';
  readonly execution: string;
  readonly incident: Incident | null;
  readonly failure: Failure | null;
  readonly steps: readonly StepRecord[];
  /** Labels, in the order of the plan. */
  readonly done: readonly string[];
  readonly notDone: readonly string[];
  /** Guards that a person overrode. */
  readonly overrides: readonly RecordedOverride[];
  readonly orders: readonly OrderRecord[];
  /** Null when the request was never accepted: no incident, no clock. */
  readonly clocks: Clocks | null;
  readonly phases: Phases | null;
  /** What a person may do next, each a command or one sentence. */
  readonly next: readonly string[];
};

export interface OutcomeInput {
  readonly plan: Plan;
  readonly execution: string;
  /** The execution's record, in order. */
  readonly entries: readonly Entry[];
  readonly incident: Incident | null;
  /** What the state machine caught; null when every step went well. */
  readonly failure: Failure | null;
  readonly now: Instant;
  readonly timeScale?: number;
}

const isSkipped = ({ result }: Entry): boolean =>
  (result as { readonly skipped?: unknown } | null)?.skipped !== undefined;

const ordersOf = (entries: readonly Entry[]): readonly OrderRecord[] =>
  entries
    .filter(({ kind }) => kind === 'control')
    .map(({ at, result }) => ({ at, ...(result as unknown as Omit<OrderRecord, 'at'>) }));

/** One step as the record has it. */
export const stepRecord = (step: Step, entries: readonly Entry[]): StepRecord => {
  const all = entries.filter(({ state, kind }) => state === step.state && kind !== 'notice');
  // A try that was stopped at the step's door, by an abort or by a claim that is another's, did nothing.
  const stopped = all.filter(({ error }) => AT_THE_DOOR.includes(error?.name ?? '')).map(({ attempt }) => attempt);
  const own = step.changes ? all.filter(({ attempt }) => !stopped.includes(attempt)) : all;
  const visits = own.filter(({ kind, enteredAt }) => kind === 'entered' || enteredAt !== undefined);
  const end = own.find(completes);
  const last = own.at(-1);
  const failed = end === undefined && last?.error !== undefined ? last : undefined;
  const startedAt = own[0]?.enteredAt ?? own[0]?.at ?? null;
  const endedAt = end?.at ?? failed?.at ?? null;
  return {
    state: step.state,
    label: step.label,
    changes: step.changes,
    status: end
      ? isSkipped(end)
        ? 'skipped'
        : 'done'
      : failed
        ? 'failed'
        : own.length > 0
          ? 'interrupted'
          : 'not-done',
    startedAt,
    endedAt,
    ms: startedAt === null || endedAt === null ? null : msBetween(startedAt, endedAt),
    entries: Math.max(visits.length, own.length > 0 ? 1 : 0),
    error: failed?.error ?? null,
  };
};

/** The steps of every run, with those that only some runs take where this one took them. */
const stepsOf = (entries: readonly Entry[]): readonly Step[] => {
  const taken = SIDE_STEPS.filter(({ state }) => entries.some((entry) => entry.state === state));
  return RECOVERY_STEPS.flatMap((step) => [step, ...taken.filter(({ after }) => after === step.state)]);
};

/** What LiftFence undoes. */
const FENCING: readonly string[] = ['FencePrimary', 'RenewFence', 'ScaleUpWorkloads', 'LiftFence'];

/** True when something that the run changed stays changed: a fence that was lifted does not count. */
export const staysChanged = (steps: readonly StepRecord[], entries: readonly Entry[]): boolean => {
  const lifted = fenceLifted(entries);
  return steps.some(
    ({ state, changes, status }) =>
      changes && status !== 'not-done' && status !== 'skipped' && !(lifted && FENCING.includes(state)),
  );
};

const resultOf = (
  failure: Failure | null,
  steps: readonly StepRecord[],
  entries: readonly Entry[],
): Outcome['result'] => {
  if (failure === null) return completedAt(entries, 'VerifyTraffic') === null ? 'failed' : 'recovered';
  if (failure.error === UNCONFIRMED) return 'unconfirmed';
  return !staysChanged(steps, entries) && REFUSALS.includes(failure.error) ? 'refused' : 'failed';
};

/** What became of a run, from its record alone: done, not done, and the clocks. Also for a run that is not over: `failure` null, not recovered. */
export const outcomeOf = ({
  plan,
  execution,
  entries,
  incident,
  failure,
  now,
  timeScale = 1,
}: OutcomeInput): Outcome => {
  const steps = stepsOf(entries).map((step) => stepRecord(step, entries));
  const result = resultOf(failure, steps, entries);
  return {
    result,
    execution,
    incident,
    failure,
    steps,
    done: steps.filter(({ status }) => status === 'done').map(({ label }) => label),
    notDone: steps.filter(({ status }) => status !== 'done').map(({ label }) => label),
    overrides: recordedOverrides(entries),
    orders: ordersOf(entries),
    clocks: incident && clocksOf({ incident, entries, objectives: plan.objectives, now, timeScale }),
    phases: incident && phasesOf(incident, entries),
    next: nextCommands(plan, execution, result, steps, failure, entries, incident),
  };
};
