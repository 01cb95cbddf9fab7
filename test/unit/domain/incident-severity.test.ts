import { describe, expect, test } from 'vitest';
import { diagnose } from '#domain/diagnosis.ts';
import { recordedSeverity, severityOfIncident } from '#domain/incident-severity.ts';
import type { Reading } from '#domain/reading.ts';
import { at, reading, record } from './support.ts';

const bad = { service: 'bad', database: 'bad', replication: 'bad', application: 'bad' } as const;
const good = { service: 'good', database: 'good', replication: 'good', application: 'good' } as const;
const appDown = { ...bad, database: 'good', replication: 'good' } as const;
const noDatabase = { ...bad, application: 'good' } as const;

/** Reads and writes apart: `reading` sets the read alone. */
const withWrite = (one: Reading, state: 'bad' | 'good'): Reading => ({
  ...one,
  signals: [...one.signals, { name: 'http-write', state, detail: 'as set', ms: 1 }],
});
const readOnly = (vantage: 'standby' | 'witness') =>
  withWrite(reading(vantage, { ...good, application: 'good' }), 'bad');

const bounds = { now: at(1_000), maxAgeMs: 60_000, needed: 2, trigger: 'alarm' } as const;
const seen = (...readings: readonly Reading[]) => {
  const verdict = diagnose(readings, bounds);
  const { level, rule } = severityOfIncident({ actor: 'alarm:a' }, verdict);
  return { code: verdict.code, level, rule };
};

describe('the severity by the evidence', () => {
  test.each([
    ['a dead region', [reading('standby', bad), reading('witness', bad)], 'region-down', 1, 'SV-110'],
    ['a dead database', [reading('standby', noDatabase), reading('witness', noDatabase)], 'database-down', 1, 'SV-110'],
    ['a dead application', [reading('standby', appDown), reading('witness', appDown)], 'application-down', 1, 'SV-110'],
    ['reads that go on', [readOnly('standby'), readOnly('witness')], 'application-down', 2, 'SV-210'],
    [
      'reads that nobody could try',
      [withWrite(reading('standby', { database: 'good' }), 'bad'), withWrite(reading('witness', {}), 'bad')],
      'application-down',
      2,
      'SV-210',
    ],
    ['half of the places', [reading('standby', good), reading('witness', bad)], 'degraded', 2, 'SV-210'],
    [
      'the database alone',
      [reading('standby', good), reading('witness', { ...good, database: 'bad' })],
      'degraded',
      3,
      'SV-320',
    ],
    ['a cut', [reading('standby', bad), reading('witness', good)], 'partition-from-us', 2, 'SV-220'],
    [
      'a standby that lost the database and replicates',
      [reading('standby', { ...good, database: 'bad' }), reading('witness', good)],
      'partition-from-us',
      3,
      'SV-320',
    ],
    [
      'broken replication',
      [reading('standby', { ...good, replication: 'bad' }), reading('witness', good)],
      'replication-broken',
      2,
      'SV-220',
    ],
    ['nothing bad', [reading('standby', good), reading('witness', good)], 'healthy', 4, 'SV-490'],
    ['nothing at all: as the alarm says', [], 'monitoring-blind', 1, 'SV-110'],
    ['too little: as the alarm says', [reading('standby', bad)], 'unknown', 1, 'SV-110'],
  ] as const)('%s', (_what, readings, code, level, rule) => {
    expect(seen(...readings)).toEqual({ code, level, rule });
  });

  test('an old reading counts for nothing', () => {
    const old = readOnly('witness');
    const verdict = diagnose([reading('standby', appDown), { ...old, at: at(-70_000) }], {
      ...bounds,
      trigger: 'person',
    });
    expect(severityOfIncident({ actor: 'person' }, verdict)).toMatchObject({ level: 1 });
  });

  test("a person's counts, and what was seen stays beside it", () => {
    const verdict = diagnose([readOnly('standby'), readOnly('witness')], bounds);
    expect(severityOfIncident({ actor: 'person:jane', severity: 1 }, verdict)).toEqual({
      level: 1,
      rule: 'given',
      reason: 'given by person:jane; by what was seen: 2 (SV-210 25 % of the users or more are affected)',
      seen: 2,
    });
  });
});

test('the record has it: of the last look, before a look as asked, before that as for an outage', () => {
  const asked = record([0, 'AcceptRequest', 'left', { result: { actor: 'person:jane', severity: 3 } }]);
  const look = (level: number) => ({ result: { severity: { level, rule: 'SV-210', reason: 'r', seen: level } } });
  const looked = record([1, 'AssessEvidence', 'left', look(4)], [2, 'AssessEvidence', 'left', look(2)]);
  expect(recordedSeverity([])).toMatchObject({ level: 1, rule: 'SV-110' });
  expect(recordedSeverity(asked)).toMatchObject({ level: 3, rule: 'given', seen: 1 });
  expect(recordedSeverity([...asked, ...looked])).toMatchObject({ level: 2 });
});
