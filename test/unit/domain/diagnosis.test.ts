import { describe, expect, test } from 'vitest';
import { type Bounds, DEFAULT_ANSWERS, diagnose, firstBadAt, THIS_PLAN } from '#domain/diagnosis.ts';
import { GUARDS } from '#domain/guards.ts';
import { OLD_PRIMARY_GUARDS } from '#domain/old-primary.ts';
import { illFormed, RULES } from '#domain/rules.ts';
import { SEVERITY_RULES } from '#domain/severity.ts';
import { at, reading } from './support.ts';

const alarms = [{ name: 'continuity-svg-ai-prod-healthy-standby', state: 'ALARM', since: at(0) }] as const;
const bounds: Bounds = { now: at(1_000), maxAgeMs: 60_000, needed: 2, trigger: 'alarm', alarms };
/** As after so many looks that gave the same code. */
const lasted = (code: string, looks: number): Bounds => ({ ...bounds, previous: { code, looks, at: bounds.now } });
const bad = { service: 'bad', database: 'bad', replication: 'bad', application: 'bad' } as const;
const good = { service: 'good', database: 'good', replication: 'good', application: 'good' } as const;

describe('the decision table', () => {
  test('is well formed: ids rise with gaps, and the last row always holds', () => {
    expect([RULES, GUARDS, OLD_PRIMARY_GUARDS, SEVERITY_RULES].flatMap(illFormed)).toEqual([]);
    expect(RULES.at(-1)?.when).toContain('anything else');
    expect(illFormed([{ id: 'FO-110' }, { id: 'FO-110' }, { id: 'x' }])).toHaveLength(3);
  });

  test.each([
    ['nothing is reported', [], 'FO-010', 'more-evidence'],
    ['every probe failed by itself', [reading('standby', {}), reading('witness', {})], 'FO-010', 'more-evidence'],
    ['the region is dead', [reading('standby', bad), reading('witness', bad)], 'FO-110', 'recover'],
    [
      'both see it dead and the probes of the application failed by themselves',
      [reading('standby', { ...bad, application: 'unknown' }), reading('witness', { ...bad, application: 'unknown' })],
      'FO-170',
      'more-evidence',
    ],
    [
      'the database is dead and the application behind it answers',
      [reading('standby', { ...bad, application: 'good' }), reading('witness', { ...bad, application: 'good' })],
      'FO-170',
      'more-evidence',
    ],
    [
      'only the standby sees it dead, and the witness sees it well',
      [reading('standby', bad), reading('witness', good)],
      'FO-310',
      'more-evidence',
    ],
    [
      'only the standby loses the database',
      [reading('standby', { ...good, database: 'bad' }), reading('witness', good)],
      'FO-310',
      'more-evidence',
    ],
    ['only the witness sees it dead', [reading('standby', good), reading('witness', bad)], 'FO-315', 'more-evidence'],
    [
      'only one reaches for the database, and replication stopped',
      [reading('standby', bad), reading('witness', { service: 'bad' })],
      'FO-120',
      'recover',
    ],
    [
      'as before, but replication is not known to have stopped',
      [reading('standby', { ...bad, replication: 'unknown' }), reading('witness', { service: 'bad' })],
      'FO-230',
      'more-evidence',
    ],
    [
      'the application is dead, the database lives',
      [reading('standby', { ...good, service: 'bad' }), reading('witness', { service: 'bad', database: 'good' })],
      'FO-210',
      'more-evidence',
    ],
    [
      'the database is seen differently',
      [reading('standby', bad), reading('witness', { service: 'bad', database: 'good' })],
      'FO-210',
      'more-evidence',
    ],
    [
      'one sees it dead, one knows nothing',
      [reading('standby', bad), reading('witness', {})],
      'FO-320',
      'more-evidence',
    ],
    [
      'the database is dead, the service answers',
      [reading('standby', { ...good, database: 'bad' }), reading('witness', { ...good, database: 'bad' })],
      'FO-410',
      'more-evidence',
    ],
    [
      'replication is broken',
      [reading('standby', { ...good, replication: 'bad' }), reading('witness', good)],
      'FO-810',
      'more-evidence',
    ],
    ['all is well', [reading('standby', good), reading('witness', good)], 'FO-900', 'more-evidence'],
    [
      'one sees it well, one knows nothing',
      [reading('standby', good), reading('witness', {})],
      'FO-990',
      'more-evidence',
    ],
  ] as const)('%s', (_name, readings, rule, outcome) => {
    expect(diagnose(readings, bounds)).toMatchObject({ rule, outcome });
  });

  test('a diagnosis counts when it has lasted, and begins anew when it changes', () => {
    const well = [reading('standby', good), reading('witness', good)];
    expect(diagnose(well, lasted('healthy', 4))).toMatchObject({ looks: 5, looksNeeded: 6, outcome: 'more-evidence' });
    expect(diagnose(well, lasted('healthy', 5))).toMatchObject({ looks: 6, outcome: 'none' });
    expect(diagnose(well, lasted('region-down', 5))).toMatchObject({ looks: 1, outcome: 'more-evidence' });
    // A pause lay between the two.
    const before = new Date(Date.parse(bounds.now) - bounds.maxAgeMs - 1).toISOString();
    const old = { ...bounds, previous: { code: 'healthy', looks: 5, at: before } };
    expect(diagnose(well, old)).toMatchObject({ looks: 1, outcome: 'more-evidence' });
    const cut = [reading('standby', bad), reading('witness', good)];
    expect(diagnose(cut, lasted('partition-from-us', 23))).toMatchObject({
      outcome: 'none',
      code: 'partition-from-us',
    });
  });

  test('a region is down at the first look while an alarm is in ALARM, else at the second', () => {
    const dead = [reading('standby', bad), reading('witness', bad)];
    expect(diagnose(dead, bounds)).toMatchObject({ outcome: 'recover', looksNeeded: 1 });
    for (const quiet of [null, [], [{ ...alarms[0], state: 'OK' as const }]]) {
      expect(diagnose(dead, { ...bounds, alarms: quiet })).toMatchObject({ outcome: 'more-evidence', looksNeeded: 2 });
      expect(diagnose(dead, { ...lasted('region-down', 1), alarms: quiet }).outcome).toBe('recover');
    }
  });

  test('each diagnosis starts the recovery that answers it, and no other', () => {
    const database = [
      reading('standby', { ...bad, application: 'good' }),
      reading('witness', { ...bad, application: 'good' }),
    ];
    expect(diagnose(database, lasted('database-down', 23))).toMatchObject({
      code: 'database-down',
      outcome: 'other-plan',
      answer: 'database-failover',
      reason: expect.stringContaining('Answered by the recovery plan database-failover, not by this one.'),
    });
    const answers = { ...DEFAULT_ANSWERS, 'database-down': THIS_PLAN };
    expect(diagnose(database, { ...lasted('database-down', 23), answers })).toMatchObject({ outcome: 'recover' });
    const application = [
      reading('standby', { ...good, service: 'bad' }),
      reading('witness', { ...good, service: 'bad' }),
    ];
    expect(diagnose(application, lasted('application-down', 23))).toMatchObject({
      code: 'application-down',
      outcome: 'other-plan',
      answer: 'application-redeploy',
    });
    const elsewhere = { ...DEFAULT_ANSWERS, 'region-down': 'provider-exit' };
    const dead = [reading('standby', bad), reading('witness', bad)];
    expect(diagnose(dead, { ...bounds, answers: elsewhere }).outcome).toBe('other-plan');
  });

  test('the primary speaks for itself where it answers, through whoever heard it', () => {
    const heard = [reading('standby', bad), reading('witness', { ...bad, application: 'good' })];
    const { vantages, rule } = diagnose(heard, bounds);
    expect(rule).toBe('FO-170');
    expect(vantages.map(({ vantage }) => vantage)).toEqual(['standby', 'witness', 'primary']);
    expect(vantages[2]).toMatchObject({ application: 'good', database: 'unknown', service: 'unknown' });
    expect(diagnose([reading('standby', bad), reading('witness', bad)], bounds).vantages).toHaveLength(2);
  });

  test('a person stands for the missing vantage point, never against one that sees it well', () => {
    const person = { ...bounds, trigger: 'person' } as const;
    expect(diagnose([reading('standby', bad), reading('witness', {})], person)).toMatchObject({
      rule: 'FO-150',
      outcome: 'recover',
    });
    expect(diagnose([reading('standby', bad), reading('witness', good)], person)).toMatchObject({
      code: 'partition-from-us',
      outcome: 'more-evidence',
    });
    expect(diagnose([reading('standby', good), reading('witness', good)], person).code).toBe('healthy');
    const application = { ...good, service: 'bad' } as const;
    expect(diagnose([reading('standby', application), reading('witness', {})], person)).toMatchObject({
      rule: 'FO-160',
      outcome: 'recover',
      code: 'application-down',
    });
    const database = { ...bad, application: 'good' } as const;
    expect(diagnose([reading('standby', database), reading('witness', {})], person)).toMatchObject({
      rule: 'FO-140',
      outcome: 'recover',
      answer: 'regional-failover',
    });
    expect(diagnose([reading('standby', {}), reading('witness', {})], person).outcome).toBe('more-evidence');
  });
});

