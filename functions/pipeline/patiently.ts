import { setTimeout } from 'node:timers/promises';

/**
 * Waits between looks within one invocation, ms: what is done in a moment is seen in a moment, and what takes minutes costs few calls. After
 * them the state machine waits, where waiting costs nothing.
 */
const WAITS_MS = [10, 20, 30, 40, 50, 100];

/** False for a look that has not seen yet what it looks for. */
export const isDone = (seen: unknown): boolean => (seen as { done?: unknown } | null | undefined)?.done !== false;

/** Looks until what is seen does not say `done: false` any more, or the waits are over; gives what was seen last. */
export const patiently = async <R>(look: () => Promise<R>, signal: AbortSignal): Promise<R> => {
  for (const waitMs of WAITS_MS) {
    const seen = await look();
    if (isDone(seen)) return seen;
    await setTimeout(waitMs, undefined, { signal });
  }
  return look();
};
