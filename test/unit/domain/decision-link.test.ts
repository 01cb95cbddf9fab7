import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type LinkClaims, readLink, signLink } from '#domain/decision-link.ts';

const KEY = 'k'.repeat(64);
const NOW = '2026-11-24T03:00:00.000Z';
const claims: LinkClaims = {
  execution: 'arn:aws:states:us-west-2:123456789012:execution:regional-failover:one',
  approver: 'john-doe',
  choice: 'approve',
  expiresAt: '2026-11-24T03:30:00.000Z',
  nonce: 'a-word-of-sixteen-or-more',
};

describe('a decision link', () => {
  test('says what it was signed with', () => {
    expect(readLink(signLink(claims, KEY), KEY, NOW)).toEqual({ claims });
  });

  test('is over when its time is over', () => {
    const link = signLink(claims, KEY);
    expect(readLink(link, KEY, '2026-11-24T03:29:59.999Z')).toEqual({ claims });
    expect(readLink(link, KEY, claims.expiresAt)).toEqual({ wrong: 'expired' });
  });

  test('of another key is not genuine', () => {
    expect(readLink(signLink(claims, 'x'.repeat(64)), KEY, NOW)).toEqual({ wrong: 'not-genuine' });
  });

  test('with any character changed, added or taken away is not genuine', () => {
    const link = signLink(claims, KEY);
    fc.assert(
      fc.property(fc.nat(link.length - 1), fc.constantFrom('A', 'b', '_', '.', '='), (place, character) => {
        const changed = `${link.slice(0, place)}${character}${link.slice(place + 1)}`;
        if (changed !== link) expect(readLink(changed, KEY, NOW)).toEqual({ wrong: 'not-genuine' });
        expect(readLink(`${link}${character}`, KEY, NOW)).toEqual({ wrong: 'not-genuine' });
        expect(readLink(link.slice(0, place), KEY, NOW)).toEqual({ wrong: 'not-genuine' });
      }),
    );
  });

  test('made of other claims and the old signature is not genuine', () => {
    const [, signature] = signLink(claims, KEY).split('.');
    const other = Buffer.from(JSON.stringify({ ...claims, approver: 'jane-smith' })).toString('base64url');
    expect(readLink(`${other}.${signature}`, KEY, NOW)).toEqual({ wrong: 'not-genuine' });
  });

  test.each(['', '.', 'x', 'a.b.c'])('is not %j', (text) => {
    expect(readLink(text, KEY, NOW)).toEqual({ wrong: 'not-genuine' });
  });
});
