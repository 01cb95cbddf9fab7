import { describe, expect, test } from 'vitest';
import { approvalNeed, personOf } from '#domain/approval.ts';
import { approvalMessage } from '#domain/approval-message.ts';
import { lossBehindFence } from '#domain/data-loss.ts';
import { sayFinding } from '#domain/finding.ts';
import type { RecoveryRequest } from '#domain/request.ts';
import type { SeverityLevel } from '#domain/severity.ts';
import type { Json } from '#domain/side.ts';
import { checkPlan } from '#src/plan-file.ts';
import { at, examplePlan, incident, PLAN_TEXT, record, recovery, TODAY } from './support.ts';

const plan = examplePlan();
const GRAVEST = { level: 1, seen: 1 } as const;
const request = (more: Partial<RecoveryRequest> = {}): RecoveryRequest => ({
  plan: 'svg-ai',
  mode: 'failover',
  reason: 'it is down',
  trigger: 'alarm',
  actor: 'alarm:service-unhealthy',
  incident,
  ...more,
});

describe('whether people have to approve', () => {
  test.each([
    ['alarm', 1, false, 'outage-seen-by-alarm'],
    ['person', 1, false, 'outage-reported-by-a-person'],
    ['alarm', 2, true, 'anything-else'],
    ['person', 4, true, 'anything-else'],
  ] as const)('started by %s at severity %i: %s, by %s', (trigger, level, required, policy) => {
    expect(approvalNeed(plan, request({ trigger }), { level, seen: level })).toMatchObject({ required, policy });
  });

  test('a severity that a person gives adds an approval, and takes none away', () => {
    const need = (level: SeverityLevel, seen: SeverityLevel) =>
      approvalNeed(plan, request({ trigger: 'person' }), { level, seen });
    expect(need(3, 1)).toMatchObject({ required: true, policy: 'anything-else' });
    expect(need(3, 1).reason).toContain('(started by a person, severity 3 as given, 1 as seen)');
    expect(need(1, 2)).toMatchObject({ required: true, policy: 'anything-else' });
  });

  test('a request adds an approval and shortens its time, and cannot lengthen it', () => {
    const need = (withinSeconds: number | null) =>
      approvalNeed(plan, request({ approval: { withinSeconds } }), GRAVEST);
    expect(need(null)).toMatchObject({ required: true, firstSeconds: 600, restSeconds: 1_200, needed: 2 });
    expect(need(90)).toMatchObject({ firstSeconds: 30, restSeconds: 60 });
    expect(need(2)).toMatchObject({ firstSeconds: 1, restSeconds: 1 });
    expect(need(86_400)).toMatchObject({ firstSeconds: 600, restSeconds: 1_200 });
    expect(need(90).reason).toContain('2 of 4 within 1m30s');
  });

  test('a plan without a policy that fits asks', () => {
    const approval = { ...plan.approval, policies: [] };
    expect(approvalNeed({ approval }, request(), GRAVEST)).toMatchObject({ required: true, policy: 'none' });
  });

  test('people are known by id or name', () => {
    expect(personOf(plan, 'john-doe')?.name).toBe('John Doe');
    expect(personOf(plan, ' john DOE ')?.id).toBe('john-doe');
    expect(personOf(plan, 'John')).toBeNull();
  });
});

test('the request says diagnosis, loss, positions, fence, cost, and what each answer does', () => {
  const position = {
    lsn: '0/3000060',
    timeline: 1,
    receivedLsn: '0/3000060',
    heartbeatAt: at(-1_000),
    lastReplayAt: null,
  };
  const fence = {
    verified: false,
    methods: [{ method: 'database-role', outcome: 'unreachable', detail: 'no answer in 5000 ms' }],
    positions: { primary: null, standby: position },
  };
  const lag = 'lag 7200 s at 2026-11-23T09:58:00.000Z, so at most 2h2m of plan time can be lost';
  const overrides = [
    { guard: 'GU-040', by: 'jane', reason: 'another cause' },
    { guard: 'GU-210', by: 'jane', reason: 'accepted by the board' },
  ];
  const guards = [
    { id: 'GU-130', state: 'passes', passed: true, reason: 'it is available', override: null },
    { id: 'GU-210', state: 'refuses', passed: true, reason: lag, override: overrides[1] ?? null },
  ];
  const said: Readonly<Record<string, { readonly result: Json }>> = {
    AcceptRequest: { result: { severity: 2, actor: 'person:jane', overrides } },
    CheckGuards: { result: { guards } },
  };
  const entries = [
    ...recovery('FencePrimary').map((entry) => ({ ...entry, ...said[entry.kind === 'left' ? entry.state : ''] })),
    ...record([1_200, 'FencePrimary', 'entered'], [1_290, 'FencePrimary', 'left', { result: fence as never }]),
  ];
  const text = approvalMessage({ plan, execution: 'arn:run', request: request(), entries, now: at(3_600_000) });
  expect(text).toContain('Promote svg-ai-db-replica in us-west-2');
  expect(text).toContain('Asked by: alarm:service-unhealthy: it is down');
  expect(text).toContain('Diagnosis: region-down.');
  expect(text).toContain('Severity: 2 (given by person:jane; by what was seen: 1 (SV-110 complete service outage))');
  expect(text).toContain(`Replication lag at the last sample before the incident: ${lag}\n`);
  expect(text).toContain('\nOverridden: GU-040 overridden by jane: another cause\n');
  expect(text).toContain(`\nOverridden: GU-210 overridden by jane: accepted by the board (${lag})\n`);
  expect(text).toContain('Primary: does not answer');
  expect(text).toContain('Standby: 0/3000060 on timeline 1, received 0/3000060, heartbeat 2026-11-23T09:59:59.000Z');
  expect(text).toMatch(
    /Fence: NOT VERIFIED: [^\n]*reconciled by hand\n {2}database-role: unreachable \(no answer in 5000 ms\)/,
  );
  expect(text).toContain('Cost so far: 1000.00 USD (1000 an hour) after 1 h; 3h of the RTO left');
  expect(text).toContain('continuity approve arn:run --as');
  expect(text).toContain('continuity decline arn:run --as');
});

