import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { heartbeatTimeout, matches, StateError, taskTimeout } from '#lab/services/stepfunctions/errors.ts';
import { retryDelay, retryPlan } from '#lab/services/stepfunctions/retry.ts';

const error = (name?: string) => new StateError(name);

describe('matches', () => {
  test.each([
    ['States.ALL', 'Anything', true],
    ['States.ALL', 'States.Timeout', true],
    ['States.ALL', undefined, true],
    ['States.ALL', 'States.Runtime', false],
    ['States.ALL', 'States.DataLimitExceeded', false],
    ['States.TaskFailed', 'Anything', true],
    ['States.TaskFailed', 'States.Timeout', false],
    ['States.DataLimitExceeded', 'States.DataLimitExceeded', true],
    ['Other', 'Anything', false],
  ])('%s and %s: %s', (pattern, name, expected) => {
    expect(matches([pattern], error(name))).toBe(expected);
  });

  test('a missed heartbeat goes by two names, a task time-out by one', () => {
    expect(matches(['States.HeartbeatTimeout'], heartbeatTimeout())).toBe(true);
    expect(matches(['States.Timeout'], heartbeatTimeout())).toBe(true);
    expect(matches(['States.HeartbeatTimeout'], taskTimeout())).toBe(false);
  });
});

describe('retryDelay', () => {
  test('doubles from one second unless told otherwise', () => {
    const delays = [0, 1, 2].map((retry) => retryDelay({ ErrorEquals: ['E'] }, retry, 0.5));
    expect(delays).toEqual([1, 2, 4]);
  });

  test('never passes MaxDelaySeconds, and full jitter stays below the delay', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.double({ min: 1, max: 10, noNaN: true }),
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 0, max: 50 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (IntervalSeconds, BackoffRate, MaxDelaySeconds, retry, random) => {
          const retrier = { ErrorEquals: ['E'], IntervalSeconds, BackoffRate, MaxDelaySeconds };
          const plain = retryDelay(retrier, retry, random);
          expect(plain).toBeLessThanOrEqual(MaxDelaySeconds);
          const jittered = retryDelay({ ...retrier, JitterStrategy: 'FULL' }, retry, random);
          expect(jittered).toBeCloseTo(plain * random, 6);
        },
      ),
    );
  });
});

describe('retryPlan', () => {
  test('the first retrier that matches decides, with a count of its own', () => {
    const plan = retryPlan([
      { ErrorEquals: ['A'], MaxAttempts: 1 },
      { ErrorEquals: ['States.ALL'], MaxAttempts: 2, IntervalSeconds: 7, BackoffRate: 1 },
    ]);
    expect([plan(error('A')), plan(error('A'))]).toEqual([1, undefined]);
    expect([plan(error('B')), plan(error('B')), plan(error('B'))]).toEqual([7, 7, undefined]);
  });

  test('without retriers nothing is retried', () => expect(retryPlan()(error('A'))).toBeUndefined());
});
