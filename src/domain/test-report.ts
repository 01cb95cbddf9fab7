import { formatDuration, sayMilliseconds } from '#domain/durations.ts';
import type { Failure, Outcome } from '#domain/outcome.ts';
import type { Plan } from '#domain/plan.ts';
import { sayOverride } from '#domain/recorded-override.ts';
import type { Instant } from '#domain/side.ts';

/** The plan's "Test Report Template" with the measurements of a drill beside it. Keys are the template's. */
export type TestReport = {
  /** `BCT-YYYY-MM-DD-NN`. */
  readonly test_id: string;
  readonly test_date: string;
  readonly test_type: string;
  readonly scenario: string;
  readonly results: {
    /** Plan time: real time x time scale, from the first bad signal to the pipeline's proof from outside. `3h20m`; `not reached` without a recovery. */
    readonly rto_achieved: string;
    readonly rpo_achieved: string;
    readonly success_criteria_met: boolean;
    /** How many; `issues` says which. */
    readonly issues_found: number;
    readonly recommendations: readonly string[];
  };
  /** What was not as it should be, one line each. */
  readonly issues: readonly string[];
  /** What ended the run; null when it recovered. */
  readonly failure: Failure | null;
  /** Steps of the plan, by their labels. */
  readonly done: readonly string[];
  readonly not_done: readonly string[];
  readonly measurements: Measurements;
  readonly execution_arn: string;
};

/** Real milliseconds, unscaled; null where the phase was not reached. */
export type Measurements = {
  readonly detect_ms: number | null;
  readonly decide_ms: number | null;
  readonly execute_ms: number | null;
  readonly verify_ms: number | null;
  readonly total_ms: number | null;
  readonly acknowledged_writes: number;
  /** null when it could not be counted. */
  readonly lost_writes: number | null;
  /** Declared durations were divided by it. */
  readonly time_scale: number;
  /** What the objectives were compared with, in plan seconds: real time x time scale, an upper bound. */
  readonly rto_plan_seconds: number | null;
  readonly rpo_plan_seconds: number | null;
  readonly steps: readonly {
    readonly state: string;
    readonly status: string;
    readonly ms: number | null;
    readonly entries: number;
  }[];
  /** Guards that a person overrode, with who, why, and what the guard had said. */
  readonly overridden_guards: readonly string[];
};

export interface ReportInput {
  readonly plan: Plan;
  readonly outcome: Outcome;
  /** UTC. */
  readonly date: Instant;
  /** Number of the test on its day, from 1. */
  readonly number: number;
  readonly testType: string;
  readonly scenario: string;
  readonly timeScale: number;
  readonly writes: {
    readonly acknowledged: number;
    /** Acknowledged and not in the new primary afterwards; `windowMs` is the age of the oldest at the fault, real milliseconds, 0 when none is lost. */
    readonly loss: { readonly lost: number; readonly windowMs: number } | { readonly notCounted: string };
    /** The service took and kept a write in the standby region after the traffic moved. */
    readonly writesInStandby: boolean;
  };
  /** Found beside what the report itself finds, one line each. */
  readonly issues?: readonly string[];
}

export const testId = (date: Instant, number: number): string => {
  if (!Number.isInteger(number) || number < 1) throw new RangeError(`${number} is not the number of a test`);
  return `BCT-${date.slice(0, 10)}-${String(number).padStart(2, '0')}`;
};

/** Real milliseconds as the most plan seconds that they can be. */
export const planSecondsAtMost = (ms: number, timeScale: number): number => (ms * timeScale) / 1_000;

const achieved = (ms: number, timeScale: number): string => {
  const plan = formatDuration(Math.ceil(planSecondsAtMost(ms, timeScale)));
  return timeScale === 1 ? plan : `${plan} of plan time (${sayMilliseconds(ms)} real at time scale ${timeScale})`;
};

