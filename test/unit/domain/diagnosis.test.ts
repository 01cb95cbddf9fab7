import { describe, expect, test } from 'vitest';
import { type Bounds, diagnose, firstBadAt } from '#domain/diagnosis.ts';
import { GUARDS } from '#domain/guards.ts';
import { illFormed, RULES } from '#domain/rules.ts';
import { SEVERITY_RULES } from '#domain/severity.ts';
import { at, reading } from './support.ts';

const bounds: Bounds = { now: at(1_000), maxAgeMs: 60_000, needed: 2, trigger: 'alarm' };
const bad = { service: 'bad', database: 'bad', replication: 'bad' } as const;
const good = { service: 'good', database: 'good', replication: 'good' } as const;

describe('the decision table', () => {
  test('is well formed: ids rise with gaps, and the last row always holds', () => {
    expect([RULES, GUARDS, SEVERITY_RULES].flatMap(illFormed)).toEqual([]);
    expect(RULES.at(-1)?.when).toContain('anything else');
    expect(illFormed([{ id: 'FO-110' }, { id: 'FO-110' }, { id: 'x' }])).toHaveLength(3);
  });

  test.each([
    ['nothing is reported', [], 'FO-010', 'more-evidence'],
    ['every probe failed by itself', [reading('standby', {}), reading('witness', {})], 'FO-010', 'more-evidence'],
    ['the region is dead', [reading('standby', bad), reading('witness', bad)], 'FO-110', 'recover'],
    [
      'two of three see it dead',
      [reading('standby', bad), reading('witness', bad), reading('primary', good)],
      'FO-110',
      'recover',
    ],
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
      'FO-220',
      'more-evidence',
    ],
    ['one sees it dead, one well', [reading('standby', bad), reading('witness', good)], 'FO-310', 'more-evidence'],
    [
      'one sees it dead, one knows nothing',
      [reading('standby', bad), reading('witness', {})],
      'FO-320',
      'more-evidence',
    ],
    [
      'the database is dead, the service answers',
      [reading('standby', { ...good, database: 'bad' }), reading('witness', good)],
      'FO-410',
      'more-evidence',
    ],
    [
      'replication is broken',
      [reading('standby', { ...good, replication: 'bad' }), reading('witness', good)],
      'FO-810',
      'none',
    ],
    ['all is well', [reading('standby', good), reading('witness', good)], 'FO-900', 'none'],
    [
      'one sees it well, one knows nothing',
      [reading('standby', good), reading('witness', {})],
      'FO-990',
      'more-evidence',
    ],
  ] as const)('%s', (_name, readings, rule, outcome) => {
    expect(diagnose(readings, bounds)).toMatchObject({ rule, outcome });
  });

  test('a person stands for the missing vantage point, never against one that sees it well', () => {
    const person = { ...bounds, trigger: 'person' } as const;
    expect(diagnose([reading('standby', bad), reading('witness', {})], person)).toMatchObject({
      rule: 'FO-150',
      outcome: 'recover',
    });
    expect(diagnose([reading('standby', bad), reading('witness', good)], person).outcome).toBe('more-evidence');
    expect(diagnose([reading('standby', good), reading('witness', good)], person).outcome).toBe('none');
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
      /^FO-110 .*M = 2.*standby: service bad, database bad, replication bad \(http-read: as set; /,
    );
    expect(vantages.map(({ vantage, ageMs, fresh }) => [vantage, ageMs, fresh])).toEqual([
      ['standby', 1_000, true],
      ['witness', 1_000, true],
    ]);
  });

  test('give the start of the incident: the first bad signal of any vantage point', () => {
    const readings = [
      reading('standby', bad, { badSince: at(40) }),
      reading('witness', bad, { badSince: at(20) }),
      reading('primary', good),
    ];
    expect(firstBadAt(readings)).toBe(at(20));
    expect(firstBadAt([reading('primary', good)])).toBeNull();
  });
});
