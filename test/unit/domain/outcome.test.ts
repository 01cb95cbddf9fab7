import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { affectedByRegion, costOf, impactOf, lossPerHour } from '#domain/cost.ts';
import type { DiagnosisOutcome } from '#domain/diagnosis.ts';
import { MILESTONES } from '#domain/milestones.ts';
import { type Failure, outcomeOf } from '#domain/outcome.ts';
import { OUTAGE, severityOf } from '#domain/severity.ts';
import type { Json } from '#domain/side.ts';
import { DRY_RUN_STEPS, ENDING_STEPS, FORCEABLE, RECOVERY_STEPS, REFUSALS, SIDE_STEPS } from '#domain/steps.ts';
import { at, examplePlan, incident, record, recovery } from './support.ts';

const plan = examplePlan();
const execution = 'arn:aws:states:us-west-2:123456789012:execution:regional-failover:svg-ai-INC-2026-1123-001';
const outcome = (entries: ReturnType<typeof recovery>, failure: Failure | null = null) =>
  outcomeOf({ plan, execution, entries, incident, failure, now: at(9_000) });

describe('outcome', () => {
  test('recovered: everything is done, each step with its time', () => {
    const whole = outcome(recovery());
    expect(whole).toMatchObject({ result: 'recovered', notDone: [], failure: null });
    expect(whole.done).toHaveLength(RECOVERY_STEPS.length);
    expect(whole.steps.every(({ status, ms }) => status === 'done' && ms === 90)).toBe(true);
    expect(whole.next.join('\n')).toContain('Keep svg-ai-db in us-east-1 as it is');
  });

  test('failed in the middle: says what was done and what was not', () => {
    const entries = [
      ...recovery('ConfirmPromotion'),
      ...record(
        [2_000, 'ConfirmPromotion', 'entered'],
        [2_100, 'ConfirmPromotion', 'failed', { error: { name: 'NotInTimeError', message: 'too late' } }],
        [2_050, 'ScaleUpWorkloads', 'entered'],
      ),
    ];
    const part = outcome(entries, { state: 'ConfirmPromotion', error: 'NotInTimeError', cause: 'too late' });
    expect(part.result).toBe('failed');
    expect(part.done).toEqual(RECOVERY_STEPS.slice(0, 6).map(({ label }) => label));
    expect(part.notDone[0]).toBe('confirm the promotion');
    const status = Object.fromEntries(part.steps.map((step) => [step.state, step.status]));
    expect(status).toMatchObject({
      ConfirmPromotion: 'failed',
      ScaleUpWorkloads: 'interrupted',
      ShiftTraffic: 'not-done',
    });
    expect(part.next.join('\n')).toContain('never lift the fence');
    expect(part.clocks?.rto.until).toBeNull();
  });

  test('a step that a person skipped is skipped, not done, and changed nothing; every order is named', () => {
    const entries = [
      ...recovery('ScaleUpWorkloads'),
      ...record(
        [
          2_000,
          'Control',
          'control',
          { result: { order: 'skip', by: 'jane', reason: 'enough', state: 'ScaleUpWorkloads' } },
        ],
        [2_010, 'ScaleUpWorkloads', 'entered'],
        [2_020, 'ScaleUpWorkloads', 'left', { result: { skipped: { by: 'jane' }, consequence: 'as it is' } }],
      ),
    ];
    const part = outcome(entries);
    expect(part.steps.find(({ state }) => state === 'ScaleUpWorkloads')?.status).toBe('skipped');
    expect(part.notDone).toContain('scale up the workloads');
    expect(part.done).not.toContain('scale up the workloads');
    expect(part.orders).toEqual([
      { order: 'skip', by: 'jane', reason: 'enough', state: 'ScaleUpWorkloads', at: at(2_000) },
    ]);
    const only = outcome(
      entries.filter(({ state }) => state === 'ScaleUpWorkloads'),
      {
        state: 'VerifyStandby',
        error: 'AbortedError',
        cause: '',
      },
    );
    expect(only.result).toBe('refused');
  });

  test('what can be forced confirms something, and never what a writable database or a healthy standby is proven by', () => {
    const labels = new Map(RECOVERY_STEPS.map((step) => [step.state, step]));
    for (const state of Object.keys(FORCEABLE)) expect(labels.get(state)).toMatchObject({ changes: false });
    for (const state of ['ConfirmPromotion', 'VerifyStandby', 'CheckGuards', 'AssessEvidence'])
      expect(FORCEABLE).not.toHaveProperty(state);
  });

  test('a fenced primary that was not replaced: how to lift the fence', () => {
    const part = outcome(recovery('PromoteReplica'), {
      state: 'PromoteReplica',
      error: 'PromotionRefusedError',
      cause: '',
    });
    expect(part.next.join('\n')).toContain('ALTER ROLE svg_ai_app LOGIN; continuity write-lease return svg-ai');
  });

  test.each([
    [
      'the fence stayed, for the standby may be on its way',
      [3_500, 'LiftFence', 'left', { result: { lifted: false, stays: 'svg-ai-db-replica is modifying' } }],
    ],
    [
      'an earlier run of the incident had let the promotion begin',
      [3_500, 'CheckGuards', 'left', { result: { promotedBefore: true } }],
    ],
  ] as const)('%s: nobody is told how to lift the fence', (_why, line) => {
    const failure = { state: 'RequestApproval', error: 'ApprovalDeclinedError', cause: '' };
    const { next } = outcome([...recovery('PromoteReplica'), ...record(line)], failure);
    expect(next.join('\n')).toContain('never lift the fence of svg-ai-db before you have looked');
    expect(next.join('\n')).not.toMatch(/ALTER ROLE|write-lease return|kubectl/);
  });

  describe('a fenced primary that was not replaced: how to bring its replicas back', () => {
    const failure = { state: 'PromoteReplica', error: 'PromotionRefusedError', cause: '' };
    const methods = (before: Record<string, number>): Json => ({
      methods: [{ method: 'workloads-to-zero', outcome: 'fenced', before }],
    });
    const fenced = (result: Json) =>
      recovery('PromoteReplica').map((entry) =>
        entry.state === 'FencePrimary' && entry.kind === 'left' ? { ...entry, result } : entry,
      );
    const nextOf = (entries: ReturnType<typeof recovery>) => outcome(entries, failure).next.join('\n');

    test('as many as there were, also when only the second fence reached it', () => {
      const five = / scale deployment\/svg-ai-api --replicas=5$/m;
      expect(nextOf(fenced(methods({ 'svg-ai-api': 5 })))).toMatch(five);
      const renewed = record([3_000, 'RenewFence', 'left', { result: methods({ 'svg-ai-api': 5 }) }]);
      expect(nextOf([...fenced(methods({})), ...renewed])).toMatch(five);
    });

    test('as many as the deployment keeps, where the record does not say', () => {
      const failed = record([3_000, 'FencePrimary', 'failed', { error: { name: 'FenceFailedError', message: '' } }]);
      const next = nextOf([...recovery('FencePrimary'), ...failed]);
      expect(next).toContain(
        `scale deployment/svg-ai-api --replicas="$(kubectl -n production get deployment/svg-ai-api -o jsonpath='{.metadata.annotations.continuity/replicas-before}')"`,
      );
    });

    test('none where there were none, or where the fence is lifted', () => {
      expect(nextOf(fenced(methods({ 'svg-ai-api': 0 })))).not.toContain('scale deployment');
      const lifted = record([3_000, 'LiftFence', 'left', { result: { lifted: true } }]);
      const next = nextOf([...fenced(methods({ 'svg-ai-api': 5 })), ...lifted]);
      expect(next).not.toContain('to lift the fence');
    });
  });

  test('unconfirmed: all was done but the word from outside, and what a person does about it', () => {
    const failure = { state: 'VerifyTraffic', error: 'NotConfirmedError', cause: 'the third site is silent' };
    const entries = [
      ...recovery('VerifyTraffic'),
      ...record([5_000, 'VerifyTraffic', 'entered'], [5_100, 'VerifyTraffic', 'left', { result: { done: false } }]),
    ];
    const part = outcome(entries, failure);
    expect(part).toMatchObject({ result: 'unconfirmed', notDone: ['verify from outside'] });
    expect(part.clocks?.rto.until).toBeNull();
    const next = part.next.join('\n');
    expect(next).toContain('look from outside whether clients arrive at api.svg-ai.example');
    expect(next).toContain('svg-ai-db-replica is the primary now: never lift the fence of svg-ai-db');
    expect(next).toContain(`continuity incident close ${incident.id} --reason`);
    expect(next).toContain('The third site (us-east-2) did not answer');
    expect(outcome(entries, { ...failure, error: 'NotInTimeError' }).result).toBe('failed');
  });

  test('refused: only when nothing was changed', () => {
    const failure = { state: 'CheckGuards', error: 'GuardsRefusedError', cause: 'GU-110: no' };
    expect(outcome(recovery('CheckGuards'), failure).result).toBe('refused');
    expect(outcome(recovery('PromoteReplica'), failure).result).toBe('failed');
    expect(outcomeOf({ plan, execution, entries: [], incident: null, failure, now: at(0) })).toMatchObject({
      result: 'refused',
      clocks: null,
      phases: null,
    });
  });

  test('a retry that went well is done; polls count as entries', () => {
    const entries = record(
      [0, 'FencePrimary', 'entered'],
      [10, 'FencePrimary', 'failed', { error: { name: 'UnreachableError', message: '' } }],
      [20, 'FencePrimary', 'entered'],
      [30, 'FencePrimary', 'left'],
    );
    const fence = outcome(entries).steps.find(({ state }) => state === 'FencePrimary');
    expect(fence).toMatchObject({ status: 'done', ms: 30, entries: 2, error: null });
  });
});

