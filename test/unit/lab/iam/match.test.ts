import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAction, isArn, isLike, isResource } from '#lab/iam/match.ts';

/** Wildcards by the plainest definition there is. */
const reference = (pattern: string, text: string): boolean => {
  if (pattern === '') return text === '';
  const [first, rest] = [pattern[0], pattern.slice(1)];
  if (first === '*') return reference(rest, text) || (text !== '' && reference(pattern, text.slice(1)));
  return text !== '' && (first === '?' || first === text[0]) && reference(rest, text.slice(1));
};

const pattern = fc
  .array(fc.constantFrom('a', 'b', '.', '*', '?', '+', ':', '/'), { maxLength: 8 })
  .map((all) => all.join(''));
const text = fc.array(fc.constantFrom('a', 'b', '.', '+', ':', '/'), { maxLength: 8 }).map((all) => all.join(''));

describe('wildcards', () => {
  it('mean what they say, and nothing else in a pattern means anything', () => {
    fc.assert(
      fc.property(pattern, text, (p, t) => {
        expect(isLike(p, t)).toBe(reference(p, t));
      }),
    );
  });

  it('tell case apart in values and resources, not in actions', () => {
    expect(isLike('Abc*', 'abcd')).toBe(false);
    expect(isResource('arn:aws:rds:r:1:db:Orders', 'arn:aws:rds:r:1:db:orders')).toBe(false);
    expect(isAction('RDS:promote*', 'rds:PromoteReadReplica')).toBe(true);
    expect(isAction('rds:Promote', 'rds:PromoteReadReplica')).toBe(false);
  });
});

describe('a resource', () => {
  const db = 'arn:aws:rds:us-west-2:123456789012:db:orders';
  it.each([
    ['*', db, true],
    [db, db, true],
    ['arn:aws:rds:us-west-2:123456789012:db:*', db, true],
    ['arn:aws:rds:*:123456789012:db:orders', db, true],
    ['arn:aws:rds:us-????-2:123456789012:db:orders', db, true],
    ['arn:aws:rds:us-?-2:123456789012:db:orders', db, false],
    // At the end of a segment it reaches beyond the colons, inside of one it does not.
    ['arn:aws:rds:us-west-2:*', db, true],
    ['arn:aws:rds:us*2:123456789012:db:orders', db, true],
    ['arn:aws:rds:us*orders', db, false],
    ['arn:aws:states:r:1:execution:failover:*', 'arn:aws:states:r:1:execution:failover:run:1', true],
    ['arn:aws:states:r:1:execution:failover:*', 'arn:aws:states:r:1:execution:failover-2:run', false],
    // The six characters of Secrets Manager, and no name that only begins alike.
    ['arn:aws:secretsmanager:r:1:secret:db-??????', 'arn:aws:secretsmanager:r:1:secret:db-AbC123', true],
    ['arn:aws:secretsmanager:r:1:secret:db-??????', 'arn:aws:secretsmanager:r:1:secret:db-two-AbC123', false],
  ])('%s for %s: %s', (one, resource, expected) => {
    expect(isResource(one, resource)).toBe(expected);
  });
});

describe('ArnLike', () => {
  it.each([
    ['arn:aws:sns:*:123456789012:alarms', 'arn:aws:sns:us-west-2:123456789012:alarms', true],
    ['arn:aws:sns:*:alarms', 'arn:aws:sns:us-west-2:123456789012:alarms', false],
    ['arn:aws:sns:us-*', 'arn:aws:sns:us-west-2:123456789012:alarms', false],
    ['arn:aws:lambda:r:1:function:*', 'arn:aws:lambda:r:1:function:a:$LATEST', true],
    ['arn:aws:sns:r:1:alarms', 'alarms', false],
  ])('%s for %s: %s', (one, arn, expected) => {
    expect(isArn(one, arn)).toBe(expected);
  });
});
