import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson, link, verifyChain } from '#domain/ledger-chain.ts';
import type { Json } from '#domain/side.ts';
import { type NewTransition, TRANSITION_KINDS, type Transition } from '#domain/transition.ts';

const text = fc.string({ maxLength: 12, unit: 'binary' });

const anyEntry: fc.Arbitrary<NewTransition> = fc.record({
  execution: fc.constant('arn:run'),
  plan: text,
  incident: fc.option(text),
  state: text,
  kind: fc.constantFrom(...TRANSITION_KINDS),
  at: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((date) => date.toISOString()),
  attempt: fc.nat(5),
  actor: text,
  inputDigest: text,
  result: fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
});

const anyChain = fc.array(anyEntry, { minLength: 1, maxLength: 8 }).map((entries) => {
  const chain: Transition[] = [];
  for (const entry of entries) chain.push(link(entry, chain.at(-1) ?? null));
  return chain;
});

const anyChainAndPlace = anyChain.chain((chain) => fc.tuple(fc.constant(chain), fc.nat(chain.length - 1)));
const field = fc.constantFrom<keyof Transition>(
  'execution',
  'plan',
  'state',
  'actor',
  'at',
  'inputDigest',
  'previous',
  'hash',
  'result',
);

describe('the chain of the record', () => {
  test('is intact as written, and after a journey through JSON', () => {
    fc.assert(
      fc.property(anyChain, (chain) => {
        expect(verifyChain(chain).intact).toBe(true);
        expect(verifyChain(JSON.parse(JSON.stringify(chain)) as Transition[]).intact).toBe(true);
      }),
    );
  });

  test('fails on any edit of any field', () => {
    fc.assert(
      fc.property(anyChainAndPlace, field, text, ([chain, place], key, value) => {
        const entry = chain[place] as Transition;
        if (canonicalJson(entry[key]) === canonicalJson(value)) return;
        expect(verifyChain(chain.with(place, { ...entry, [key]: value })).intact).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test('fails when an entry is taken out, doubled or swapped, wherever it is not the end', () => {
    fc.assert(
      fc.property(anyChainAndPlace, ([chain, place]) => {
        const entry = chain[place] as Transition;
        const next = chain[place + 1];
        expect(verifyChain(chain.toSpliced(place, 0, entry)).intact).toBe(false);
        if (next === undefined) return;
        expect(verifyChain(chain.toSpliced(place, 1)).intact).toBe(false);
        expect(verifyChain(chain.toSpliced(place, 2, next, entry)).intact).toBe(false);
      }),
    );
  });

  test('finds a cut end by its head', () => {
    fc.assert(
      fc.property(anyChainAndPlace, ([chain, place]) => {
        expect(verifyChain(chain.slice(0, place), chain.at(-1)?.hash).intact).toBe(false);
      }),
    );
  });
});
