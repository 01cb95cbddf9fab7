import { describe, expect, test } from 'vitest';
import { clocksOf, phasesOf, warningAt } from '#domain/clocks.ts';
import { formatDuration, parseDuration, sayMilliseconds } from '#domain/durations.ts';
import { completedAt, milestoneOf, reached } from '#domain/milestones.ts';
import { noticeKindOf } from '#domain/notices.ts';
import { onCall } from '#domain/on-call.ts';
import { at, examplePlan, incident, record, recovery } from './support.ts';

const objectives = { rtoSeconds: 14_400, mtdSeconds: 28_800 };

describe('durations', () => {
  test.each([
    ['30s', 30],
    ['15m', 900],
    ['4h', 14_400],
    ['1d', 86_400],
    ['1h30m', 5_400],
    ['0s', 0],
    ['90m', 5_400],
  ])('%s is %i s', (text, seconds) => expect(parseDuration(text)).toBe(seconds));

  test.each(['', '4', 'h', '4 h', '30m1h', '1.5h', '-4h', '4H', '1h1h', '99999999999999999999d'])(
    '%j is none',
    (text) => expect(parseDuration(text)).toBeNull(),
  );

  test.each([
    [85, '85 ms'],
    [1_240, '1.24 s'],
    [725_000, '12 m 5 s'],
    [12_000_000, '3 h 20 m'],
    [90_000_000, '1 d 1 h'],
    [-85, '-85 ms'],
  ])('%i ms is said as %s', (ms, said) => expect(sayMilliseconds(ms)).toBe(said));

  test('the shortest text', () => expect(formatDuration(93_784)).toBe('1d2h3m4s'));
});

describe('clocks', () => {
  test('count from the first bad signal, and stop when the recovery is seen from outside', () => {
    const clocks = clocksOf({ incident, entries: recovery(), objectives, now: at(99_000) });
    expect(clocks.detect).toMatchObject({ elapsedMs: 750, budgetSeconds: null });
    expect(clocks.decide).toMatchObject({ from: at(750), until: at(1_090), elapsedMs: 340 });
    expect(clocks.rto).toMatchObject({ from: at(0), until: at(2_190), elapsedMs: 2_190, warning: null });
    expect(clocks.mtd.leftSeconds).toBeCloseTo(28_800 - 2.19);
  });

  test('run on after a failed run: the service is still down', () => {
    const clocks = clocksOf({ incident, entries: recovery('ShiftTraffic'), objectives, now: at(10_000_000) });
    expect(clocks.rto).toMatchObject({ until: null, elapsedMs: 10_000_000, warning: 50 });
    expect(clocks.mtd.warning).toBeNull();
  });

  test('compare real time x time scale with the plan', () => {
    const { rto } = clocksOf({ incident, entries: recovery(), objectives, now: at(0), timeScale: 240 });
    expect(rto.planSeconds).toBeCloseTo(525.6);
  });

  test.each([
    [49.9, null],
    [50, 50],
    [75, 75],
    [90, 90],
    [100, 100],
    [250, 100],
  ])('%d of 100 used warns at %s', (used, mark) => expect(warningAt(used, 100)).toBe(mark));

  test('split the time into phases that add up', () => {
    const phases = phasesOf(incident, recovery());
    expect(phases).toEqual({ detectMs: 750, decideMs: 340, executeMs: 1_000, verifyMs: 100, totalMs: 2_190 });
    expect(phasesOf(incident, recovery('ShiftTraffic'))).toMatchObject({
      executeMs: null,
      verifyMs: null,
      totalMs: null,
    });
  });
});

describe('milestones', () => {
  test('a poll that is not done reaches none', () => {
    const entries = record(
      [0, 'ConfirmPromotion', 'left', { result: { done: false } }],
      [5, 'ConfirmPromotion', 'left', { result: { done: true } }],
    );
    expect(completedAt(entries, 'ConfirmPromotion')).toBe(at(5));
  });

  test('an assessment that asks for more evidence decides nothing', () => {
    const entries = record(
      [0, 'AssessEvidence', 'left', { result: { outcome: 'more-evidence' } }],
      [5, 'AssessEvidence', 'left', { result: { outcome: 'recover' } }],
    );
    expect(entries.map(milestoneOf)).toEqual([null, 'decided']);
  });

  test('come in order, and notified is the first notice of the verification that went out', () => {
    const done = recovery();
    const verified = done.length;
    const notices = record(
      [3_000, 'VerifyTraffic', 'notice', { error: { name: 'NoticeNotSentError', message: '' } }],
      [3_500, 'ShiftTraffic', 'notice', { result: { of: verified - 2 } }],
      [4_000, 'VerifyTraffic', 'notice', { result: { of: verified } }],
    ).map((entry) => ({ ...entry, seq: entry.seq + verified }));
    const all = reached([...done, ...notices]);
    expect(all.map(({ label }) => label)).toEqual([
      'detected',
      'decided',
      'fenced',
      'promoted',
      'scaled',
      'verified',
      'traffic moved',
      'verified again',
      'notified',
    ]);
    expect(all.at(-1)?.at).toBe(at(4_000));
    expect(reached([...done, ...notices.slice(0, 2)]).at(-1)?.at).toBeNull();
    expect(reached([...recovery('VerifyTraffic'), ...notices]).at(-1)?.at).toBeNull();
  });

  test('detected is the instant that the clocks count from, not the end of its acceptance', () => {
    const { detect } = clocksOf({ incident, entries: recovery(), objectives, now: at(99_000) });
    expect(reached(recovery())[0]).toEqual({ id: 'detected', label: 'detected', at: detect.until });
    expect(reached([])[0]?.at).toBeNull();
  });

  test('call for a message at the start, on the way and at the end, and a message for none', () => {
    const kinds = recovery().flatMap((entry) => noticeKindOf(entry) ?? []);
    expect(kinds).toEqual([
      'start',
      'decided',
      'fenced',
      'promoted',
      'scaled',
      'verified',
      'traffic-moved',
      'verified-again',
    ]);
    expect(record([0, 'PublishOutcome', 'left'], [1, 'NotifyStakeholders', 'notice']).map(noticeKindOf)).toEqual([
      'end',
      null,
    ]);
  });
});

describe('on call', () => {
  const plan = examplePlan();
  test.each([
    ['2026-11-01T00:00:00.000Z', 'John Doe'],
    ['2026-11-23T09:00:00.000Z', 'John Doe'],
    ['2026-11-30T08:59:59.999Z', 'John Doe'],
    ['2026-11-30T09:00:00.000Z', 'Jane Smith'],
    ['2026-12-07T09:00:00.000Z', 'John Doe'],
  ])('%s: %s commands', (time, name) => {
    expect(onCall(plan, 'incident-commander', time)).toMatchObject({ name, phone: '+1-555-0101' });
  });
  test('a role without a contact has nobody', () => expect(onCall(plan, 'management-team', at(0))).toBeNull());
});
