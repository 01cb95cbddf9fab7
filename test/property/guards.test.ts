import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkGuards, GUARDS, type GuardFacts, type Looked, refusalOf, standingRefusal } from '#domain/guards.ts';
import { isOverridable, OVERRIDABLE_IDS, type Override } from '#domain/override.ts';
import { examplePlan } from '#test/support/fakes/plan.ts';
import { parseRequestInput } from '../../functions/shared/request-input.ts';

const plan = examplePlan();
const BASE = Date.parse('2026-11-23T10:00:00.000Z');
const instant = fc.integer({ min: -7_200_000, max: 7_200_000 }).map((ms) => new Date(BASE + ms).toISOString());
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const looked = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<Looked<T>> =>
  fc.oneof({ weight: 4, arbitrary: value.map((one) => ({ value: one })) }, fc.constant({ error: 'throttled' }));
const order = instant.map((at) => ({ by: 'jane', reason: 'r', at }));

const anyFacts: fc.Arbitrary<GuardFacts> = fc.record({
  now: instant,
  startedAt: instant,
  trigger: fc.constantFrom('alarm', 'person'),
  execution: fc.constantFrom('arn:me', null),
  orders: looked(
    fc.record({
      automationOff: maybe(order),
      maintenance: maybe(fc.tuple(order, instant).map(([one, until]) => ({ ...one, until }))),
    }),
  ),
  claim: looked(
    maybe(
      fc.record({
        holder: fc.constantFrom(null, 'arn:me', 'arn:other'),
        actor: fc.constantFrom(null, 'alarm:a', 'person:jane'),
        takenAt: maybe(instant),
        actingAt: maybe(instant),
        releasedAt: maybe(instant),
      }),
    ),
  ),
  readings: looked(
    fc.array(
      fc.record({
        plan: fc.constant('svg-ai'),
        vantage: fc.constantFrom('standby', 'witness'),
        at: instant,
        signals: fc.constant([]),
        badSince: maybe(instant),
        serviceBadSince: maybe(instant),
        writes: maybe(fc.record({ until: instant, refused: fc.boolean() })),
        lastHealthy: maybe(
          fc.tuple(instant, fc.integer({ min: 0, max: 9_000 })).map(([at, lagSeconds]) => ({
            at,
            lagSeconds,
            primaryLsn: null,
            replicaLsn: null,
            heartbeatAt: null,
          })),
        ),
      }),
      { maxLength: 3 },
    ),
  ),
  standby: looked(
    fc.record({
      id: fc.constant('svg-ai-db-replica'),
      status: fc.constantFrom('available', 'backing-up', 'modifying'),
      replicaOf: fc.constantFrom(null, 'svg-ai-db', 'other-db'),
    }),
  ),
  workloads: looked(fc.constantFrom([], [{ name: 'svg-ai-api', wanted: 0 }], [{ name: 'svg-ai-api', wanted: 3 }])),
  room: looked(
    fc.record({
      nodes: fc.array(
        fc.record({
          name: fc.constant('n'),
          cpuMillis: fc.integer({ min: -500, max: 2_000 }),
          memoryBytes: fc.integer({ min: -500, max: 2_000 }),
          pods: fc.integer({ min: -1, max: 5 }),
        }),
        { maxLength: 3 },
      ),
      quotas: fc.array(fc.record({ name: fc.constant('q'), pods: fc.integer({ min: -1, max: 5 }) }), { maxLength: 2 }),
      requests: fc.constant([{ deployment: 'svg-ai-api', cpuMillis: 500, memoryBytes: 500 }]),
    }),
  ),
  autoscalers: looked(
    fc.array(
      fc.record({
        name: fc.constant('hpa'),
        deployment: fc.constantFrom('svg-ai-api', 'other'),
        min: fc.integer({ min: 1, max: 4 }),
        max: fc.integer({ min: 1, max: 9 }),
        minBefore: maybe(fc.constant(1)),
      }),
      { maxLength: 2 },
    ),
  ),
  traffic: looked(
    fc.constantFrom([], [{ name: 'api.svg-ai.example', target: 'svg-ai-east', side: 'primary' as const }]),
  ),
  promotedBefore: fc.boolean(),
});

/** Also of guards that nobody may override: a forged request. */
const anyOverrides: fc.Arbitrary<readonly Override[]> = fc
  .subarray(GUARDS.map(({ id }) => id))
  .map((ids) => ids.map((guard) => ({ guard: guard as Override['guard'], by: 'jane', reason: 'r' })));

const RUNS = { numRuns: 2_000 };

