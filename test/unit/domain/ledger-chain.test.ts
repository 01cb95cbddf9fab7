import { describe, expect, test } from 'vitest';
import { executionName, incidentOfName } from '#domain/execution-name.ts';
import { compareIncidentIds, dayOf, incidentId, parseIncidentId } from '#domain/incident-id.ts';
import { canonicalJson, digest, inputDigest, link, NO_PREVIOUS, verifyChain } from '#domain/ledger-chain.ts';
import type { Transition } from '#domain/transition.ts';
import { at, newTransition } from './support.ts';

const chain = (length: number): Transition[] => {
  const entries: Transition[] = [];
  for (let index = 0; index < length; index += 1)
    entries.push(link(newTransition({ at: at(index) }), entries.at(-1) ?? null));
  return entries;
};

describe('canonical JSON', () => {
  test('is the same whatever the order of keys, and leaves out what is undefined', () => {
    expect(canonicalJson({ b: [1, undefined, { y: null, x: undefined }], a: 'ä"' })).toBe(
      '{"a":"ä\\"","b":[1,null,{"y":null}]}',
    );
    expect(digest({ a: 1, b: 2 })).toBe(digest({ b: 2, a: 1 }));
    expect(digest({ a: 1 })).not.toBe(digest({ a: '1' }));
    expect(inputDigest({ b: 1, a: 2 })).toBe('d3626ac30a87e6f7a6428233b3c68299976865fa5508e4267c5415c76af7a772');
  });
  test.each([Number.NaN, Number.POSITIVE_INFINITY, 1n, () => 1])('refuses %s', (value) => {
    expect(() => canonicalJson({ value })).toThrow(RangeError);
  });
});

describe('the chain', () => {
  test('begins with zeros and counts from 1', () => {
    expect(chain(2).map(({ seq, previous }) => [seq, previous === NO_PREVIOUS])).toEqual([
      [1, true],
      [2, false],
    ]);
    const whole = chain(3);
    expect(verifyChain(whole)).toEqual({ intact: true, entries: 3, head: whole[2]?.hash });
    expect(verifyChain([])).toMatchObject({ intact: true, entries: 0 });
  });

  test('names the first entry that is wrong', () => {
    const entries = chain(4);
    expect(verifyChain(entries.toSpliced(1, 1))).toMatchObject({
      intact: false,
      seq: 2,
      reason: 'entry 2 is missing: found 3',
    });
    const changed = entries.map((entry) => (entry.seq === 3 ? { ...entry, actor: 'nobody' } : entry));
    expect(verifyChain(changed)).toMatchObject({
      intact: false,
      seq: 3,
      reason: expect.stringContaining('was changed'),
    });
    const { hash: _hash, ...rest } = { ...(entries[2] as Transition), actor: 'nobody' };
    const rehashed = entries.with(2, { ...rest, hash: digest(rest) });
    expect(verifyChain(rehashed)).toMatchObject({ intact: false, seq: 4, reason: 'entry 4 does not follow entry 3' });
  });

  test('finds a cut end only against a head that was kept elsewhere', () => {
    const entries = chain(3);
    const head = entries[2]?.hash ?? '';
    expect(verifyChain(entries.slice(0, 2)).intact).toBe(true);
    expect(verifyChain(entries.slice(0, 2), head)).toMatchObject({ intact: false, seq: 3 });
    expect(verifyChain(entries, head).intact).toBe(true);
  });
});

describe('names', () => {
  test('an incident id has the day and the number', () => {
    expect(incidentId(dayOf(at(0)), 1)).toBe('INC-2026-1123-001');
    expect(parseIncidentId('INC-2026-1123-001')).toEqual({ day: '2026-11-23', number: 1 });
    for (const none of ['INC-2026-1123-000', 'INC-2026-1123-01', 'inc-2026-1123-001', ''])
      expect(parseIncidentId(none)).toBeNull();
    expect(() => incidentId('23.11.2026', 1)).toThrow(RangeError);
    expect(() => incidentId('2026-11-23', 0)).toThrow(RangeError);
  });

  test('a thousand in a day are still in order', () => {
    expect(compareIncidentIds('INC-2026-1123-1000', 'INC-2026-1123-999')).toBeGreaterThan(0);
    expect(['x', 'INC-2026-1124-001', 'INC-2026-1123-002'].sort(compareIncidentIds).at(-1)).toBe('x');
  });

  test('an execution is named by plan and incident, and read back', () => {
    const name = executionName('svg-ai', 'INC-2026-1123-001');
    expect(name).toBe('svg-ai-INC-2026-1123-001');
    expect(incidentOfName('svg-ai', name)).toBe('INC-2026-1123-001');
    expect(incidentOfName('svg-ai', 'by-hand')).toBeNull();
    expect(() => executionName('svg ai', 'INC-2026-1123-001')).toThrow(RangeError);
    expect(() => executionName('svg-ai', 'now')).toThrow(RangeError);
  });
});
