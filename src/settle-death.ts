import { setTimeout as delay } from 'node:timers/promises';
import { isGoingOn } from '#domain/execution-status.ts';
import { inputDigest } from '#domain/ledger-chain.ts';
import { completedAt } from '#domain/milestones.ts';
import { type Failure, outcomeOf } from '#domain/outcome.ts';
import type { Plan } from '#domain/plan.ts';
import type { Incident } from '#domain/request.ts';
import type { Json } from '#domain/side.ts';
import type { Transition } from '#domain/transition.ts';
import type { Claims } from '#ports/claims.ts';
import type { Clock } from '#ports/clock.ts';
import type { Executions } from '#ports/executions.ts';
import type { Incidents } from '#ports/incidents.ts';
import type { Ledger } from '#ports/ledger.ts';
import { endIncident } from '#src/end-incident.ts';

/** The entry that says that a run died, and what became of what it held. No state of the machine has this name. */
export const DEATH = 'RecordDeath';

/** A function that ran when its execution was stopped goes on to its end: at most its time-out, here the longest of a state. Milliseconds. */
export const FUNCTION_MS = 31_000;
const LOOK_MS = 250;
/** Longest that one that records an end can be at it: its function's time-out. */
export const RECORDING_MS = 120_000;

export interface Settling {
  readonly ports: {
    readonly executions: Pick<Executions, 'describe'>;
    readonly ledger: Ledger;
    readonly claims: Claims;
    readonly incidents: Incidents;
  };
  readonly plan: Plan;
  readonly clock: Clock;
  /** Told before each look at steps that are still on their way. */
  readonly waits?: (during: readonly string[]) => void;
}

type Described = Awaited<ReturnType<Executions['describe']>>;

export interface Settled {
  readonly execution: string;
  readonly status: Described['status'];
  /** False: it is not over, or it was on record already. */
  readonly recorded: boolean;
  readonly claimReleased: boolean;
}

/** States that were entered and neither left nor failed: what the run was at. */
export const openVisits = (entries: readonly Transition[]): readonly Transition[] => {
  const open: Transition[] = [];
  for (const entry of entries) {
    if (entry.kind === 'entered') open.push(entry);
    else if (entry.kind !== 'notice') {
      const at = open.findIndex(({ state, attempt }) => state === entry.state && attempt === entry.attempt);
      if (at >= 0) open.splice(at, 1);
    }
  }
  return open.filter(({ state }) => state !== DEATH);
};

const member = (value: Json | undefined, name: string): unknown =>
  (value as Record<string, unknown> | null | undefined)?.[name];

/** The last order that let the run go on as itself. */
const lastRedrive = (entries: readonly Transition[]): Transition | undefined =>
  entries.findLast(
    ({ kind, result }) =>
      kind === 'control' && member(result, 'order') === 'redrive' && member(result, 'refused') === undefined,
  );

/** What a run did since then; all of it when nobody ordered it. An end before that is not its end any more. */
const sinceRedriven = (entries: readonly Transition[]): readonly Transition[] => {
  const from = lastRedrive(entries)?.seq ?? 0;
  return entries.filter(({ seq }) => seq > from);
};

/** By its last look the standby served all of it, and the third site was silent: its end, told or not, is that nobody outside has confirmed it. */
const endedUnconfirmed = (entries: readonly Transition[]): boolean => {
  const look = sinceRedriven(entries).findLast(({ state, kind }) => state === 'VerifyTraffic' && kind === 'left');
  return member(look?.result, 'unconfirmed') === true;
};

/** The record when nothing writes to it any more: a change that was under way is done, failed, or its function is dead. */
const finalEntries = async (step: Settling, execution: string): Promise<readonly Transition[]> => {
  const { ports, clock, waits } = step;
  for (let looks = Math.ceil(FUNCTION_MS / LOOK_MS); ; looks -= 1) {
    const entries = await ports.ledger.read(execution);
    const youngest = Date.parse(clock.now()) - FUNCTION_MS;
    const during = openVisits(entries);
    if (looks === 0 || during.every(({ at }) => Date.parse(at) < youngest)) return entries;
    waits?.(during.map(({ state }) => state));
    await delay(LOOK_MS);
  }
};

/** True when another one entered before, and has had no time yet to come to its end; or when a person has let the run go on since. */
const isTaken = (entries: readonly Transition[], mine: Transition): boolean => {
  const redriven = lastRedrive(entries);
  return (
    (redriven?.seq ?? 0) > mine.seq ||
    sinceRedriven(entries).some(
      ({ state, kind, seq, at }) =>
        state === DEATH && kind === 'entered' && seq < mine.seq && Date.parse(mine.at) - Date.parse(at) < RECORDING_MS,
    )
  );
};

