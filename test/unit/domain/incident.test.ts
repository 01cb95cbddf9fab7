import { describe, expect, it } from 'vitest';
import { endsIncident, type IncidentSeen, isPast, type Left } from '#domain/incident.ts';
import type { Entry } from '#domain/milestones.ts';
import type { Outcome, StepRecord } from '#domain/outcome.ts';
import type { Reading, Vantage } from '#domain/reading.ts';

const ID = 'INC-2026-1123-001';
const BEFORE = '2026-11-23T12:00:00.000Z';
const ENDED = '2026-11-23T12:05:00.000Z';
const AFTER = '2026-11-23T12:10:00.000Z';
const NOW = '2026-12-14T12:00:00.000Z';

const FREE = { holder: null, actor: null, takenAt: null, actingAt: null, releasedAt: null };
const PROMOTED = { ...FREE, promotion: { incident: ID, execution: 'arn:one', at: BEFORE } };
const left = (changed: boolean): Left => ({ by: 'arn:one', at: ENDED, changed });

describe('the end of an incident', () => {
  const did = (...states: string[]): readonly StepRecord[] =>
    states.map((state) => ({ state, changes: true, status: 'done' }) as StepRecord);
  const run = (result: Outcome['result'], steps: readonly StepRecord[] = []) => ({
    execution: 'arn:two',
    result,
    steps,
  });
  const lifted = { state: 'LiftFence', kind: 'left', result: { lifted: true } } as unknown as Entry;
  const none: IncidentSeen = { id: ID, left: null };

  it.each([
    ['a run that recovers', none, FREE, run('recovered', did('FencePrimary')), [], true],
    ['one that recovers after a promotion', { id: ID, left: left(true) }, PROMOTED, run('recovered'), [], true],
    ['a first run that was refused', none, FREE, run('refused'), [], true],
    ['a run that failed and changed something', none, FREE, run('failed', did('FencePrimary')), [], false],
    ['a run beside which another recovers', none, { ...FREE, holder: 'arn:other' }, run('refused'), [], false],
    ['a refused retry of a run that undid nothing', { id: ID, left: left(true) }, FREE, run('refused'), [], false],
    ['a refused retry of a run that changed nothing', { id: ID, left: left(false) }, FREE, run('refused'), [], true],
    [
      'a retry that lifted the fence',
      { id: ID, left: left(true) },
      FREE,
      run('refused', did('FencePrimary')),
      [lifted],
      true,
    ],
    ['a refused retry after a promotion was let begin', none, PROMOTED, run('refused'), [], false],
    [
      'a refused run of an incident after another was promoted for',
      { id: 'INC-2026-1123-002', left: null },
      PROMOTED,
      run('refused'),
      [],
      true,
    ],
  ] as const)('%s', (_what, incident, claim, outcome, entries, ends) => {
    expect(endsIncident(incident, claim, outcome, entries)).toBe(ends);
  });
});

describe('an open incident that is over', () => {
  const reading = (vantage: Vantage, more: Partial<Reading> = {}): Reading => ({
    plan: 'svg-ai',
    vantage,
    at: NOW,
    signals: [
      { name: 'http-read', state: 'bad', detail: '', ms: 1 },
      { name: 'http-write', state: 'bad', detail: '', ms: 1 },
    ],
    badSince: BEFORE,
    serviceBadSince: BEFORE,
    writes: null,
    lastHealthy: null,
    ...more,
  });
  const good = (['http-read', 'http-write'] as const).map(
    (name) => ({ name, state: 'good', detail: '', ms: 1 }) as const,
  );
  const sample = { at: AFTER, lagSeconds: 0, primaryLsn: null, replicaLsn: null, heartbeatAt: null };
  const both = (more: Partial<Reading>) => [reading('standby', more), reading('witness', more)];
  const seen: IncidentSeen = { id: ID, left: left(true) };

  it.each([
    ['bad again since then', both({ badSince: AFTER, serviceBadSince: AFTER })],
    ['a healthy sample since then, though something is bad for long', both({ lastHealthy: sample })],
    ['good now, though replication is not', both({ signals: good })],
  ])('is told by both vantage points: %s', (_what, readings) => {
    expect(isPast(seen, FREE, readings, 2)).toBe(true);
  });

  it.each([
    ['the service has been bad all the time', seen, FREE, both({})],
    ['only one vantage point saw it well', seen, FREE, [reading('standby', { signals: good }), reading('witness')]],
    [
      'the primary itself says so',
      seen,
      FREE,
      [reading('standby', { signals: good }), reading('primary', { signals: good })],
    ],
    ['it was good before the end only', seen, FREE, both({ at: BEFORE, signals: good, badSince: null })],
    [
      'its reads are good, its writes are not',
      seen,
      FREE,
      both({ signals: good.slice(0, 1).concat(reading('standby').signals.slice(1) as never) }),
    ],
    ['nothing was seen', seen, FREE, []],
    ['none of its runs has ended', { id: ID, left: null }, FREE, both({ signals: good })],
    ['a run holds the claim', seen, { ...FREE, holder: 'arn:two' }, both({ signals: good })],
    ['a promotion was let begin', seen, PROMOTED, both({ signals: good })],
  ] as const)('is not told when %s', (_what, incident, claim, readings) => {
    expect(isPast(incident, claim, readings, 2)).toBe(false);
  });
});
