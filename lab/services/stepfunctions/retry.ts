import type { Retrier } from './definition.ts';
import { matches, type StateError } from './errors.ts';

const DEFAULTS = { IntervalSeconds: 1, BackoffRate: 2, MaxAttempts: 3 } as const;

/** Declared seconds before retry number `retry` (0 is the first) of one retrier. `random` is in [0, 1). */
export const retryDelay = (retrier: Retrier, retry: number, random: number): number => {
  const interval = retrier.IntervalSeconds ?? DEFAULTS.IntervalSeconds;
  const backoff = interval * (retrier.BackoffRate ?? DEFAULTS.BackoffRate) ** retry;
  const seconds = Math.min(backoff, retrier.MaxDelaySeconds ?? Number.POSITIVE_INFINITY);
  return retrier.JitterStrategy === 'FULL' ? seconds * random : seconds;
};

/** Counts the retries of one visit to one state: each retrier has a count of its own, the first that matches decides. */
export const retryPlan = (
  retriers: readonly Retrier[] = [],
  random: () => number = Math.random,
): ((error: StateError) => number | undefined) => {
  const used = retriers.map(() => 0);
  return (error) => {
    const index = retriers.findIndex((retrier) => matches(retrier.ErrorEquals, error));
    const retrier = retriers[index];
    const count = used[index] ?? 0;
    if (!retrier || count >= (retrier.MaxAttempts ?? DEFAULTS.MaxAttempts)) return undefined;
    used[index] = count + 1;
    return retryDelay(retrier, count, random());
  };
};