describe('the state machine', () => {
  const source = readFileSync(new URL('../../../state-machines/regional-failover.asl.json', import.meta.url), 'utf8');
  type States = Record<string, { Type: string; Branches?: { States: States }[] }>;
  const tasksOf = (states: States): string[] =>
    Object.entries(states).flatMap(([name, state]) => [
      ...(state.Type === 'Task' ? [name] : []),
      ...(state.Branches ?? []).flatMap((branch) => tasksOf(branch.States)),
    ]);

  test('has exactly the steps that the domain knows', () => {
    const tasks = tasksOf((JSON.parse(source) as { States: States }).States);
    const known = [...DRY_RUN_STEPS, ...RECOVERY_STEPS, ...SIDE_STEPS, ...ENDING_STEPS].map(({ state }) => state);
    expect([...tasks].sort()).toEqual([...known].sort());
    expect(MILESTONES.flatMap(({ state }) => state ?? []).every((state) => known.includes(state))).toBe(true);
  });

  test('asks for every outcome of the diagnosis that leads somewhere, and for no other', () => {
    const asked = [...source.matchAll(/\$assessment\.outcome = '([a-z-]+)'/g)].map((match) => match[1]);
    // Every other outcome ends the run: `none`, and `other-plan`, whose reason names the plan.
    expect(new Set(asked)).toEqual(new Set(['recover', 'more-evidence'] satisfies DiagnosisOutcome[]));
  });

  test('routes every refusal', () => {
    for (const name of REFUSALS) expect(source).toContain(name);
  });
});