test('the request says what came of the wait for the replica of a primary that answered', () => {
  const text = (catchUp: object, dataLoss: object, positions: object = { primary, standby }): string => {
    const result = { verified: true, verifiedBy: 'database-role', methods: [], positions, catchUp, dataLoss } as never;
    const left = record([1_200, 'FencePrimary', 'entered'], [1_290, 'FencePrimary', 'left', { result }]);
    const before = {
      dataLoss: { until: at(0), atMostSeconds: 9, missingBytes: null, primaryLivedOn: true, bounds: [] },
    };
    const entries = [
      ...recovery('FencePrimary').map((entry) =>
        entry.state === 'CheckGuards' && entry.kind === 'left' ? { ...entry, result: before } : entry,
      ),
      ...left,
    ];
    return approvalMessage({ plan, execution: 'arn:run', request: request(), entries, now: at(3_600_000) });
  };
  const primary = { at: at(1_000), lsn: '0/3000100' };
  const standby = { lsn: '0/3000000', receivedLsn: '0/3000100', lastReplayAt: at(-2_000), heartbeatAt: null };
  const whole = text({ missingBytes: 0, waitedMs: 2_100 }, lossBehindFence(primary, standby));
  expect(whole).toContain(
    'Data that can be lost: none: the standby has all that the fenced primary had; the RPO is 1h\n',
  );
  expect(whole).toContain('; it has all that the fenced primary had, after 2.1 s\n');
  const short = text(
    { missingBytes: 64, waitedMs: 8_000 },
    lossBehindFence(primary, { ...standby, receivedLsn: '0/30000C0' }),
  );
  expect(short).toContain('Data that can be lost: writes of at most the last 3 s that the primary took; 64 bytes');
  expect(short).toContain(
    '; it lacks 64 bytes of log that the fenced primary has, after 8 s; they are lost when it is',
  );
  const unsaid = text({ missingBytes: null, waitedMs: 8_000 }, lossBehindFence({ at: at(1_000), lsn: null }, standby), {
    primary: null,
    standby,
  });
  expect(unsaid).toContain(
    'Data that can be lost: writes of at most the last 3 s that the primary took; the RPO is 1h\n',
  );
  expect(unsaid).toContain(
    '; the fenced primary did not say where it stands, so that what it lacks is not known, after 8 s\n',
  );
});

describe('the plan', () => {
  const findings = (from: string, to: string): string => {
    expect(PLAN_TEXT).toContain(from);
    return checkPlan(PLAN_TEXT.replace(from, to), 'p.yml', TODAY).findings.map(sayFinding).join('\n');
  };
  test.each([
    ['  needed: 2\n', '  needed: 5\n', 'approval.needed is 5, but there are only 4 approvers; allowed: 1 to 4'],
    [
      'approvers: [john-doe,',
      'approvers: [jon-doe,',
      'approval.approvers[0] is "jon-doe", which is none of approval.people',
    ],
    ['escalateTo: [carol-davis,', 'escalateTo: [john-doe,', 'approval.escalateTo[0] is "john-doe"'],
    [
      'name: Jane Smith, email',
      'name: Jane Smythe, email',
      'approval.people[1].name is "Jane Smythe", who is no contact',
    ],
    ['escalateAfter: 10m', 'escalateAfter: 30m', 'approval.escalateAfter is 30m, not before the time-out'],
    ['  timeout: 30m', '  timeout: 2h', 'approval.timeout is 2h; allowed: at most 1h'],
    ['onTimeout: stop', 'onTimeout: promote', 'approval.onTimeout is "promote"; allowed: stop'],
    ['    - { id: anything-else, approval: required }\n', '', 'approval.policies[1] does not fit everything'],
  ])('%j -> %j', (from, to, expected) => {
    expect(findings(from, to)).toContain(expected);
  });
});
