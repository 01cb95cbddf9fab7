import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WARN_AT, warningAt } from '#domain/clocks.ts';
import { impactOf } from '#domain/cost.ts';
import { formatDuration, parseDuration } from '#domain/durations.ts';
import { executionName, incidentOfName } from '#domain/execution-name.ts';
import { compareIncidentIds, incidentId, parseIncidentId } from '#domain/incident-id.ts';
import { formatLsn, lsnDifference, parseLsn } from '#domain/lsn.ts';
import { nearest } from '#domain/nearest.ts';
import { severityOf } from '#domain/severity.ts';
import { fill, placeholdersOf, TEMPLATE_FIELDS, type TemplateFacts } from '#domain/template-fields.ts';
import { checkPlan } from '#src/plan-file.ts';
import { examplePlan, PLAN_TEXT } from '#test/unit/domain/support.ts';

const position = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const day = fc
  .date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) })
  .map((date) => date.toISOString().slice(0, 10));
const anyId = fc.record({ day, number: fc.integer({ min: 1, max: 999_999 }) });

describe('values', () => {
  test('durations round trip', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (seconds) => {
        expect(parseDuration(formatDuration(seconds))).toBe(seconds);
      }),
    );
  });

  test('log positions round trip, and differences add up', () => {
    fc.assert(
      fc.property(position, position, (a, b) => {
        expect(parseLsn(formatLsn(a))).toBe(a);
        expect(lsnDifference(formatLsn(a), formatLsn(b))).toBe(Number(b - a));
        expect(lsnDifference(formatLsn(a), formatLsn(b)) + lsnDifference(formatLsn(b), formatLsn(a))).toBe(0);
      }),
    );
  });

  test('incident ids round trip and are in the order of day and number; up to 999 a day, in the order of text', () => {
    fc.assert(
      fc.property(anyId, anyId, (a, b) => {
        const [one, other] = [incidentId(a.day, a.number), incidentId(b.day, b.number)];
        expect(parseIncidentId(one)).toEqual(a);
        const expected = a.day === b.day ? Math.sign(a.number - b.number) : a.day < b.day ? -1 : 1;
        expect(Math.sign(compareIncidentIds(one, other))).toBe(expected);
        if (Math.max(a.number, b.number) <= 999) expect(one < other ? -1 : one > other ? 1 : 0).toBe(expected);
      }),
    );
  });

  test('the longest plan id and any incident give a name that Step Functions takes, and it is read back', () => {
    fc.assert(
      fc.property(anyId, fc.stringMatching(/^[a-z][a-z0-9-]{1,30}$/), (id, plan) => {
        const incident = incidentId(id.day, id.number);
        expect(executionName(plan, incident)).toMatch(/^[0-9A-Za-z_-]{1,80}$/);
        expect(incidentOfName(plan, executionName(plan, incident))).toBe(incident);
      }),
    );
  });

  test('a warning never falls as the use grows', () => {
    fc.assert(
      fc.property(fc.nat(1_000), fc.nat(1_000), fc.integer({ min: 1, max: 500 }), (a, b, budget) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)];
        expect(warningAt(more, budget) ?? 0).toBeGreaterThanOrEqual(warningAt(less, budget) ?? 0);
        expect([null, ...WARN_AT]).toContain(warningAt(a, budget));
      }),
    );
  });

  test('a longer downtime never costs less, and every downtime has a row', () => {
    const plan = examplePlan();
    fc.assert(
      fc.property(fc.nat(200_000), fc.nat(200_000), (a, b) => {
        const [less, more] = [impactOf(plan, Math.min(a, b)), impactOf(plan, Math.max(a, b))];
        expect(more?.loss).toBeGreaterThanOrEqual(less?.loss ?? Number.POSITIVE_INFINITY);
      }),
    );
  });

  test('every evidence has one severity, and more harm never lowers it', () => {
    const maybe = fc.option(fc.boolean());
    const evidence = fc.record({
      outage: maybe,
      dataDamaged: maybe,
      securityBreach: maybe,
      usersAffected: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
      singlePointOfFailure: maybe,
      disruption: maybe,
    });
    fc.assert(
      fc.property(
        evidence,
        fc.constantFrom('outage', 'dataDamaged', 'securityBreach', 'singlePointOfFailure', 'disruption'),
        (all, key) => {
          expect(severityOf({ ...all, [key]: true }).level).toBeLessThanOrEqual(severityOf(all).level);
        },
      ),
    );
  });

  test('a template is filled whole: no placeholder is left, and every fact goes in as it is', () => {
    const names = Object.keys(TEMPLATE_FIELDS);
    const facts = Object.fromEntries(names.map((name) => [name, `<${name} $& {{x}}>`])) as unknown as TemplateFacts;
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...names), { maxLength: 6 }), (fields) => {
        const template = fields.map((name) => `{{${name}}}`).join(' ');
        expect(placeholdersOf(template)).toEqual(fields);
        expect(fill(template, facts)).toBe(fields.map((name) => `<${name} $& {{x}}>`).join(' '));
      }),
    );
  });

  test('a known word is its own nearest, and one slip away it is still found', () => {
    const words = ['readPath', 'writePath', 'healthPath', 'port', 'record'];
    fc.assert(
      fc.property(fc.constantFrom(...words), fc.nat(10), (word, place) => {
        expect(nearest(word, words)).toBe(word);
        const at = place % word.length;
        expect(nearest(word.slice(0, at) + word.slice(at + 1), words)).toBe(word);
      }),
    );
  });
});

describe('the check of a plan', () => {
  test('takes any text and never throws: a plan or at least one finding, each with a message', () => {
    const lines = PLAN_TEXT.split('\n');
    const damaged = fc
      .tuple(
        fc.nat(lines.length - 1),
        fc.oneof(fc.constant(''), fc.string(), fc.constantFrom('  - x', 'a: *b', '\t', '? {', '!!x y', 'rto: .nan')),
      )
      .map(([place, line]) => lines.with(place, line).join('\n'));
    fc.assert(
      fc.property(fc.oneof({ weight: 5, arbitrary: damaged }, fc.string()), (text) => {
        const checked = checkPlan(text, 'p.yml', null);
        if (!('plan' in checked)) expect(checked.findings.some(({ level }) => level === 'error')).toBe(true);
        expect(checked.findings.every(({ wrong }) => wrong.length > 0)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});
