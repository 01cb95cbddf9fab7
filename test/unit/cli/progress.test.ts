import { describe, expect, it } from 'vitest';
import { milestoneLog, progressLines, type Seen } from '#cli/drill/progress.ts';
import type { Json } from '#domain/side.ts';
import { at, incident, recovery } from '#test/unit/domain/support.ts';

const dataLoss = { until: at(0), atMostSeconds: 0.5, missingBytes: null, primaryLivedOn: false, bounds: [] };

const recorded = (loss: Json = dataLoss) =>
  recovery().map((entry) =>
    entry.state === 'CheckGuards' && entry.kind === 'left' ? { ...entry, result: { dataLoss: loss } } : entry,
  );

const seen = (more: Partial<Seen> = {}): Seen => ({
  faultAt: Date.parse(at(-400)),
  timeScale: 60,
  objectives: { rtoSeconds: 14_400, rpoSeconds: 3_600, mtdSeconds: 28_800 },
  incident,
  entries: recorded(),
  ...more,
});
const plain = (_: unknown, text: string): string => text;
const drawn = (more: Partial<Seen> = {}) =>
  progressLines(
    { ...seen(more), now: Date.parse(at(3_000)), state: 'VerifyTraffic', writes: { acknowledged: 1, failed: 0 } },
    plain,
  );
const line = (lines: readonly string[], label: string): string => lines.find((one) => one.includes(label)) ?? '';

describe('the milestones without a terminal', () => {
  it('say their time and what was left of each budget then', () => {
    const lines = milestoneLog()(seen());
    expect(line(lines, 'detected')).toBe(
      '  detected           1.15 s   left: RTO 3h59m15s, RPO not known yet, MTD 7h59m15s',
    );
    expect(line(lines, 'fenced')).toBe('  fenced             1.69 s   left: RTO 3h58m42s, RPO 59m30s, MTD 7h58m42s');
    expect(line(lines, 'verified again')).toBe(
      '  verified again     2.59 s   left: RTO 3h57m48s, RPO 59m30s, MTD 7h57m48s',
    );
  });

  it('come once each', () => {
    const log = milestoneLog();
    expect(log(seen({ entries: recovery('FencePrimary') }))).toHaveLength(2);
    expect(log(seen({ entries: recovery('FencePrimary') }))).toEqual([]);
    expect(log(seen())[0]).toContain('fenced');
  });

  it('say by how much a budget is over', () => {
    const objectives = { rtoSeconds: 60, rpoSeconds: 20, mtdSeconds: 28_800 };
    const lines = milestoneLog()(seen({ objectives }));
    expect(line(lines, 'verified again')).toContain('RTO none, 1m12s over, RPO none, 10s over, MTD');
  });
});

describe('the drawn view', () => {
  it('has what was left of each budget beside each milestone, and the three budgets', () => {
    const lines = drawn();
    expect(line(lines, 'fenced')).toMatch(/1\.69 s +3h58m42s +59m30s +7h58m42s$/);
    expect(lines.find((one) => one.startsWith('  RTO'))).toMatch(/2\.2 min of 4\.0 h used, 3h57m48s left$/);
    expect(lines.find((one) => one.startsWith('  RPO'))).toMatch(/30 s of 1\.0 h used, 59m30s left$/);
    expect(lines.find((one) => one.startsWith('  MTD'))).toMatch(/of 8\.0 h used, 7h57m48s left$/);
  });

  it('does not guess what can be lost before it is on record', () => {
    const lines = drawn({ entries: recovery('CheckGuards') });
    expect(lines.find((one) => one.startsWith('  RPO'))).toContain('not known yet, of 1.0 h');
  });

  it('says when the estimate is no bound: the primary took writes on', () => {
    expect(drawn().join('\n')).not.toContain('took after that');
    expect(drawn({ entries: recorded({ ...dataLoss, primaryLivedOn: true }) }).join('\n')).toContain('took after that');
  });

  it('fits 80 columns: a longer line would wrap, and could not be drawn over', () => {
    for (const one of drawn()) expect(one.length).toBeLessThanOrEqual(80);
  });
});
