import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DrillRun } from '#cli/drill/run.ts';
import { reportHtml } from '#cli/report/html.ts';
import { standalone, timelineSvg } from '#cli/report/svg.ts';
import type { Budget, ReportView, TimelineStep } from '#cli/report/view.ts';
import { verifyChain } from '#domain/ledger-chain.ts';
import { reached } from '#domain/milestones.ts';
import { type Outcome, outcomeOf } from '#domain/outcome.ts';
import { type TestReport, testId, testReport } from '#domain/test-report.ts';

export interface DrillReport {
  readonly report: TestReport & {
    readonly speed: { readonly pipeline_work_ms: number; readonly bare_ms: number; readonly ratio: number } | null;
    readonly fault_at: string;
    /** From the kill to the first write that the standby acknowledged; null when there was none. */
    readonly first_write_in_standby_ms: number | null;
    readonly boot_ms: number;
  };
  readonly view: ReportView;
  readonly met: boolean;
}

const dayOf = (at: number): string => new Date(at).toISOString();

const idOf = (file: string): string => {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as Partial<TestReport>).test_id ?? '';
  } catch {
    return '';
  }
};

/** One more than the highest number of the day's tests whose reports are in the folder. */
const numberOf = (folder: string, date: string): number => {
  if (!existsSync(folder)) return 1;
  const today = testId(date, 1).slice(0, -2);
  const ids = readdirSync(folder).map((name) => idOf(join(folder, name, 'report.json')));
  const numbers = ids.filter((id) => id.startsWith(today)).map((id) => Number(id.slice(today.length)));
  return Math.max(0, ...numbers.filter(Number.isInteger)) + 1;
};

/** A folder of its own: a new lab counts its incidents from 001 again, and no report is ever written over. */
const freeFolder = (folder: string, name: string): string => {
  for (let again = 1; ; again += 1) {
    const own = join(folder, again === 1 ? name : `${name}-${again}`);
    if (!existsSync(own)) return own;
  }
};

const outcomeFrom = (run: DrillRun): Outcome =>
  outcomeOf({
    plan: run.plan,
    execution: run.watched.execution ?? 'none: the alarm started no execution',
    entries: run.watched.entries,
    incident: run.watched.incident,
    failure: run.watched.status === 'SUCCEEDED' ? null : failureOf(run),
    now: new Date().toISOString(),
    timeScale: run.status.timeScale,
  });

const failureOf = ({ watched }: DrillRun) => {
  const failed = watched.entries.findLast(({ kind }) => kind === 'failed');
  return {
    state: failed?.state ?? watched.state ?? 'none',
    error: failed?.error?.name ?? (watched.execution === null ? 'NotStarted' : 'NotEnded'),
    cause: failed?.error?.message ?? `the execution is ${watched.status ?? 'not started'}`,
  };
};

const issuesOf = (run: DrillRun): string[] => {
  const chain = verifyChain(run.watched.entries);
  return chain.intact ? [] : [`the record's chain is broken at entry ${chain.seq}: ${chain.reason}`];
};

/** The drill as the plan's test report, as a page, and whether everything that it asks for was met. */
export const drillReport = (run: DrillRun, folder: string): DrillReport => {
  const { plan, status, faultAt, load, loss, work, bare } = run;
  const outcome = outcomeFrom(run);
  const date = dayOf(faultAt);
  const base = testReport({
    plan,
    outcome,
    date,
    number: numberOf(folder, date),
    testType: 'regional_failover_drill',
    scenario: 'primary_region_killed',
    timeScale: status.timeScale,
    writes: {
      acknowledged: loss.acknowledged,
      lost: loss.lost,
      lossWindowMs: loss.firstLostAt === null ? 0 : Math.max(0, faultAt - loss.firstLostAt),
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
  const report = {
    ...base,
    speed,
    fault_at: date,
    first_write_in_standby_ms: firstWrite === undefined ? null : firstWrite - faultAt,
    boot_ms: status.bootMs,
  };
  const met = base.results.success_criteria_met;
  return { report, met, view: viewOf(run, outcome, report) };
};

const viewOf = (run: DrillRun, outcome: Outcome, report: DrillReport['report']): ReportView => {
  const { plan, status, faultAt, watched, loss } = run;
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
  const firstWrite = report.first_write_in_standby_ms;
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
      ['RTO achieved', report.results.rto_achieved],
      ['RPO achieved', report.results.rpo_achieved],
      ['First write in the standby', firstWrite === null ? 'none' : `${firstWrite} ms after the kill`],
      ['Writes', `${loss.acknowledged} acknowledged, ${loss.lost} of them lost`],
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
    notDone: outcome.notDone,
    warnings: [...issuesOf(run), ...report.measurements.overridden_guards],
    recommendations: report.results.recommendations,
  };
};

export interface Written {
  readonly json: string;
  readonly html: string;
}

/** Writes `report.json`, `report.html` and `timeline.svg` into `<folder>/<execution name>/`. */
export const writeReport = async (folder: string, { report, view }: DrillReport): Promise<Written> => {
  const name = report.execution_arn.startsWith('arn:')
    ? (report.execution_arn.split(':').at(-1) ?? 'run')
    : 'no-execution';
  const own = freeFolder(folder, name);
  await mkdir(own, { recursive: true });
  const written = { json: join(own, 'report.json'), html: join(own, 'report.html') };
  await writeFile(join(own, 'timeline.svg'), standalone(timelineSvg(view.steps, view.marks)));
  await writeFile(written.json, `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(written.html, reportHtml(view));
  return written;
};

/** What a person reads on the terminal when it is over. */
export const summaryLines = ({ report, met }: DrillReport, written: Written): string[] => {
  const m = report.measurements;
  const ms = (value: number | null): string => (value === null ? '-' : `${value} ms`);
  return [
    '',
    `${met ? 'OBJECTIVES MET' : 'OBJECTIVES MISSED'}  ${report.test_id}`,
    `  RTO   ${report.results.rto_achieved}`,
    `  RPO   ${report.results.rpo_achieved}`,
    `  time  detect ${ms(m.detect_ms)}, decide ${ms(m.decide_ms)}, execute ${ms(m.execute_ms)}, verify ${ms(m.verify_ms)}; total ${ms(m.total_ms)}`,
    `  data  ${m.acknowledged_writes} writes acknowledged, ${m.lost_writes} lost; first write in the standby ${ms(report.first_write_in_standby_ms)} after the kill`,
    ...(report.speed
      ? [
          `  speed ${report.speed.pipeline_work_ms} ms of work against ${report.speed.bare_ms} ms bare: ${report.speed.ratio} x; lab booted in ${report.boot_ms} ms`,
        ]
      : []),
    ...report.results.recommendations.map((advice) => `  do    ${advice}`),
    `  ${written.html}`,
    `  ${written.json}`,
  ];
};
