import { describe, expect, test } from 'vitest';
import type { Room } from '#domain/capacity.ts';
import type { ClaimSeen } from '#domain/claim.ts';
import { estimateDataLoss, lastSample, lossBehindFence, writesUntil } from '#domain/data-loss.ts';
import { checkGuards, type GuardFacts, refusalOf } from '#domain/guards.ts';
import { formatLsn, lsnDifference, parseLsn } from '#domain/lsn.ts';
import { NOTHING_STANDS, type StandingOrders } from '#domain/standing-orders.ts';
import { at, examplePlan, reading, sample } from './support.ts';

const plan = examplePlan();

const claim = (more: Partial<ClaimSeen> = {}): ClaimSeen => ({
  holder: null,
  actor: null,
  takenAt: at(-5_000),
  actingAt: null,
  releasedAt: null,
  ...more,
});

const GIB = 2 ** 30;
const room = (more: Partial<Room> = {}): Room => ({
  nodes: [{ name: 'node-1', cpuMillis: 4_000, memoryBytes: 8 * GIB, pods: 10 }],
  quotas: [],
  requests: [{ deployment: 'svg-ai-api', cpuMillis: 500, memoryBytes: GIB }],
  ...more,
});

const order = { by: 'jane', reason: 'a release', at: at(-60_000) };

const standing = (more: Partial<StandingOrders>) => ({ value: { ...NOTHING_STANDS, ...more } });

