import { createHash, randomUUID } from 'node:crypto';

/**
 * The functions that AWS adds to JSONata, and `$eval`, which it takes away
 * (https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html, "JSONata functions provided by Step Functions").
 */
const MAX_RANGE = 1_000;
const ALGORITHMS: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

const integer = (name: string, value: unknown): number => {
  if (typeof value !== 'number' || !Number.isInteger(value)) throw new TypeError(`$${name} expects integers`);
  return value;
};

/** Slices of at most `size` elements; the last one may be shorter. */
const partition = (values: unknown, size: unknown): unknown => {
  if (values === undefined) return undefined;
  const step = integer('partition', size);
  if (step < 1) throw new RangeError('$partition expects a size of 1 or more');
  const list = Array.isArray(values) ? values : [values];
  return Array.from({ length: Math.ceil(list.length / step) }, (_, i) => list.slice(i * step, (i + 1) * step));
};

/** From `first` to `last`, both included when the step meets it; a negative step counts down. */
const range = (first: unknown, last: unknown, step: unknown): unknown => {
  const [from, to, by] = [integer('range', first), integer('range', last), integer('range', step)];
  if (by === 0) throw new RangeError('$range expects a step other than 0');
  const length = Math.max(0, Math.floor((to - from) / by) + 1);
  if (length > MAX_RANGE) throw new RangeError(`$range gives at most ${MAX_RANGE} elements`);
  return Array.from({ length }, (_, i) => from + i * by);
};

const hash = (data: unknown, algorithm: unknown): unknown => {
  if (data === undefined) return undefined;
  const known = typeof algorithm === 'string' ? ALGORITHMS[algorithm] : undefined;
  if (!known) throw new TypeError(`$hash expects one of ${Object.keys(ALGORITHMS).join(', ')}`);
  if (typeof data !== 'string') throw new TypeError('$hash expects a string');
  return createHash(known).update(data).digest('hex');
};

/** In [0, 1). The same seed gives the same number (mulberry32; AWS does not say which generator it uses). */
const random = (seed: unknown): number => {
  if (seed === undefined) return Math.random();
  let state = (integer('random', seed) + 0x6d2b79f5) | 0;
  state = Math.imul(state ^ (state >>> 15), state | 1);
  state ^= state + Math.imul(state ^ (state >>> 7), state | 61);
  return ((state ^ (state >>> 14)) >>> 0) / 2 ** 32;
};

const parse = (text: unknown): unknown => {
  if (text === undefined) return undefined;
  if (typeof text !== 'string') throw new TypeError('$parse expects a string');
  return JSON.parse(text);
};

const noEval = (): never => {
  throw new TypeError('$eval is not supported, use $parse');
};

/** As bindings for `evaluate`; the names carry no `$`. */
export const awsFunctions = { partition, range, hash, random, parse, uuid: () => randomUUID(), eval: noEval };
