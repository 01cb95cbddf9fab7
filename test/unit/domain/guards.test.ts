import { describe, expect, test } from 'vitest';
import { estimateDataLoss, lastSampleBefore } from '#domain/data-loss.ts';
import { checkGuards, type GuardFacts, refusalOf } from '#domain/guards.ts';
import { formatLsn, lsnDifference, parseLsn } from '#domain/lsn.ts';
import { at, examplePlan, reading, sample } from './support.ts';

const plan = examplePlan();

const facts = (more: Partial<GuardFacts> = {}): GuardFacts => ({
  startedAt: at(0),
  readings: [reading('standby', {}, { lastHealthy: sample(-1_000) })],
  standby: {
    value: {
      id: 'svg-ai-db-replica',
      status: 'available',
      replicaOf: 'arn:aws:rds:us-east-1:123456789012:db:svg-ai-db',
    },
  },
  workloads: { value: [{ name: 'svg-ai-api' }, { name: 'other' }] },
  traffic: { value: [{ name: 'api.svg-ai.example', target: 'svg-ai-east', side: 'primary' }] },
  ...more,
});

const standby = (more: object): Partial<GuardFacts> => ({
  standby: { value: { id: 'svg-ai-db-replica', status: 'available', replicaOf: 'svg-ai-db', ...more } },
});

describe('guards', () => {
  test('all answer with a reason, and all pass when all is as it should be', () => {
    const reasons = checkGuards(plan, facts());
    expect(reasons.map(({ id, passed }) => [id, passed])).toEqual([
      ['GU-110', true],
      ['GU-120', true],
      ['GU-130', true],
      ['GU-210', true],
      ['GU-310', true],
      ['GU-410', true],
    ]);
    expect(reasons.every(({ reason }) => reason.length > 10)).toBe(true);
    expect(refusalOf(reasons)).toBeNull();
  });

  test.each([
    ['the standby cannot be described', { standby: { error: 'no answer in 2 s' } }, 'GU-110', 'no answer in 2 s'],
    ['it is a replica of nothing', standby({ replicaOf: null }), 'GU-120', 'Seed it again from svg-ai-db'],
    [
      'it is a replica of another',
      standby({ replicaOf: 'other-db' }),
      'GU-120',
      'a replica of other-db, not of svg-ai-db',
    ],
    ['it is backing up', standby({ status: 'backing-up' }), 'GU-130', 'is backing-up, not available'],
    [
      'no sample is from before the incident',
      { readings: [reading('standby', {}, { lastHealthy: sample(5) })] },
      'GU-210',
      'the lag is unknown',
    ],
    [
      'the lag was beyond the RPO',
      { readings: [reading('standby', {}, { lastHealthy: sample(-1_000, { lagSeconds: 3_600 }) })] },
      'GU-210',
      'at most 1h1s of plan time can be lost; the RPO is 1h',
    ],
    ['a deployment is missing', { workloads: { value: [] } }, 'GU-310', 'svg-ai-west lacks svg-ai-api'],
    ['the cluster does not answer', { workloads: { error: 'ECONNREFUSED' } }, 'GU-310', 'ECONNREFUSED'],
    ['a record does not exist', { traffic: { value: [] } }, 'GU-410', 'api.svg-ai.example does not exist'],
    [
      'a record points elsewhere',
      { traffic: { value: [{ name: 'api.svg-ai.example.', target: 'elsewhere', side: null }] } },
      'GU-410',
      'points at elsewhere, which the plan does not know',
    ],
  ] as const)('refuse when %s', (_name, more, id, reason) => {
    const refusal = refusalOf(checkGuards(plan, facts(more as Partial<GuardFacts>)));
    expect(refusal).toContain(`${id}: `);
    expect(refusal).toContain(reason);
  });

  test('let a run go on that promoted the standby before it died', () => {
    expect(refusalOf(checkGuards(plan, facts({ ...standby({ replicaOf: null }), promotedBefore: true })))).toBeNull();
  });

  test('name every reason at once', () => {
    const refusal = refusalOf(
      checkGuards(plan, facts({ ...standby({ status: 'modifying' }), traffic: { value: [] } })),
    );
    expect(refusal).toMatch(/GU-130: .*; GU-410: /);
  });

  test('read a lag under a time scale as the most that it can be', () => {
    const readings = [reading('standby', {}, { lastHealthy: sample(-20_000) })];
    expect(refusalOf(checkGuards(plan, facts({ readings })))).toBeNull();
    expect(refusalOf(checkGuards(plan, facts({ readings, timeScale: 240 })))).toContain('1h20m');
  });
});

describe('data loss', () => {
  test('the sample is the newest from before the incident, of any vantage point', () => {
    const readings = [
      reading('standby', {}, { lastHealthy: sample(-900) }),
      reading('witness', {}, { lastHealthy: sample(-400) }),
      reading('primary', {}, { lastHealthy: sample(100) }),
    ];
    expect(lastSampleBefore(readings, at(0))?.at).toBe(at(-400));
    expect(lastSampleBefore(readings, at(-1_000))).toBeNull();
  });

  test('is at most what the tightest source says', () => {
    const position = { lsn: '0/3000000', receivedLsn: '0/3000060', lastReplayAt: at(-80), heartbeatAt: at(-250) };
    const estimate = estimateDataLoss(at(0), sample(-500, { lagSeconds: 0.5, primaryLsn: '0/30000A0' }), position);
    expect(estimate.bounds.map(({ source, seconds }) => [source, seconds])).toEqual([
      ['last-healthy-sample', 1],
      ['heartbeat', 0.25],
      ['last-replayed-transaction', 0.08],
    ]);
    expect(estimate).toMatchObject({ atMostSeconds: 0.08, missingBytes: 0x40, primaryLivedOn: false });
  });

  test('is not known without a source, and never negative', () => {
    expect(estimateDataLoss(at(0), null, null)).toEqual({
      atMostSeconds: null,
      missingBytes: null,
      primaryLivedOn: false,
      bounds: [],
    });
    const ahead = { lsn: '0/5000000', receivedLsn: null, lastReplayAt: at(50), heartbeatAt: null };
    expect(estimateDataLoss(at(0), sample(-5, { primaryLsn: '0/4000000' }), ahead)).toMatchObject({
      atMostSeconds: 0,
      missingBytes: 0,
      primaryLivedOn: true,
    });
  });

  test('log positions are 64-bit numbers in two halves', () => {
    expect(lsnDifference('0/FFFFFFFF', '1/0')).toBe(1);
    expect(lsnDifference('1/0', '0/FFFFFFFF')).toBe(-1);
    expect(formatLsn(parseLsn('16/b374d848'))).toBe('16/B374D848');
    expect(() => parseLsn('3000060')).toThrow('is not a log position');
  });
});