const facts = (more: Partial<GuardFacts> = {}): GuardFacts => ({
  startedAt: at(0),
  now: at(0),
  trigger: 'alarm',
  execution: 'arn:me',
  orders: { value: NOTHING_STANDS },
  claim: { value: claim({ holder: 'arn:me' }) },
  readings: { value: [reading('standby', {}, { lastHealthy: sample(-1_000) })] },
  standby: {
    value: {
      id: 'svg-ai-db-replica',
      status: 'available',
      replicaOf: 'arn:aws:rds:us-east-1:123456789012:db:svg-ai-db',
    },
  },
  workloads: {
    value: [
      { name: 'svg-ai-api', wanted: 0 },
      { name: 'other', wanted: 1 },
    ],
  },
  room: { value: room() },
  autoscalers: { value: [] },
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
      ['GU-010', true],
      ['GU-020', true],
      ['GU-030', true],
      ['GU-040', true],
      ['GU-110', true],
      ['GU-120', true],
      ['GU-130', true],
      ['GU-210', true],
      ['GU-310', true],
      ['GU-320', true],
      ['GU-330', true],
      ['GU-340', true],
      ['GU-410', true],
    ]);
    expect(reasons.every(({ reason }) => reason.length > 10)).toBe(true);
    expect(refusalOf(reasons)).toBeNull();
  });

  test.each([
    ['automation is off', { orders: standing({ automationOff: order }) }, 'GU-010', 'switched off by jane'],
    ['nobody knows whether automation is on', { orders: { error: 'throttled' } }, 'GU-010', 'throttled'],
    [
      'a window is open that a person started',
      { orders: standing({ maintenance: { ...order, until: at(1) } }) },
      'GU-020',
      'until 2026-11-23T10:00:00.001Z was started by jane',
    ],
    [
      'another run holds the claim',
      { claim: { value: claim({ holder: 'arn:other' }) } },
      'GU-030',
      'while it runs: continuity abort other --reason "<why>"; when it is over: continuity claim release svg-ai --reason',
    ],
    ['the claim cannot be read', { claim: { error: 'throttled' } }, 'GU-040', 'throttled'],
    [
      'the cool-down is not over',
      { claim: { value: claim({ releasedAt: at(-3_599_999) }) } },
      'GU-040',
      'cool-down until 2026-11-23T10:00:00.001Z',
    ],
    [
      'the nodes have no room',
      { room: { value: room({ nodes: [{ name: 'n', cpuMillis: 1_400, memoryBytes: 8 * GIB, pods: 10 }] }) } },
      'GU-320',
      'svg-ai-api to 3 replicas (as the plan says), 3 more than now: room for 2 of 3 on 1 nodes',
    ],
    [
      'the nodes have no room for the observed peak',
      {
        readings: {
          value: [
            {
              ...reading('standby', {}, { lastHealthy: sample(-1_000) }),
              peak: [{ name: 'svg-ai-api', replicas: 9, at: at(-9) }],
            },
          ],
        },
      },
      'GU-320',
      'to 9 replicas (the most that the primary had, at 2026-11-23T09:59:59.991Z), 9 more than now: room for 8 of 9',
    ],
    ['the nodes cannot be read', { room: { error: 'forbidden' } }, 'GU-320', 'forbidden'],
    [
      'a quota is too small',
      { room: { value: room({ quotas: [{ name: 'team', cpuMillis: 1_000 }] }) } },
      'GU-330',
      'quota team has 1000m CPU left, 1500 are needed',
    ],
    [
      'an autoscaler allows too few',
      { autoscalers: { value: [{ name: 'api-hpa', deployment: 'svg-ai-api', min: 1, max: 2, minBefore: null }] } },
      'GU-340',
      'autoscaler api-hpa allows svg-ai-api 2 replicas at most, 3 are needed: raise its maxReplicas',
    ],
    ['the autoscalers cannot be read', { autoscalers: { error: 'forbidden' } }, 'GU-340', 'forbidden'],
    ['the readings cannot be read', { readings: { error: 'throttled' } }, 'GU-210', 'the lag is unknown: throttled'],
    ['the standby cannot be described', { standby: { error: 'no answer in 2 s' } }, 'GU-110', 'no answer in 2 s'],
    ['it is a replica of nothing', standby({ replicaOf: null }), 'GU-120', 'Seed it again from svg-ai-db'],
    [
      'it is a replica of another',
      standby({ replicaOf: 'other-db' }),
      'GU-120',
      'a replica of other-db, not of svg-ai-db',
    ],
    ['it is backing up', standby({ status: 'backing-up' }), 'GU-130', 'is backing-up, not available'],
    ['there is no sample', { readings: { value: [reading('standby', {})] } }, 'GU-210', 'the lag is unknown'],
    [
      'the lag was beyond the RPO',
      { readings: { value: [reading('standby', {}, { lastHealthy: sample(-1_000, { lagSeconds: 3_600 }) })] } },
      'GU-210',
      'at most 1h1s can be lost; the RPO is 1h',
    ],
    [
      'writes were taken for hours after the last sample',
      {
        readings: {
          value: [
            reading('standby', {}, { lastHealthy: sample(-1_000) }),
            reading('witness', {}, { writes: { until: at(7_200_000), refused: true } }),
          ],
        },
      },
      'GU-210',
      'at most 2h1s can be lost; the RPO is 1h',
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

  test('a person goes on while automation is off, and takes over from an alarm that only watches', () => {
    const person = { trigger: 'person', execution: 'arn:person', orders: standing({ automationOff: order }) } as const;
    const watching = claim({ holder: 'arn:alarm', actor: 'alarm:healthy-standby' });
    const reasons = checkGuards(plan, facts({ ...person, claim: { value: watching } }));
    expect(refusalOf(reasons)).toBeNull();
    expect(reasons[0]?.reason).toContain('a person asked all the same');
    expect(reasons[2]?.reason).toContain('takes over');
    for (const other of [claim({ ...watching, actingAt: at(-1) }), claim({ ...watching, actor: 'person:jane' })]) {
      expect(refusalOf(checkGuards(plan, facts({ ...person, claim: { value: other } })))).toContain('GU-030');
    }
    expect(refusalOf(checkGuards(plan, facts({ claim: { value: watching } })))).toContain('GU-030');
  });

  test('a window of the plan refuses while it is open, also one that began the day before', () => {
    const window = { id: 'patching', name: 'Patching', days: ['sunday' as const], from: '22:00', lastsSeconds: 14_400 };
    const declared = { ...plan, detection: { ...plan.detection, maintenanceWindows: [window] } };
    const asked = (now: string) => checkGuards(declared, facts({ now })).find(({ id }) => id === 'GU-020');
    expect(asked('2026-11-22T21:59:59.999Z')?.state).toBe('passes');
    expect(asked('2026-11-22T22:00:00.000Z')?.reason).toContain('patching of the plan is open until 2026-11-23T02:00');
    expect(asked('2026-11-23T01:59:59.999Z')?.state).toBe('refuses');
    expect(asked('2026-11-23T02:00:00.000Z')?.state).toBe('passes');
    expect(asked('2026-11-23T22:30:00.000Z')?.state).toBe('passes');
  });

  test('nodes that are made on demand are no reason to refuse, quotas are', () => {
    const grows = { ...plan, workloads: { ...plan.workloads, nodes: 'on-demand' as const } };
    const tight = { value: room({ nodes: [], quotas: [{ name: 'team', pods: 2 }] }) };
    expect(refusalOf(checkGuards(grows, facts({ room: tight })))).toMatch(/^GU-330: [^;]*2 pods left, 3 are needed$/);
  });

  test('an autoscaler whose maximum is enough, or of another deployment, is no reason to refuse', () => {
    const autoscalers = (more: object) =>
      facts({
        autoscalers: { value: [{ name: 'hpa', deployment: 'svg-ai-api', min: 1, max: 3, minBefore: null, ...more }] },
      });
    const answer = (given: GuardFacts) => checkGuards(plan, given).find(({ id }) => id === 'GU-340');
    expect(answer(autoscalers({}))).toMatchObject({ state: 'passes', reason: 'autoscaler hpa has 1 to 3' });
    expect(answer(autoscalers({ deployment: 'other', max: 1 }))?.state).toBe('passes');
    const peak = [{ name: 'svg-ai-api', replicas: 9, at: at(-9) }];
    const busy = { value: [{ ...reading('standby', {}, { lastHealthy: sample(-1_000) }), peak }] };
    expect(answer({ ...autoscalers({}), readings: busy })?.reason).toContain('9 are needed');
  });

  test('a person overrides a guard of the closed list, with name and reason on the answer; no other', () => {
    const late = { readings: { value: [reading('standby', {})] } };
    const override = { guard: 'GU-210', by: 'jane', reason: 'accepted by the board' } as const;
    const reasons = checkGuards(plan, facts(late), [override]);
    expect(refusalOf(reasons)).toBeNull();
    expect(reasons.find(({ id }) => id === 'GU-210')).toMatchObject({
      state: 'unknown',
      passed: true,
      override: { by: 'jane', reason: 'accepted by the board' },
    });
    const forged = { ...override, guard: 'GU-120' as never };
    expect(refusalOf(checkGuards(plan, facts(standby({ replicaOf: null })), [forged]))).toContain('GU-120');
    const needless = checkGuards(plan, facts(), [override]);
    expect(needless.every((one) => one.override === null)).toBe(true);
  });

  test('name every reason at once', () => {
    const refusal = refusalOf(
      checkGuards(plan, facts({ ...standby({ status: 'modifying' }), traffic: { value: [] } })),
    );
    expect(refusal).toMatch(/GU-130: .*; GU-410: /);
  });
});

describe('data loss', () => {
  test('the sample is the newest of any vantage point', () => {
    const readings = [
      reading('standby', {}, { lastHealthy: sample(-900) }),
      reading('witness', {}, { lastHealthy: sample(100) }),
      reading('primary', {}, { lastHealthy: sample(-400) }),
    ];
    expect(lastSample(readings)?.at).toBe(at(100));
    expect(lastSample([reading('standby', {})])).toBeNull();
  });

  test('is counted to the start of the incident, or to the last that a vantage point saw of writes after it', () => {
    const writes = (ms: number) => ({ writes: { until: at(ms), refused: true } });
    expect(writesUntil([reading('standby', {}, writes(-9)), reading('witness', {})], at(0))).toBe(at(0));
    expect(writesUntil([reading('standby', {}, writes(40)), reading('witness', {}, writes(70))], at(0))).toBe(at(70));
    // A sample of an earlier release, which kept nothing of writes: all was well at it.
    expect(writesUntil([reading('standby', {}, { lastHealthy: sample(30) })], at(0))).toBe(at(30));
  });

  test('believes the rows of a standby that lacks log, and not a sample that says it had all', () => {
    const position = { lsn: '0/3000000', receivedLsn: '0/3000060', lastReplayAt: null, heartbeatAt: at(-9_000) };
    const all = sample(-500, { primaryLsn: '0/30000A0' });
    expect(estimateDataLoss(at(0), all, position)).toMatchObject({ atMostSeconds: 9, missingBytes: 0x40 });
    expect(estimateDataLoss(at(0), all, { ...position, heartbeatAt: null })).toMatchObject({ atMostSeconds: 0.5 });
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
      until: at(0),
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

  test('behind a fenced primary that answers is what the standby has not received, and no estimate', () => {
    const primary = { at: at(500), lsn: '0/30000A0' };
    const position = { lsn: '0/3000000', receivedLsn: '0/3000060', lastReplayAt: at(-80), heartbeatAt: at(-250) };
    expect(lossBehindFence(primary, position)).toMatchObject({
      until: at(500),
      atMostSeconds: 0.58,
      missingBytes: 0x40,
      primaryLivedOn: false,
    });
    expect(lossBehindFence(primary, { ...position, receivedLsn: '0/30000A0' })).toMatchObject({
      atMostSeconds: 0,
      missingBytes: 0,
      bounds: [{ source: 'fenced-primary' }],
    });
    // A replica that was started again streams from the start of a segment, and has replayed more than that from its own disk.
    expect(lossBehindFence(primary, { ...position, lsn: '0/30000A0' })).toMatchObject({ missingBytes: 0 });
    expect(lossBehindFence(primary, { ...position, lsn: '0/30000A0', receivedLsn: null })).toMatchObject({
      missingBytes: 0,
    });
  });

  test('log positions are 64-bit numbers in two halves', () => {
    expect(lsnDifference('0/FFFFFFFF', '1/0')).toBe(1);
    expect(lsnDifference('1/0', '0/FFFFFFFF')).toBe(-1);
    expect(formatLsn(parseLsn('16/b374d848'))).toBe('16/B374D848');
    expect(() => parseLsn('3000060')).toThrow('is not a log position');
  });
});
