import { describe, expect, test } from 'vitest';
import { sayFinding } from '#domain/finding.ts';
import { checkPlan } from '#src/plan-file.ts';
import { examplePlan, PLAN_TEXT, TODAY } from './support.ts';

/** The example plan with one piece of text replaced, which must be there; gives the findings as lines without their numbers. */
const findingsOf = (from: string | RegExp, to: string, today: string | null = TODAY): string[] => {
  const text = PLAN_TEXT.replace(from, to);
  if (text === PLAN_TEXT) throw new Error(`the example plan has no ${from}`);
  return checkPlan(text, 'p.yml', today).findings.map((finding) => sayFinding(finding).replace(/^p\.yml:\d+/, 'p.yml'));
};

const lineOf = (text: string, part: string): number => text.slice(0, text.indexOf(part)).split('\n').length;

describe('the example plan', () => {
  test('is sound, with no warning', () => {
    expect(checkPlan(PLAN_TEXT, 'continuity.yml', TODAY).findings).toEqual([]);
  });

  test('carries its units', () => {
    const { objectives, detection, traffic, escalation } = examplePlan();
    expect(objectives).toEqual({ rtoSeconds: 14_400, rpoSeconds: 3_600, mtdSeconds: 28_800, availability: 99.9 });
    expect(detection.coolDownSeconds).toBe(3_600);
    expect(traffic.records[0]?.ttlSeconds).toBe(60);
    expect(escalation[0]).toMatchObject({ fromSeconds: 0, untilSeconds: 300 });
  });

  test('is refused without any one of its sections', () => {
    for (const section of Object.keys(examplePlan())) {
      const text = PLAN_TEXT.replace(new RegExp(`^${section}:(.*\\n)(?:(?:[ #].*)?\\n)*`, 'm'), '');
      const findings = checkPlan(text, 'p.yml', TODAY).findings.map(sayFinding);
      expect(findings.join('\n'), section).toContain(`error: ${section} is missing`);
    }
  });
});

describe('one wrong value', () => {
  test.each([
    [
      'rto: 4h',
      'rto: 4x',
      'objectives.rto is "4x"; allowed: a duration longer than nothing, such as 30s, 15m, 4h, 1d or 1h30m',
    ],
    ['rto: 4h', 'rto: 0s', 'objectives.rto is "0s"; allowed: a duration longer than nothing'],
    ['rto: 4h', 'rto: 4', 'objectives.rto is 4; allowed: a duration'],
    ['ttl: 60', 'ttl: -1', 'traffic.records[0].ttl is -1; allowed: a number of seconds from 0 to 86400'],
    [
      'ttl: 60',
      'tll: 60',
      'traffic.records[0].tll is an unknown key: did you mean ttl?; allowed: name, type, ttl, primary, standby',
    ],
    [
      'vantagesNeeded: 2',
      'vantagesNeeded: 1',
      'detection.vantagesNeeded is 1; allowed: 2: the standby and the witness',
    ],
    ['engine: rds-postgres', 'engine: oracle', 'database.engine is "oracle"; allowed: rds-postgres'],
    [
      'strategy: health-switch',
      'strategy: magic',
      'traffic.strategy is "magic"; allowed: health-switch, record-change',
    ],
    [
      'strategy: health-switch',
      'strategy: record-change',
      'traffic.strategy is record-change, which needs the control plane of Route 53',
    ],
    [
      'email: john@company.com',
      'email: john.company.com',
      'contacts[1].email is "john.company.com"; allowed: an e-mail address',
    ],
    ['next: 2027-02-23', 'next: 2027-02-30', 'document.review.next is "2027-02-30"; allowed: a date as YYYY-MM-DD'],
    ['name: api.svg-ai.example', 'name: http://x', 'traffic.records[0].name is "http://x"; allowed: a host name'],
    [
      'respondWithin: 2h',
      'respondWithin: soon',
      'severities[2].respondWithin is "soon"; allowed: a duration such as 15m, or next-business-day',
    ],
    ['probability: low', 'probability: never', 'risks[1].probability is "never"; allowed: low, medium, high'],
    [
      '    - { name: svg-ai-api, replicas: 3 }',
      '    []',
      'workloads.deployments is an empty list; allowed: a list of at least one deployment',
    ],
    ['title: SVG-AI Parameter Optimization System', 'title:', 'title is empty; allowed: a text'],
    ['version: 1\n', 'version: 2\n', 'version is 2; allowed: 1'],
  ])('%s -> %s', (from, to, expected) => {
    expect(findingsOf(from, to).join('\n')).toContain(`p.yml: error: ${expected}`);
  });
});

