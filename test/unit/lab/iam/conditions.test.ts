import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Context, conditionsHold, isOperator } from '#lab/iam/conditions.ts';

const holds = (operator: string, wanted: unknown, given?: string | readonly string[]): boolean =>
  conditionsHold({ [operator]: { 'a:Key': wanted } }, given === undefined ? {} : { 'a:key': given });

/* https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
describe('an operator', () => {
  it.each([
    ['StringEquals', 'x', 'x', true],
    ['StringEquals', ['y', 'x'], 'x', true],
    ['StringEquals', 'X', 'x', false],
    ['StringEquals', 'x*', 'xyz', false],
    ['StringNotEquals', ['y', 'x'], 'x', false],
    ['StringNotEquals', ['y', 'z'], 'x', true],
    ['StringEqualsIgnoreCase', 'X', 'x', true],
    ['StringNotEqualsIgnoreCase', 'X', 'x', false],
    ['StringLike', 'x*', 'xyz', true],
    ['StringNotLike', 'x*', 'xyz', false],
    ['ArnEquals', 'arn:aws:sns:*:1:t', 'arn:aws:sns:r:1:t', true],
    ['ArnNotLike', 'arn:aws:sns:*:1:t', 'arn:aws:sns:r:1:t', false],
    ['Bool', true, 'true', true],
    ['Bool', 'false', 'true', false],
    ['Null', 'false', 'x', true],
    ['Null', 'true', 'x', false],
  ])('%s %j for %s: %s', (operator, wanted, given, expected) => {
    expect(holds(operator, wanted, given)).toBe(expected);
  });

  it.each([
    ['StringEquals', 'x', false],
    ['StringNotEquals', 'x', true],
    ['StringEqualsIfExists', 'x', true],
    ['ArnLike', 'arn:aws:sns:r:1:t', false],
    ['ArnNotLike', 'arn:aws:sns:r:1:t', true],
    ['Bool', 'true', false],
    ['BoolIfExists', 'true', true],
    ['Null', 'true', true],
    ['Null', 'false', false],
    ['ForAllValues:StringEquals', 'x', true],
    ['ForAnyValue:StringEquals', 'x', false],
    ['ForAnyValue:StringNotEquals', 'x', false],
  ])('%s %s without a value: %s', (operator, wanted, expected) => {
    expect(holds(operator, wanted)).toBe(expected);
  });

  it('that is not there is told before it is used, and never lets anything in', () => {
    for (const name of ['IpAddress', 'NumericLessThan', 'ForSomeValues:StringEquals', 'stringequals', 'constructor'])
      expect(isOperator(name), name).toBe(false);
    expect(() => holds('IpAddress', '10.0.0.0/8', '10.1.1.1')).toThrow('IpAddress is not supported');
  });
});

/* https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html */
describe('keys with many values', () => {
  const values = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 4 });

  it('ForAllValues: none may be outside; ForAnyValue: one has to be inside', () => {
    fc.assert(
      fc.property(values, fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }), (given, wanted) => {
        expect(holds('ForAllValues:StringEquals', wanted, given)).toBe(given.every((one) => wanted.includes(one)));
        expect(holds('ForAnyValue:StringEquals', wanted, given)).toBe(given.some((one) => wanted.includes(one)));
        expect(holds('ForAllValues:StringNotEquals', wanted, given)).toBe(given.every((one) => !wanted.includes(one)));
        expect(holds('ForAnyValue:StringNotEquals', wanted, given)).toBe(given.some((one) => !wanted.includes(one)));
      }),
    );
  });
});

describe('a condition', () => {
  const context: Context = { 'a:one': '1', 'a:two': '2' };
  it('holds when all of it does', () => {
    expect(conditionsHold(undefined, context)).toBe(true);
    expect(conditionsHold({ StringEquals: { 'a:One': '1', 'A:two': '2' } }, context)).toBe(true);
    expect(conditionsHold({ StringEquals: { 'a:One': '1', 'a:Two': '1' } }, context)).toBe(false);
    expect(conditionsHold({ StringEquals: { 'a:One': '1' }, StringLike: { 'a:Two': '3*' } }, context)).toBe(false);
  });
});
