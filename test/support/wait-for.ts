/** Bounds in tests widen by one factor on a slow machine. */
export const slowness = Number(process.env.TEST_SLOWNESS ?? (process.env.CI ? '3' : '1'));

/**
 * Waits until `condition` gives something truthy and returns it; throws with `what` after `withinMs` (widened by `slowness`).
 * An exception of the condition counts as "not yet" and is named when the bound is reached.
 */
export const waitFor = async <T>(
  what: string,
  condition: () => Promise<T | undefined | null | false> | T | undefined | null | false,
  { withinMs = 5_000, everyMs = 20 }: { withinMs?: number; everyMs?: number } = {},
): Promise<T> => {
  const deadline = Date.now() + withinMs * slowness;
  let last: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`waited ${withinMs * slowness} ms for: ${what}; last: ${String(last)}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
};

/** Proves a negative: `condition` stays true for the whole of `forMs`. */
export const stays = async (
  what: string,
  condition: () => Promise<boolean> | boolean,
  forMs: number,
): Promise<void> => {
  const end = Date.now() + forMs;
  while (Date.now() < end) {
    if (!(await condition())) throw new Error(`did not stay: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};