describe('readings', () => {
  test('too old or from the future count for nothing', () => {
    const old = { at: at(-60_000) };
    expect(diagnose([reading('standby', bad, old), reading('witness', bad)], bounds)).toMatchObject({ rule: 'FO-320' });
    expect(diagnose([reading('standby', bad, { at: at(120_000) }), reading('witness', bad)], bounds)).toMatchObject({
      rule: 'FO-320',
    });
  });

  test('of one vantage point are one witness: the newest', () => {
    const twice = [reading('standby', bad, { at: at(-500) }), reading('standby', bad), reading('standby', bad)];
    expect(diagnose(twice, bounds)).toMatchObject({ rule: 'FO-320' });
    expect(
      diagnose([reading('standby', bad, { at: at(-500) }), reading('standby', good), reading('witness', good)], bounds)
        .code,
    ).toBe('healthy');
  });

  test('are named in the reason', () => {
    const { reason, vantages } = diagnose([reading('standby', bad), reading('witness', bad)], bounds);
    expect(reason).toMatch(
      /^FO-110 region-down: .*M = 2.*standby: service bad, database bad, replication bad, .*\(http-read: as set; /,
    );
    expect(vantages.map(({ vantage, ageMs, fresh }) => [vantage, ageMs, fresh])).toEqual([
      ['standby', 1_000, true],
      ['witness', 1_000, true],
    ]);
  });

  test('give the start of the incident: when any vantage point first saw the service bad, whatever was bad before', () => {
    const readings = [
      reading('standby', bad, { serviceBadSince: at(40) }),
      { ...reading('witness', bad, { serviceBadSince: at(20) }), badSince: at(-6_000) },
      reading('primary', good),
    ];
    expect(firstBadAt(readings, bounds)).toBe(at(20));
    expect(firstBadAt([{ ...reading('standby', good), badSince: at(0) }], bounds)).toBeNull();
  });

  test('give no start of the incident when they are older than the bound: the vantage point went silent while bad', () => {
    const silent = reading('witness', bad, { at: at(-60_000), serviceBadSince: at(-90_000) });
    expect(firstBadAt([silent], bounds)).toBeNull();
    expect(firstBadAt([silent, reading('standby', bad, { serviceBadSince: at(40) })], bounds)).toBe(at(40));
  });
});