/** As AcceptRequest put it on record, else as the intake asked for it; null for a dry run, which answers none. */
const incidentOf = (entries: readonly Transition[], about: Described): Incident | null => {
  const accepted = entries.find(({ state, kind }) => state === 'AcceptRequest' && kind === 'left');
  if (member(about.input, 'mode') === 'dry-run') return null;
  return ((member(accepted?.result, 'incident') ?? member(about.input, 'incident')) as Incident | undefined) ?? null;
};

const NAMES: Readonly<Record<string, string>> = {
  TIMED_OUT: 'States.Timeout',
  ABORTED: 'ExecutionAborted',
  SUCCEEDED: 'OutcomeNotPublished',
};

const deathOf = ({ status, error, cause }: Described): { readonly name: string; readonly message: string } => ({
  name: error ?? NAMES[status] ?? 'ExecutionFailed',
  message: `the execution is ${status}: ${cause ?? 'no cause was given'}`,
});

/**
 * The failure that everyone is told; null when the service was seen from outside in the standby: then the run died after its work, or it went
 * well and could not say so.
 */
const failureOf = (entries: readonly Transition[], about: Described): Failure | null => {
  if (about.status === 'SUCCEEDED' || completedAt(entries, 'VerifyTraffic') !== null) return null;
  const { name, message } = deathOf(about);
  return {
    state: openVisits(entries).at(-1)?.state ?? entries.at(-1)?.state ?? 'no state',
    error: name,
    cause: message,
  };
};

/**
 * Puts the end of a run on record that could not do it itself: `failed` for each state it was at, and one entry `RecordDeath` with the outcome,
 * from which everyone is told. Its claim is released only when Step Functions says that the execution is over. The incident stays open when the
 * service is half moved. Does nothing for a run that is not over, or that has said how it ended and holds nothing. Can be repeated.
 */
export const settleDeath = async (step: Settling, execution: string): Promise<Settled> => {
  const { ports, plan, clock } = step;
  // First the claim, then the proof: an execution that is redriven after it gets its claim anew, and that one is not released.
  const claim = await ports.claims.read(plan.plan);
  const about = await ports.executions.describe(execution);
  const { status } = about;
  const nothing: Settled = { execution, status, recorded: false, claimReleased: false };
  if (isGoingOn(status)) return nothing;
  const holds = claim?.holder === execution;
  // From here on no step of it that is still on its way begins a change: one that had begun is on record before the record is read.
  if (holds && !(await ports.claims.close(plan.plan, execution, claim.epoch, clock.now(), claim.takenAt)))
    return nothing;
  const entries = await finalEntries(step, execution);
  const has = (name: string) => sinceRedriven(entries).some(({ state, kind }) => state === name && kind === 'left');
  // A dry run that gave its answer publishes no outcome and claims nothing.
  const saidSo = has(DEATH) || has('PublishOutcome') || (status === 'SUCCEEDED' && has('PlanChanges'));
  if (saidSo && !holds) return nothing;

  const failure = failureOf(entries, about);
  const incident = incidentOf(entries, about);
  const append = (entry: Pick<Transition, 'state' | 'kind'> & Partial<Transition>) =>
    ports.ledger.append({
      execution,
      plan: plan.plan,
      incident: incident?.id ?? null,
      at: clock.now(),
      attempt: 0,
      actor: 'pipeline',
      inputDigest: inputDigest({ execution, status }),
      ...entry,
    });
  // The same end may be seen twice at once, by the rule and by the watchdog: who entered first records it.
  const earlier = entries.filter(({ state, kind }) => state === DEATH && kind === 'entered').length;
  const mine = await append({ state: DEATH, kind: 'entered', attempt: earlier });
  if (isTaken(await ports.ledger.read(execution), mine)) {
    const error = { name: 'AlreadyTakenError', message: 'another one records this end' };
    await append({ state: DEATH, kind: 'failed', attempt: earlier, error });
    return nothing;
  }
  const during = openVisits(entries);
  for (const { state, attempt, inputDigest: digest } of during)
    await append({ state, kind: 'failed', attempt, inputDigest: digest, error: deathOf(about) });
  const record = await ports.ledger.read(execution);
  const outcome = outcomeOf({ plan, execution, entries: record, incident, failure, now: clock.now() });
  const over = await endIncident(ports, plan.plan, outcome, record, clock.now());
  // Proven above: the execution is over, so nobody carries this epoch any more.
  const startsCoolDown = outcome.result === 'recovered';
  if (holds)
    await ports.claims.release(plan.plan, execution, claim.epoch, clock.now(), {
      startsCoolDown,
      takenAt: claim.takenAt,
      serves: startsCoolDown || endedUnconfirmed(entries) ? plan.regions.standby : undefined,
    });
  const result = {
    ...outcome,
    cause: failure?.cause ?? null,
    died: { status, ...deathOf(about), at: about.stoppedAt, during: during.map(({ state }) => state) },
    claimReleased: holds,
    incidentClosed: over,
  };
  await append({ state: DEATH, kind: 'left', attempt: earlier, result: JSON.parse(JSON.stringify(result)) as Json });
  return { ...nothing, recorded: true, claimReleased: holds };
};
