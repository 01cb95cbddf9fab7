/** One bar of the timeline: a step of the recovery, in ms from the start of the incident. */
export interface TimelineStep {
  readonly state: string;
  readonly label: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly outcome: 'done' | 'failed';
}

/** A budget of the plan and how much of it the run used, both in plan seconds (real time x time scale: an upper bound). */
export interface Budget {
  readonly name: string;
  readonly usedSeconds: number;
  readonly budgetSeconds: number;
}

/** Everything that the report shows, in the order in which it shows it. */
export interface ReportView {
  readonly title: string;
  readonly verdict: 'met' | 'missed' | 'failed';
  readonly summary: string;
  readonly facts: readonly (readonly [string, string])[];
  readonly budgets: readonly Budget[];
  readonly marks: readonly { readonly label: string; readonly atMs: number }[];
  readonly steps: readonly TimelineStep[];
  /** What was not as it should be. */
  readonly issues: readonly string[];
  /** Of a run that did not recover; empty of one that did. */
  readonly done: readonly string[];
  readonly notDone: readonly string[];
  readonly warnings: readonly string[];
  readonly recommendations: readonly string[];
}
