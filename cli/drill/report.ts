import type { BareResult } from '#cli/drill/bare.ts';
import type { DrillRun } from '#cli/drill/run.ts';
import { issuesOf, outcomeFrom } from '#cli/drill/verdict.ts';
import type { Budget, ReportView, TimelineStep } from '#cli/report/view.ts';
import { reached } from '#domain/milestones.ts';
import type { Outcome } from '#domain/outcome.ts';
import { type TestReport, testReport } from '#domain/test-report.ts';

export interface DrillReport {
  readonly report: TestReport & {
    readonly speed: { readonly pipeline_work_ms: number; readonly bare_ms: number; readonly ratio: number } | null;
    readonly fault_at: string;
    /** From the kill to the first bad signal, where recovery time begins to count; null without an incident. */
    readonly first_bad_signal_ms: number | null;
    /** From the kill to the pipeline's own proof from outside, where it ends; null when it was not reached. */
    readonly proved_ms: number | null;
    /** From the kill to the first write that the standby acknowledged; null when there was none. */
    readonly first_write_in_standby_ms: number | null;
    readonly boot_ms: number;
  };
  readonly view: ReportView;
  readonly met: boolean;
}

const dayOf = (at: number): string => new Date(at).toISOString();

const lossOf = ({ loss, faultAt }: DrillRun) =>
  'notCounted' in loss
    ? { notCounted: loss.notCounted }
    : { lost: loss.lost, windowMs: loss.firstLostAt === null ? 0 : Math.max(0, faultAt - loss.firstLostAt) };

/** The drill as the plan's test report, as a page, and whether everything that it asks for was met. `number`: of the test on its day. */
export const drillReport = (run: DrillRun, number: number, bare: BareResult | null): DrillReport => {
  const { plan, status, faultAt, load, loss, work } = run;
  const outcome = outcomeFrom(run);
  const date = dayOf(faultAt);
  const base = testReport({
    plan,
    outcome,
    date,
    number,
    testType: 'regional_failover_drill',
    scenario: 'primary_region_killed',
    timeScale: status.timeScale,
    writes: {
      acknowledged: loss.acknowledged,
      loss: lossOf(run),
      writesInStandby: run.writesInStandby,
    },
    issues: issuesOf(run),
  });
  const speed =
    work && bare
      ? {
          pipeline_work_ms: work.workMs,
          bare_ms: bare.workMs,
          ratio: Math.round((work.workMs / bare.workMs) * 100) / 100,
        }
      : null;
  const firstWrite = load.firstAt[plan.regions.standby];
  const clock = outcome.clocks?.rto;
  const afterKill = (at: string | null | undefined): number | null => (at ? Date.parse(at) - faultAt : null);
  const report = {
    ...base,
    speed,
    fault_at: date,
    first_bad_signal_ms: afterKill(clock?.from),
    proved_ms: afterKill(clock?.until),
    first_write_in_standby_ms: firstWrite === undefined ? null : firstWrite - faultAt,
    boot_ms: status.bootMs,
  };
  const met = base.results.success_criteria_met;
  return { report, met, view: viewOf(run, outcome, report) };
};

/** Recovery time as it is, with the span that it counts: clients have another, from the kill to their first write. */
export const sayRto = ({ results, first_bad_signal_ms: from, proved_ms: until }: DrillReport['report']): string =>
  from === null || until === null
    ? results.rto_achieved
    : `${results.rto_achieved}, from the first bad signal (${from} ms after the kill) to the pipeline's own proof from outside (${until} ms after it)`;

export const sayFirstWrite = ({ first_write_in_standby_ms: ms }: DrillReport['report']): string =>
  ms === null
    ? 'clients wrote nothing in the standby'
    : `clients' first write in the standby ${ms} ms after the kill; they follow as their DNS answers run out`;

export const sayWrites = ({ measurements: m }: DrillReport['report']): string =>
  `${m.acknowledged_writes} writes acknowledged, ${m.lost_writes === null ? 'lost ones could not be counted' : `${m.lost_writes} lost`}`;

const viewOf = (run: DrillRun, outcome: Outcome, report: DrillReport['report']): ReportView => {
  const { plan, status, faultAt, watched } = run;
  const { objectives } = plan;
  const m = report.measurements;
  const sinceFault = (at: string): number => Date.parse(at) - faultAt;
  const steps: TimelineStep[] = outcome.steps.flatMap((step) =>
    step.startedAt === null
      ? []
      : [
          {
            state: step.state,
            label: step.label,
            startMs: sinceFault(step.startedAt),
            endMs: sinceFault(step.endedAt ?? step.startedAt),
            outcome: step.status === 'done' ? ('done' as const) : ('failed' as const),
          },
        ],
  );
  const budget = (name: string, used: number | null, of: number): Budget[] =>
    used === null ? [] : [{ name, usedSeconds: used, budgetSeconds: of }];
  const marks = [
    { label: `${plan.regions.primary} killed`, atMs: 0 },
    ...reached(watched.entries).flatMap(({ label, at }) =>
      at !== null && ['detected', 'decided', 'traffic moved', 'verified again', 'notified'].includes(label)
        ? [{ label, atMs: sinceFault(at) }]
        : [],
    ),
  ];
  return {
    title: `${plan.title}: regional failover drill ${report.test_id}`,
    verdict: outcome.result !== 'recovered' ? 'failed' : report.results.success_criteria_met ? 'met' : 'missed',
    summary:
      outcome.result === 'recovered'
        ? `${plan.regions.primary} was killed; ${plan.regions.standby} took over.`
        : `${plan.regions.primary} was killed; the recovery ${outcome.result}.`,
    facts: [
      ['Incident', watched.incident?.id ?? 'none'],
      ['Execution', report.execution_arn],
      ['Fault', `${report.fault_at}: every process of ${plan.regions.primary} killed (SIGKILL)`],
      [
        'Time scale',
        `${status.timeScale}: declared durations (alarm periods, waits, schedules, TTLs) run so much faster; real work does not`,
      ],
      ...(report.failure
        ? [['Ended by', `${report.failure.error} in ${report.failure.state}: ${report.failure.cause}`] as const]
        : []),
      ['RTO achieved', sayRto(report)],
      ['RPO achieved', report.results.rpo_achieved],
      ['As clients saw it', sayFirstWrite(report)],
      ['Writes', sayWrites(report)],
      [
        'Detect, decide, execute, verify',
        [m.detect_ms, m.decide_ms, m.execute_ms, m.verify_ms].map((ms) => (ms === null ? '-' : `${ms} ms`)).join(', '),
      ],
      ...(report.speed
        ? [
            [
              'Orchestration',
              `${report.speed.pipeline_work_ms} ms of work from the decision to traffic moved, ${report.speed.bare_ms} ms for the same actions bare: ${report.speed.ratio} x`,
            ] as const,
          ]
        : []),
    ],
    budgets: [
      ...budget('RTO', m.rto_plan_seconds, objectives.rtoSeconds),
      ...budget('RPO', m.rpo_plan_seconds, objectives.rpoSeconds),
      ...budget('MTD', m.rto_plan_seconds, objectives.mtdSeconds),
    ],
    marks,
    steps,
    issues: report.issues,
    done: report.failure === null ? [] : outcome.done,
    notDone: outcome.notDone,
    warnings: report.measurements.overridden_guards,
    recommendations: report.results.recommendations,
  };
};
