import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { concludeDrill } from '#cli/drill/conclude.ts';
import { drillReport } from '#cli/drill/report.ts';
import type { DrillRun } from '#cli/drill/run.ts';
import { summaryLines } from '#cli/drill/summary.ts';
import { reportHtml } from '#cli/report/html.ts';
import { at, record, recovery } from '#test/unit/domain/support.ts';
import { chained, drillRun } from './drill-run.ts';

const written = { json: 'report.json', html: 'report.html' };
const said = (run: DrillRun): string => summaryLines(drillReport(run, 1, null), written).join('\n');

const uncounted = { loss: { acknowledged: 300, notCounted: 'the standby database: timeout expired' } };

describe('the report of a drill', () => {
  it('is met, and says nothing of what was not wrong', () => {
    const { report, met } = drillReport(drillRun(), 3, { workMs: 500 });
    expect(met).toBe(true);
    expect(report).toMatchObject({
      test_id: 'BCT-2026-11-23-03',
      issues: [],
      failure: null,
      speed: { pipeline_work_ms: 800, bare_ms: 500, ratio: 1.6 },
      measurements: { lost_writes: 2 },
    });
    expect(said(drillRun())).not.toMatch(/issue|done|not known/);
  });

  it('says from where to where recovery time counts, so that the clients own time can be set beside it', () => {
    const { report } = drillReport(drillRun(), 1, null);
    expect(report).toMatchObject({ first_bad_signal_ms: 400, proved_ms: 2_590, first_write_in_standby_ms: 3_100 });
    expect((report.proved_ms ?? 0) - (report.first_bad_signal_ms ?? 0)).toBe(report.measurements.total_ms);
    expect(said(drillRun())).toContain(
      "RTO   2m12s of plan time (2.19 s real at time scale 60), from the first bad signal (400 ms after the kill) to the pipeline's own proof from outside (2590 ms after it)",
    );
    expect(said(drillRun())).toContain("clients' first write in the standby 3100 ms after the kill");
  });

  it('of one whose loss could not be counted says so, and is missed', () => {
    const { report, met, view } = drillReport(drillRun(uncounted), 1, null);
    expect(met).toBe(false);
    expect(report.results.rpo_achieved).toBe('not known');
    const issue = 'lost writes could not be counted: the standby database: timeout expired';
    expect(report.issues).toEqual([issue]);
    expect(said(drillRun(uncounted))).toContain(`issue ${issue}`);
    expect(reportHtml(view)).toContain(`<li>${issue}</li>`);
  });

  it('of a failed one says which error in which state ended it, what was done and what was not', () => {
    const failure = { state: 'PromoteReplica', error: 'DatabaseUnavailableError', cause: 'timeout expired' };
    const entries = chained([
      ...recovery('PromoteReplica'),
      ...record(
        [2_000, 'PromoteReplica', 'failed', { error: { name: failure.error, message: failure.cause } }],
        [2_100, 'PublishOutcome', 'left', { result: { failure } }],
        // After the outcome, and not what ended the run.
        [2_200, 'ReleaseClaim', 'failed', { error: { name: 'ClaimsUnavailableError', message: 'no' } }],
      ),
    ]);
    const run = drillRun(uncounted, { status: 'FAILED', entries, failure: { error: 'x', cause: 'y' } });
    const { report, met, view } = drillReport(run, 1, null);
    expect(met).toBe(false);
    expect(report.failure).toEqual(failure);
    expect(report.not_done).toContain('promote the replica');
    expect(report.done).toContain('fence the old primary');
    expect(report.results.issues_found).toBe(report.issues.length);
    const lines = said(run);
    expect(lines).toContain(
      'issue the recovery ended as failed: DatabaseUnavailableError in PromoteReplica: timeout expired',
    );
    expect(lines).toMatch(/ {2}done {2}.*fence the old primary/);
    expect(lines).toMatch(/ {2}not {3}.*promote the replica/);
    expect(reportHtml(view)).toContain('DatabaseUnavailableError in PromoteReplica: timeout expired');
  });

  it.each([
    ['no execution', { execution: null, status: null, incident: null, entries: [], state: null }, 'NotStarted in none'],
    [
      'one that runs on',
      {
        status: 'RUNNING',
        state: 'ConfirmPromotion',
        entries: chained([
          ...recovery('ConfirmPromotion'),
          ...record([2_000, 'ConfirmPromotion', 'left', { result: { done: false, detail: 'it is still a replica' } }]),
        ]),
      },
      'NotEnded in ConfirmPromotion: it was not seen to end within 90 s of the kill; it waits: it is still a replica',
    ],
    [
      'one that died without a word',
      { status: 'FAILED', state: 'Failed', failure: { error: 'States.Runtime', cause: 'bad expression' } },
      'States.Runtime in Failed: bad expression',
    ],
    ['one that was stopped', { status: 'ABORTED', state: 'ShiftTraffic' }, 'ExecutionABORTED in ShiftTraffic'],
  ])('names the end of %s', (_, watched, ending) => {
    const { report, met } = drillReport(drillRun({}, watched), 1, null);
    expect(met).toBe(false);
    expect(report.issues[0]).toContain(ending);
  });

  it('says that the record could not be seen to its end', () => {
    const { report } = drillReport(drillRun({}, { unread: 'no answer in 3000 ms' }), 1, null);
    expect(report.issues).toEqual(['what came last could not be seen: no answer in 3000 ms']);
  });
});

describe('the end of a drill', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'continuity-reports-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const kept = () =>
    readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name, 'report.json'), 'utf8')));
  const going = new AbortController().signal;

  it('has its report written before it is counted what orchestration costs, and once with it', async () => {
    const { drill, interrupted } = await concludeDrill(drillRun(), folder, going, async () => {
      expect(kept()).toMatchObject([{ test_id: 'BCT-2026-11-23-01', speed: null }]);
      return { workMs: 400 };
    });
    expect(interrupted).toBe(false);
    expect(kept()).toEqual([JSON.parse(JSON.stringify(drill.report))]);
    expect(drill.report).toMatchObject({ test_id: 'BCT-2026-11-23-01', speed: { ratio: 2 } });
  });

  it('keeps what was measured when a person ends that count', async () => {
    const interrupt = new AbortController();
    const ended = await concludeDrill(drillRun(), folder, interrupt.signal, async () => {
      interrupt.abort();
      interrupt.signal.throwIfAborted();
      return null;
    });
    expect(ended).toMatchObject({ interrupted: true, drill: { met: true, report: { speed: null } } });
    expect(kept()).toHaveLength(1);
  });

  it('keeps what was measured when that count fails', async () => {
    const failing = () => Promise.reject(new Error('the lab did not start'));
    expect(await concludeDrill(drillRun(), folder, going, failing)).toMatchObject({
      interrupted: false,
      drill: { met: true, report: { speed: null } },
    });
  });

  it('writes over no report of another drill', async () => {
    for (let drill = 0; drill < 2; drill += 1) await concludeDrill(drillRun(), folder, going, async () => null);
    expect(kept().map(({ test_id }) => test_id)).toEqual(['BCT-2026-11-23-01', 'BCT-2026-11-23-02']);
  });

  it('has its report also when no execution was started', async () => {
    const run = drillRun(
      { faultAt: Date.parse(at(0)) },
      { execution: null, status: null, incident: null, entries: [] },
    );
    expect(await concludeDrill(run, folder, going, async () => null)).toMatchObject({ drill: { met: false } });
    expect(readdirSync(folder)).toEqual(['no-execution']);
  });
});