describe('values that do not go together', () => {
  test.each([
    [
      '{ ttl: 2m, renewEvery: 30s, clockSkew: 5s, writeWithin: 5s }',
      '{ ttl: 11m, renewEvery: 30s, clockSkew: 5s, writeWithin: 2m }',
      'fence.lease.ttl is 11m: a region that nothing reaches is waited for as long; allowed: at most 10m',
    ],
    ['clockSkew: 5s', 'clockSkew: 61s', 'fence.lease.clockSkew is 1m1s'],
    ['rto: 4h', 'rto: 9h', 'objectives.rto is 9h, longer than the MTD; allowed: at most objectives.mtd, 8h'],
    [
      'standby: us-west-2, witness',
      'standby: us-east-1, witness',
      'regions.standby is us-east-1, the same as regions.primary',
    ],
    ['witness: us-east-2', 'witness: us-west-2', 'regions.witness is us-west-2, the same as regions.standby'],
    [
      'standby: svg-ai-db-replica',
      'standby: svg-ai-db',
      'database.instances.standby is "svg-ai-db", the same as the primary',
    ],
    [
      'zone: svg-ai.example',
      'zone: other.example',
      'traffic.records[0].name is "api.svg-ai.example", outside the zone',
    ],
    [
      '  record: api.svg-ai.example',
      '  record: www.svg-ai.example',
      'service.record is "www.svg-ai.example", which is not a traffic record; allowed: api.svg-ai.example',
    ],
    ['periods: 3', 'periods: 4', 'detection.alarm.periods is 4, more than the 3 that are looked at'],
    ['probeEvery: 1m', 'probeEvery: 90m', 'lets 4h30m go by before the alarm, which spends the whole RTO'],
    [
      'readingsValidFor: 5m',
      'readingsValidFor: 30s',
      'detection.readingsValidFor is 30s: every reading would be too old',
    ],
    ['from: 1h, until: 4h', 'from: 2h, until: 4h', 'impactTable[1].from is 2h; allowed: 1h, where the row before ends'],
    ['{ from: 24h,', '{ from: 24h, until: 48h,', 'impactTable[4].until is 2d: longer downtimes have no row'],
    ['from: 5m, until: 15m', 'from: 5m, until: 5m', 'escalation[1].until is 5m, not after its own from'],
    ['- level: 3\n    name: Standard', '- level: 2\n    name: Standard', 'criticalities has no level 3'],
    [
      'respondWithin: 30m',
      'respondWithin: 10m',
      'severities[1].respondWithin is 10m, faster than a graver severity; allowed: at least 15m',
    ],
    ['every: 6h, rpo: 6h', 'every: 6h, rpo: 1h', 'backups[1].items[0].rpo is 1h, less than the 6h between two of them'],
    [
      'method: streaming-replication, rpo: 1m',
      'method: streaming-replication, rpo: 2h',
      'backups has nothing that keeps the database within the RPO',
    ],
    ['every: 6h, rpo: 6h', 'rpo: 6h', 'backups[1].items[0].every is missing'],
    [
      'recovery: 4h, dataLoss',
      'recovery: 2h, dataLoss',
      'objectives.rto is 4h, longer than customers were promised; allowed: at most compliance.sla.recovery, 2h',
    ],
    [
      'recoveryPlan: regional-failover',
      'recoveryPlan: regional-failovr',
      'risks[0].recoveryPlan is "regional-failovr", which is no recovery plan: did you mean regional-failover?',
    ],
    [
      'to: [incident-commander]',
      'to: [commander]',
      'escalation[1].to[0] is "commander", which is no role or stakeholder',
    ],
    ['to: [on-call-engineers]', 'to: [management-team]', 'escalation[0].to names no role that is on a rotation'],
    [
      'channels: [status-page, email]',
      'channels: [status-page, fax]',
      'stakeholders[0].channels[1] is "fax", which is no channel',
    ],
    [
      'id: human-error',
      'id: security-breach',
      'risks[5].id is "security-breach" a second time; allowed: each one once',
    ],
    [
      'role: technical-lead, primary',
      'role: incident-commander, primary',
      'contacts[2].role is "incident-commander" a second time',
    ],
    ['stateMachine: regional-failover\n', '\n', 'recoveryPlans[0].stateMachine is missing'],
    [
      '{{nextUpdate}}',
      '{{nextupdate}}',
      'templates.initial.body has the unknown placeholder {{nextupdate}}: did you mean {{nextUpdate}}?',
    ],
    [
      'next: 2027-02-23',
      'next: 2027-12-23',
      'document.review.next is 2027-12-23, 395 days after the last; allowed: quarterly: at most 92 days',
    ],
    ['by: operations-manager,', 'by: nobody,', 'document.approval.by is "nobody", which is no role'],
  ])('%s -> %s', (from, to, expected) => {
    const findings = findingsOf(from, to);
    expect(findings.join('\n')).toContain(expected);
    expect(findings.every((line) => line.startsWith('p.yml: error:'))).toBe(true);
  });
});

