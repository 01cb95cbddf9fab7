import { completedAt, type Entry } from '#domain/milestones.ts';
import type { Incident } from '#domain/request.ts';
import type { Instant } from '#domain/side.ts';

/** Budgets warn when this many percent are used; at 100 they are spent. */
export const WARN_AT = [50, 75, 90, 100] as const;
export type Warning = (typeof WARN_AT)[number];

export interface Clock {
  readonly id: 'detect' | 'decide' | 'rto' | 'mtd';
  /** null while it has not begun. */
  readonly from: Instant | null;
  /** null while it runs. */
  readonly until: Instant | null;
  readonly elapsedMs: number;
  /** The most that `elapsedMs` is in the plan's time: real time x time scale. */
  readonly planSeconds: number;
  /** null: the plan sets none for this clock. */
  readonly budgetSeconds: number | null;
  /** Negative when over. */
  readonly leftSeconds: number | null;
  /** The highest mark passed; null below 50 %. */
  readonly warning: Warning | null;
}

export type Clocks = Readonly<Record<Clock['id'], Clock>>;

/** Milliseconds from one instant to a later one; negative when it is earlier. */
export const msBetween = (from: Instant, until: Instant): number => Date.parse(until) - Date.parse(from);

/** The last of them; null when there is none. */
export const latestOf = (instants: readonly Instant[]): Instant | null =>
  instants.reduce<Instant | null>(
    (latest, one) => (latest === null || msBetween(latest, one) > 0 ? one : latest),
    null,
  );

export const warningAt = (used: number, budget: number): Warning | null =>
  WARN_AT.findLast((mark) => used * 100 >= budget * mark) ?? null;

export interface ClockInput {
  readonly incident: Incident;
  readonly entries: readonly Entry[];
  readonly objectives: { readonly rtoSeconds: number; readonly mtdSeconds: number };
  readonly now: Instant;
  /** Declared durations are divided by it (the lab); 1 on AWS. Real time x scale is the most that it can be in plan time. */
  readonly timeScale?: number;
}

/**
 * The four clocks of an incident. Recovery time is counted from the incident's first bad signal to the verification from outside;
 * RTO and MTD run until then, also when a run has ended otherwise: nobody has seen yet that the service is back.
 */
export const clocksOf = ({ incident, entries, objectives, now, timeScale = 1 }: ClockInput): Clocks => {
  const clock = (id: Clock['id'], from: Instant | null, until: Instant | null, budgetSeconds: number | null): Clock => {
    const elapsedMs = from === null ? 0 : Math.max(0, msBetween(from, until ?? now));
    const planSeconds = (elapsedMs * timeScale) / 1_000;
    const leftSeconds = budgetSeconds === null ? null : budgetSeconds - planSeconds;
    const warning = budgetSeconds === null ? null : warningAt(planSeconds, budgetSeconds);
    return { id, from, until, elapsedMs, planSeconds, budgetSeconds, leftSeconds, warning };
  };
  const decided = completedAt(entries, 'AssessEvidence');
  const recovered = completedAt(entries, 'VerifyTraffic');
  return {
    detect: clock('detect', incident.startedAt, incident.detectedAt, null),
    decide: clock('decide', incident.detectedAt, decided, null),
    rto: clock('rto', incident.startedAt, recovered, objectives.rtoSeconds),
    mtd: clock('mtd', incident.startedAt, recovered, objectives.mtdSeconds),
  };
};

/** Where the time of a recovery went, in real milliseconds; a phase that did not end is null. The four add up to `totalMs`. */
export interface Phases {
  readonly detectMs: number;
  readonly decideMs: number | null;
  /** From the decision to traffic moved. */
  readonly executeMs: number | null;
  /** From traffic moved to seen from outside. */
  readonly verifyMs: number | null;
  readonly totalMs: number | null;
}

export const phasesOf = (incident: Incident, entries: readonly Entry[]): Phases => {
  const between = (from: Instant | null, until: Instant | null): number | null =>
    from === null || until === null ? null : msBetween(from, until);
  const decided = completedAt(entries, 'AssessEvidence');
  const moved = completedAt(entries, 'ShiftTraffic');
  const recovered = completedAt(entries, 'VerifyTraffic');
  return {
    detectMs: msBetween(incident.startedAt, incident.detectedAt),
    decideMs: between(incident.detectedAt, decided),
    executeMs: between(decided, moved),
    verifyMs: between(moved, recovered),
    totalMs: between(incident.startedAt, recovered),
  };
};
