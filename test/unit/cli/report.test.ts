import { describe, expect, it } from 'vitest';
import { reportHtml } from '#cli/report/html.ts';
import { budgetSvg, planTime, tickOf, timelineSvg } from '#cli/report/svg.ts';
import type { ReportView } from '#cli/report/view.ts';

const step = (state: string, startMs: number, endMs: number, outcome: 'done' | 'failed' = 'done') => ({
  state,
  label: state,
  startMs,
  endMs,
  outcome,
});

const widths = (svg: string, kind: string): number[] =>
  [...svg.matchAll(new RegExp(`<rect x="[\\d.]+" y="[\\d.]+" width="([\\d.]+)"[^>]*class="${kind}"`, 'g'))].map(
    ([, w]) => Number(w),
  );

describe('timelineSvg', () => {
  it('draws one bar a step, as long as it took', () => {
    const [first = 0, second = 0] = widths(timelineSvg([step('A', 0, 100), step('B', 100, 400)], []), 'done');
    expect(second / first).toBeCloseTo(3, 1);
  });

  it('draws a failed step as failed and names it', () => {
    const svg = timelineSvg([step('A', 0, 100, 'failed')], []);
    expect(widths(svg, 'failed')).toHaveLength(1);
    expect(svg).toContain('<title>A: 100 ms</title>');
  });

  it('puts no markup of a name into the picture', () => {
    expect(timelineSvg([step('<script>', 0, 1)], [])).not.toContain('<script>');
  });
});

describe('budgetSvg', () => {
  it('fills by the share used, never past the end', () => {
    const svg = budgetSvg([
      { name: 'RTO', usedSeconds: 60, budgetSeconds: 600 },
      { name: 'RPO', usedSeconds: 900, budgetSeconds: 600 },
    ]);
    expect(widths(svg, 'done')).toEqual([50]);
    expect(widths(svg, 'failed')).toEqual([500]);
    expect(svg).toContain('15.0 min of 10.0 min (150.0 %)');
  });
});

describe('tickOf', () => {
  it.each([
    [10, 1],
    [95, 10],
    [4_700, 500],
    [5_100, 1_000],
  ])('divides %d by %d', (span, tick) => {
    expect(tickOf(span)).toBe(tick);
    expect(span / tick).toBeLessThanOrEqual(10);
  });
});

describe('planTime', () => {
  it.each([
    [4.53, '4.5 s'],
    [90, '1.5 min'],
    [14_400, '4.0 h'],
  ])('says %d s as %s', (seconds, said) => {
    expect(planTime(seconds)).toBe(said);
  });
});

describe('reportHtml', () => {
  const view: ReportView = {
    title: 'A & B',
    verdict: 'missed',
    summary: 'the RTO was missed',
    facts: [['Incident', 'INC-2026-1124-001']],
    budgets: [],
    marks: [],
    steps: [],
    issues: ['lost writes could not be counted: timeout expired'],
    done: ['fence the primary'],
    notDone: ['shift the traffic'],
    warnings: [],
    recommendations: [],
  };

  it('says the verdict, the facts, what is wrong, what was done and what was not, and needs no other file', () => {
    const html = reportHtml(view);
    expect(html).toContain('class="verdict missed"');
    expect(html).toContain('INC-2026-1124-001');
    expect(html).toContain('<h2>Issues</h2><ul><li>lost writes could not be counted: timeout expired</li></ul>');
    expect(html).toContain('<h2>Done</h2><ul><li>fence the primary</li></ul>');
    expect(html).toContain('<h2>Not done</h2><ul><li>shift the traffic</li></ul>');
    expect(html).toContain('A &amp; B');
    expect(html).not.toMatch(/<script|<link|src=/);
  });
});