/** What each guard looks at: where that is not known, it does not pass. */
const LOOKS_AT: Readonly<Record<string, readonly (keyof GuardFacts)[]>> = {
  'GU-010': ['orders'],
  'GU-020': ['orders'],
  'GU-030': ['claim'],
  'GU-040': ['claim'],
  'GU-110': ['standby'],
  'GU-120': ['standby'],
  'GU-130': ['standby'],
  'GU-210': ['readings'],
  'GU-310': ['workloads'],
  'GU-320': ['room', 'readings', 'workloads'],
  'GU-330': ['room', 'readings', 'workloads'],
  'GU-340': ['autoscalers', 'readings'],
  'GU-410': ['traffic'],
};

describe('guards', () => {
  test('every input has exactly one answer of each guard, and one outcome', () => {
    fc.assert(
      fc.property(anyFacts, anyOverrides, (facts, overrides) => {
        const reasons = checkGuards(plan, facts, overrides);
        expect(reasons.map(({ id }) => id)).toEqual(GUARDS.map(({ id }) => id));
        for (const { state, reason, passed, override } of reasons) {
          expect(['passes', 'refuses', 'unknown']).toContain(state);
          expect(reason.length).toBeGreaterThan(0);
          expect(passed).toBe(state === 'passes' || override !== null);
        }
        expect(refusalOf(reasons) === null).toBe(reasons.every(({ passed }) => passed));
      }),
      RUNS,
    );
  });

  test('what could not be looked up never passes', () => {
    expect(Object.keys(LOOKS_AT)).toEqual(GUARDS.map(({ id }) => id));
    fc.assert(
      fc.property(anyFacts, (facts) => {
        for (const { id, state } of checkGuards(plan, facts)) {
          const blind = LOOKS_AT[id]?.some((what) => 'error' in (facts[what] as object));
          if (blind) expect([id, state]).toEqual([id, 'unknown']);
          else if (id !== 'GU-210') expect(state).not.toBe('unknown');
        }
      }),
      RUNS,
    );
  });

  test('an override helps only a guard of the closed list, and changes no other answer', () => {
    fc.assert(
      fc.property(anyFacts, anyOverrides, (facts, overrides) => {
        const [plain, overridden] = [checkGuards(plan, facts), checkGuards(plan, facts, overrides)];
        for (const [index, one] of plain.entries()) {
          const other = overridden[index];
          const asked = isOverridable(one.id) && overrides.some(({ guard }) => guard === one.id);
          expect(other?.state).toBe(one.state);
          if (!asked) expect(other).toEqual(one);
          else if (one.state !== 'passes') expect(other?.override).not.toBeNull();
        }
      }),
      RUNS,
    );
  });

  test('two at once never pass the claim, and an alarm never while it is switched off', () => {
    fc.assert(
      fc.property(anyFacts, anyOverrides, (facts, overrides) => {
        const passes = (id: string) => checkGuards(plan, facts, overrides).some((one) => one.id === id && one.passed);
        const claim = 'value' in facts.claim ? facts.claim.value : null;
        const acts = claim?.holder === 'arn:other' && (claim.actingAt !== null || claim.actor !== 'alarm:a');
        if (acts) expect(passes('GU-030')).toBe(false);
        const off = 'value' in facts.orders && facts.orders.value.automationOff !== null;
        if (off && facts.trigger === 'alarm') {
          expect(passes('GU-010')).toBe(false);
          expect(standingRefusal(plan, facts)).not.toBeNull();
        }
      }),
      RUNS,
    );
  });

  test('any input of an execution is a request or is refused by name', () => {
    const anyKey = fc.constantFrom(
      'plan',
      'reason',
      'mode',
      'by',
      'overrides',
      'approval',
      'decideWithin',
      'trigger',
      'x',
    );
    const anyInput = fc.oneof(
      fc.anything(),
      fc.dictionary(anyKey, fc.oneof(fc.constantFrom('svg-ai', 'failover', 'required', '10m'), fc.jsonValue())),
      fc.record({
        plan: fc.constant('svg-ai'),
        reason: fc.constant('r'),
        mode: fc.constant('failover'),
        by: fc.constantFrom('jane', ''),
        overrides: fc.dictionary(
          fc.constantFrom(...OVERRIDABLE_IDS, 'GU-030', '__proto__'),
          fc.constantFrom('why', ''),
        ),
      }),
    );
    fc.assert(
      fc.property(anyInput, (input) => {
        try {
          const { overrides = {} } = parseRequestInput(input) as { overrides?: Record<string, string> };
          for (const [id, reason] of Object.entries(overrides)) {
            expect(isOverridable(id)).toBe(true);
            expect(reason).not.toBe('');
          }
        } catch (error) {
          expect(error).toMatchObject({ name: 'InvalidRequestError', message: expect.not.stringContaining('\n') });
        }
      }),
      RUNS,
    );
  });
});