describe('warnings', () => {
  test('a risk that no recovery plan answers', () => {
    expect(findingsOf(', recoveryPlan: compliance-review', '')).toEqual([
      expect.stringContaining(
        'warning: risks[11].recoveryPlan is missing: no recovery plan answers the risk regulatory-changes',
      ),
    ]);
  });

  test('an overdue review and stale contacts, by the date that is given', () => {
    const lines = checkPlan(PLAN_TEXT, 'p.yml', '2027-03-01').findings.map(sayFinding);
    expect(lines).toHaveLength(5);
    expect(lines[0]).toContain('warning: document.review.next is 2027-02-23: the review is overdue since 6 days');
    expect(lines.filter((line) => line.includes('the contact is stale'))).toHaveLength(4);
    expect(checkPlan(PLAN_TEXT, 'p.yml', null).findings).toEqual([]);
  });

  test('a plan that nobody approved, and still the plan', () => {
    const checked = checkPlan(
      PLAN_TEXT.replace('operations-manager, on: 2026-11-23', 'operations-manager'),
      'p.yml',
      TODAY,
    );
    expect('plan' in checked).toBe(true);
    expect(checked.findings.map(({ wrong }) => wrong)).toEqual(['is missing: nobody has approved the plan']);
  });
});

describe('findings', () => {
  test('all come at once, in the order of the file: shape, cross checks of sound sections, unknown keys', () => {
    const text = PLAN_TEXT.replace('ttl: 60', 'tll: 60')
      .replace('rto: 4h', 'rto: 9h')
      .replace('coolDown: 1h', 'cooldown: 1h')
      .replace('version: 1\n', 'version: 1\nobjectivs: {}\n');
    const { findings } = checkPlan(text, 'p.yml', TODAY);
    expect(findings.map(({ path }) => path)).toEqual([
      'objectivs',
      'objectives.rto',
      'objectives.rto',
      'traffic.records[0].ttl',
      'traffic.records[0].tll',
      'detection.coolDown',
      'detection.cooldown',
    ]);
  });

  test.each([
    ['rto: 4h', 'rto: 4x', 'objectives:'],
    ['ttl: 60', 'ttl: x', 'ttl: x'],
    ['ttl: 60', 'tll: 60', 'tll: 60'],
    ['phone: +1-555-0102', 'phone: "?"', 'phone: "?"'],
  ])('name the line: %s -> %s', (from, to, where) => {
    const text = PLAN_TEXT.replace(from, to);
    expect(checkPlan(text, 'p.yml', TODAY).findings.map(({ line }) => line)).toContain(lineOf(text, where));
  });

  test.each([
    ['a: [', 'the file is not YAML that can be read'],
    ['a: 1\na: 2', 'the file is not YAML that can be read: Map keys must be unique'],
    ['a: *nowhere', 'the file is not YAML that can be read: Unresolved alias'],
    ['', 'the file is empty; allowed: a mapping of keys'],
    ['just a text', 'the file is "just a text"; allowed: a mapping of keys'],
    ['- 1', 'the file is a list of 1; allowed: a mapping of keys'],
  ])('a file that is no plan: %j', (text, expected) => {
    const findings = checkPlan(text, 'p.yml', TODAY).findings.map(sayFinding);
    expect(findings[0]).toContain(expected);
    expect(findings.length).toBeLessThan(3);
  });
});