describe('severity', () => {
  const nothing = {
    outage: null,
    dataDamaged: null,
    securityBreach: null,
    usersAffected: null,
    singlePointOfFailure: null,
    disruption: null,
  };
  test.each([
    [OUTAGE, 1, 'SV-110'],
    [{ ...nothing, dataDamaged: true, usersAffected: 0.01 }, 1, 'SV-120'],
    [{ ...nothing, usersAffected: 0.6 }, 2, 'SV-210'],
    [{ ...nothing, usersAffected: 0.25 }, 2, 'SV-210'],
    [{ ...nothing, usersAffected: 0.24 }, 3, 'SV-310'],
    [{ ...nothing, singlePointOfFailure: true }, 2, 'SV-220'],
    [{ ...nothing, disruption: true }, 3, 'SV-320'],
    [nothing, 4, 'SV-490'],
  ])('%j is %i by %s', (evidence, level, rule) => expect(severityOf(evidence)).toMatchObject({ level, rule }));
});

describe('cost', () => {
  test('a level costs once, however many of its services are out; a service may add its own', () => {
    expect(lossPerHour(plan, ['conversion-api', 'user-data'])).toBe(1_000);
    expect(lossPerHour(plan, ['documentation', 'nothing'])).toBe(0);
    const dearer = { ...plan, services: plan.services.map((one) => ({ ...one, revenueLossPerHour: 5 })) };
    expect(lossPerHour(dearer, ['conversion-api', 'documentation'])).toBe(1_010);
  });

  test.each([
    [0, 'low'],
    [3_599, 'low'],
    [3_600, 'medium'],
    [28_800, 'critical'],
    [999_999, 'severe'],
  ])('%i s of downtime are %s for customers', (seconds, customers) =>
    expect(impactOf(plan, seconds)?.customers).toBe(customers),
  );

  test('of half an hour', () => {
    const ids = affectedByRegion(plan).map(({ id }) => id);
    expect(ids[0]).toBe('conversion-api');
    expect(costOf(plan, ids, 1_800)).toMatchObject({
      revenueLoss: 500,
      currency: 'USD',
      tableLoss: 1_000,
      orMore: false,
    });
  });
});
