import { afterEach, beforeEach, expect, it } from 'vitest';
import { type TestLambda, testLambda } from '#test/support/fixtures/lambda-functions.ts';

let lab: TestLambda;
beforeEach(() => {
  lab = testLambda();
});
afterEach(() => lab.stop());

/** Answers after `ms` with the id of its process. */
const SLEEPER = `export const handler = async ({ ms }) => { await new Promise((r) => setTimeout(r, ms)); return process.pid };`;

it('answers a burst with few processes when one is soon free again', async () => {
  await lab.add('sleeper', SLEEPER);
  const pids = await Promise.all(Array.from({ length: 40 }, () => lab.lambda.invoke('sleeper', { ms: 1 })));
  expect(pids.every(({ functionError }) => functionError === undefined)).toBe(true);
  // Five or fewer on a quiet machine; the limit is ten.
  expect(lab.lambda.find('sleeper').pool.pids().length).toBeLessThan(10);
});

it('runs long invocations side by side, up to its limit of processes, and the rest after them', async () => {
  await lab.add('sleeper', SLEEPER);
  const results = await Promise.all(Array.from({ length: 14 }, () => lab.lambda.invoke('sleeper', { ms: 1500 })));
  expect(results.every(({ functionError }) => functionError === undefined)).toBe(true);
  const used = new Set(results.map(({ payload }) => payload));
  expect(used.size).toBeGreaterThan(1);
  expect(used.size).toBeLessThanOrEqual(10);
});

it('starts a new process for who waits when one dies', async () => {
  await lab.add('mortal', `export const handler = async ({ die }) => { if (die) process.exit(1); return 'alive' };`);
  const [died, ...alive] = await Promise.all([
    lab.lambda.invoke('mortal', { die: true }),
    lab.lambda.invoke('mortal', {}),
    lab.lambda.invoke('mortal', {}),
  ]);
  expect(died?.error?.errorType).toBe('Runtime.ExitError');
  expect(alive.map(({ payload }) => payload)).toEqual(['alive', 'alive']);
});