/** The age of the oldest lost write bounds what clients lost; the pipeline's own time bounds nothing that clients had. */
const rpoAchieved = (windowMs: number | null, timeScale: number): string => {
  if (windowMs === null) return 'not known';
  return timeScale === 1 ? achieved(windowMs, timeScale) : `at most ${achieved(windowMs, timeScale)}`;
};

const windowOf = ({ loss }: ReportInput['writes']): number | null => ('windowMs' in loss ? loss.windowMs : null);

/** What of the objectives and of the run was not as it should be, each with what to do about it. */
const problems = (input: ReportInput): readonly { readonly issue: string; readonly advice: string | null }[] => {
  const { plan, outcome, timeScale, writes } = input;
  const { rtoSeconds, rpoSeconds } = plan.objectives;
  const total = outcome.phases?.totalMs ?? null;
  const { loss } = writes;
  const found: { issue: string; advice: string | null }[] = [];
  const add = (issue: string, advice: string | null): void => void found.push({ issue, advice });
  if (outcome.result !== 'recovered') {
    const { failure } = outcome;
    const why = failure === null ? 'no end is on record' : `${failure.error} in ${failure.state}: ${failure.cause}`;
    add(`the recovery ended as ${outcome.result}: ${why}`, `Find out why: ${outcome.next[0] ?? 'read the record'}`);
  }
  if (total !== null && planSecondsAtMost(total, timeScale) > rtoSeconds) {
    const slowest = [...outcome.steps].sort((a, b) => (b.ms ?? 0) - (a.ms ?? 0))[0];
    add('the RTO was missed', `Shorten the slowest step: ${slowest?.label ?? 'none is on record'}`);
  }
  if ('notCounted' in loss)
    add(`lost writes could not be counted: ${loss.notCounted}`, 'Make the standby database answer, and count again');
  else if (planSecondsAtMost(loss.windowMs, timeScale) > rpoSeconds) {
    add(
      `the RPO was missed: ${loss.lost} acknowledged writes are lost`,
      'Watch the replication lag; alarm before it reaches the RPO',
    );
  }
  if (!writes.writesInStandby)
    add('the service does not write in the standby region', 'Check the database host that the application uses');
  for (const issue of input.issues ?? []) add(issue, null);
  return found;
};

/** The test report of a drill: good only when it recovered, it writes in the standby, and RTO and RPO were kept, both as upper bounds. */
export const testReport = (input: ReportInput): TestReport => {
  const { outcome, timeScale, writes } = input;
  const { phases } = outcome;
  const found = problems(input);
  const total = phases?.totalMs ?? null;
  const window = windowOf(writes);
  const own = found.length - (input.issues?.length ?? 0);
  const scaled = (ms: number | null): number | null => (ms === null ? null : planSecondsAtMost(ms, timeScale));
  return {
    test_id: testId(input.date, input.number),
    test_date: input.date.slice(0, 10),
    test_type: input.testType,
    scenario: input.scenario,
    results: {
      rto_achieved: total === null ? 'not reached' : achieved(total, timeScale),
      rpo_achieved: rpoAchieved(window, timeScale),
      success_criteria_met: own === 0 && total !== null,
      issues_found: found.length,
      recommendations: [...new Set(found.flatMap(({ advice }) => advice ?? []))],
    },
    issues: found.map(({ issue }) => issue),
    failure: outcome.failure,
    done: outcome.done,
    not_done: outcome.notDone,
    measurements: {
      detect_ms: phases?.detectMs ?? null,
      decide_ms: phases?.decideMs ?? null,
      execute_ms: phases?.executeMs ?? null,
      verify_ms: phases?.verifyMs ?? null,
      total_ms: total,
      acknowledged_writes: writes.acknowledged,
      lost_writes: 'lost' in writes.loss ? writes.loss.lost : null,
      time_scale: timeScale,
      rto_plan_seconds: scaled(total),
      rpo_plan_seconds: scaled(window),
      steps: outcome.steps.map(({ state, status, ms, entries }) => ({ state, status, ms, entries })),
      overridden_guards: outcome.overrides.map(sayOverride),
    },
    execution_arn: outcome.execution,
  };
};
