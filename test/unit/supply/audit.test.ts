import { describe, expect, it } from 'vitest';
import { judgeAudit, readAudit } from '../../../scripts/supply/audit.ts';
import { locked } from './support.ts';

const vulnerable = (severity: string, path: string) => ({
  vulnerabilities: { pg: { severity, range: '<8.0.0', nodes: [path] } },
});
const packages = [locked({ name: 'pg' }), locked({ name: 'vite', ships: false })];

describe('vulnerabilities', () => {
  it.each(['high', 'critical'])('a %s one in what ships is a finding', (severity) => {
    const { findings, remarks } = judgeAudit(vulnerable(severity, 'node_modules/pg'), packages);
    expect(findings).toEqual([
      expect.stringContaining(`pg <8.0.0: ${severity} vulnerability in what ships (node_modules/pg)`),
    ]);
    expect(remarks).toEqual([]);
  });

  it.each([
    ['a small one in what ships', 'moderate', 'node_modules/pg'],
    ['a grave one in development', 'critical', 'node_modules/vite'],
  ])('%s is a remark', (_, severity, path) => {
    const { findings, remarks } = judgeAudit(vulnerable(severity, path), packages);
    expect(findings).toEqual([]);
    expect(remarks).toHaveLength(1);
  });
});

describe('what npm audit prints', () => {
  it('is a report, also when npm fails by what it found', () => {
    const stdout = JSON.stringify({ auditReportVersion: 2, vulnerabilities: {} });
    expect(readAudit(stdout, 'Command failed: npm audit')).toEqual({ answered: true, report: { vulnerabilities: {} } });
  });

  it.each([
    [
      'an end-point that refuses',
      JSON.stringify({ message: '405 Method Not Allowed', error: { summary: '' } }),
      'x',
      '405 Method Not Allowed',
    ],
    ['an error of npm', JSON.stringify({ error: { summary: 'no lock' } }), 'x', 'no lock'],
    ['no answer in time', '', 'no answer in 20 s', 'no answer in 20 s'],
    ['nothing', '', null, 'it gave no report'],
  ])('or says why there is none: %s', (_, stdout, failure, because) => {
    expect(readAudit(stdout, failure)).toEqual({ answered: false, because });
  });
});
