import { describe, expect, test } from 'vitest';
import { planNotice } from '#domain/plan-notice.ts';
import { closureEntry, isPlanRecord, orderEntry, planRecord, refusalEntry, sayPlanEntry } from '#domain/plan-record.ts';
import { at, examplePlan } from './support.ts';

const plan = examplePlan();
const refused = (more: object = {}) =>
  refusalEntry('svg-ai', null, {
    alarm: 'healthy-standby',
    guard: 'GU-010',
    reason: 'off by jane',
    page: true,
    ...more,
  });

describe('the record of a plan', () => {
  test('is none of an execution', () => {
    expect(planRecord('svg-ai')).toBe('plan:svg-ai');
    expect(isPlanRecord('plan:svg-ai')).toBe(true);
    expect(isPlanRecord('arn:aws:states:us-west-2:123456789012:execution:x:plan:1')).toBe(false);
  });

  test('says orders and refused alarms in one line', () => {
    expect(sayPlanEntry(refused())).toBe('alarm healthy-standby started nothing: GU-010: off by jane');
    expect(sayPlanEntry(refused({ guard: null, reason: 'it runs' }))).toBe(
      'alarm healthy-standby started nothing: it runs',
    );
    const order = { order: 'maintenance-start', by: 'jane', reason: 'release 42', until: at(0) } as const;
    expect(sayPlanEntry(orderEntry('svg-ai', order))).toBe(
      'maintenance start until 2026-11-23T10:00:00.000Z by jane: release 42',
    );
    expect(sayPlanEntry(closureEntry('svg-ai', 'INC-2026-1123-001', 'it is over'))).toBe(
      'incident close of INC-2026-1123-001 by the pipeline: it is over',
    );
    expect(sayPlanEntry({ kind: 'notice' })).toBeNull();
  });

  test('tells of an alarm that leaves nobody recovering, with what to do, and of no other', () => {
    const message = planNotice(plan, { ...refused(), at: at(0) });
    expect(message?.subject).toMatch(/^ALARM NOT FOLLOWED - GU-010 - SVG-AI/);
    expect(message?.subject.length).toBeLessThanOrEqual(100);
    expect(message?.text).toContain('GU-010: off by jane');
    expect(message?.text).toContain('continuity start svg-ai --reason');
    expect(message?.text).toContain('continuity automation on');
    expect(message?.attributes).toMatchObject({ kind: 'alarm-refused', incident: 'none', severity: '1' });
    const stopped = planNotice(plan, { ...refused({ guard: null, reason: 'its run is over' }), at: at(0) });
    expect(stopped?.subject).toMatch(/^ALARM NOT FOLLOWED - incident open - SVG-AI/);
    expect(stopped?.text).toMatch(/no recovery was started\.\nits run is over\n/);
    expect(planNotice(plan, { ...refused({ page: false }), at: at(0) })).toBeNull();
    expect(planNotice(plan, { ...closureEntry('svg-ai', 'INC-2026-1123-001', 'it is over'), at: at(0) })).toBeNull();
  });

  test('tells of a service that neither direction can move, that a start is refused as well', () => {
    const message = planNotice(plan, { ...refused({ guard: 'GU-120', reason: 'no replica' }), at: at(0) });
    expect(message?.text).toMatch(/^A start is refused as well/m);
  });

  test('tells of orders that hold for every run', () => {
    const entry = (order: 'automation-off' | 'claim-release') =>
      planNotice(plan, { ...orderEntry('svg-ai', { order, by: 'jane', reason: 'a migration' }), at: at(0) });
    expect(entry('automation-off')).toMatchObject({
      subject: expect.stringMatching(/^AUTOMATION OFF - /),
      text: expect.stringContaining('by jane: a migration'),
    });
    expect(entry('claim-release')).toBeNull();
  });
});
