import { describe, expect, test } from 'vitest';
import { outcomeOf } from '#domain/outcome.ts';
import { type ReportInput, testId, testReport } from '#domain/test-report.ts';
import { at, examplePlan, incident, recovery } from './support.ts';

const plan = examplePlan();
const outcome = outcomeOf({ plan, execution: 'arn:run', entries: recovery(), incident, failure: null, now: at(9_000) });
const input = (more: Partial<ReportInput> = {}): ReportInput => ({
  plan,
  outcome,
  date: at(0),
  number: 1,
  testType: 'disaster_recovery_simulation',
  scenario: 'regional-failover',
  timeScale: 240,
  writes: { acknowledged: 100, loss: { lost: 0, windowMs: 0 }, writesInStandby: true },
  ...more,
});

describe("the plan's test report", () => {
  test('has the keys of the template, and the measurements beside them', () => {
    expect(testReport(input())).toMatchObject({
      test_id: 'BCT-2026-11-23-01',
      test_date: '2026-11-23',
      test_type: 'disaster_recovery_simulation',
      scenario: 'regional-failover',
      results: {
        rto_achieved: '8m46s of plan time (2.19 s real at time scale 240)',
        rpo_achieved: 'at most 0s of plan time (0 ms real at time scale 240)',
        success_criteria_met: true,
        issues_found: 0,
        recommendations: [],
      },
      measurements: {
        detect_ms: 750,
        decide_ms: 340,
        execute_ms: 1_000,
        verify_ms: 100,
        total_ms: 2_190,
        acknowledged_writes: 100,
        lost_writes: 0,
        time_scale: 240,
      },
      execution_arn: 'arn:run',
    });
    expect(testReport(input()).measurements.steps).toHaveLength(14);
    expect(testReport(input({ timeScale: 1 })).results.rto_achieved).toBe('3s');
  });

  test.each([
    ['the RTO was missed', { timeScale: 10_000 }],
    [
      'the RPO was missed: 7 acknowledged writes are lost',
      { writes: { acknowledged: 100, loss: { lost: 7, windowMs: 20_000 }, writesInStandby: true } },
    ],
    [
      'lost writes could not be counted: timeout expired',
      { writes: { acknowledged: 100, loss: { notCounted: 'timeout expired' }, writesInStandby: true } },
    ],
    [
      'the service does not write in the standby region',
      { writes: { acknowledged: 100, loss: { lost: 0, windowMs: 0 }, writesInStandby: false } },
    ],
    [
      'the recovery ended as failed: TrafficRefusedError in ShiftTraffic: no',
      {
        outcome: outcomeOf({
          plan,
          execution: 'arn:run',
          entries: recovery('ShiftTraffic'),
          incident,
          failure: { state: 'ShiftTraffic', error: 'TrafficRefusedError', cause: 'no' },
          now: at(9_000),
        }),
      },
    ],
  ])('is not met when %s', (issue, more) => {
    const { results, issues } = testReport(input(more));
    expect(issues).toEqual([issue]);
    expect(results.success_criteria_met).toBe(false);
    expect(results.issues_found).toBe(1);
    expect(results.recommendations).toHaveLength(1);
  });

  test('says what ended a run, what was done and what was not', () => {
    const failure = { state: 'PromoteReplica', error: 'DatabaseUnavailableError', cause: 'timeout expired' };
    const entries = recovery('PromoteReplica');
    const failed = outcomeOf({ plan, execution: 'arn:run', entries, incident, failure, now: at(9_000) });
    const report = testReport(input({ outcome: failed }));
    expect(report).toMatchObject({ failure, done: failed.done, not_done: failed.notDone });
    expect(report.not_done).toContain('promote the replica');
    expect(testReport(input()).failure).toBeNull();
  });

  test('a count that was not made is no count of none', () => {
    const writes = { acknowledged: 100, loss: { notCounted: 'timeout expired' }, writesInStandby: true };
    expect(testReport(input({ writes }))).toMatchObject({
      results: { rpo_achieved: 'not known' },
      measurements: { acknowledged_writes: 100, lost_writes: null, rpo_plan_seconds: null },
    });
  });

  test('an issue from elsewhere counts and does not undo what was met', () => {
    expect(testReport(input({ issues: ['one notice was late'] }))).toMatchObject({
      results: { issues_found: 1, success_criteria_met: true },
      issues: ['one notice was late'],
    });
  });

  test('ids count from 1', () => {
    expect(testId(at(0), 12)).toBe('BCT-2026-11-23-12');
    expect(() => testId(at(0), 0)).toThrow(RangeError);
  });
});
