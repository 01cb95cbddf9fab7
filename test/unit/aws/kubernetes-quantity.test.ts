import { expect, it } from 'vitest';
import { quantity } from '#aws/kubernetes-quantity.ts';

it.each([
  ['100m', 0.1],
  ['2', 2],
  [3, 3],
  ['0.5', 0.5],
  ['2Gi', 2 ** 31],
  ['512Mi', 2 ** 29],
  ['1e3', 1_000],
  ['1E', 1e18],
  ['129M', 129e6],
  ['.5k', 500],
])('%s is %d', (text, value) => expect(quantity(text)).toBeCloseTo(value));

it.each(['', 'much', '2 Gi', '1gi', 'e3'])('%j is none', (text) => expect(() => quantity(text)).toThrow(RangeError));
