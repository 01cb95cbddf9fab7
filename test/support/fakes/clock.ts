import type { Instant } from '#domain/side.ts';
import type { Clock } from '#ports/clock.ts';

/** A clock that stands still until it is told to go on. */
export const fakeClock = (start: Instant = '2026-11-23T23:35:00.000Z'): Clock & { advance(ms: number): void } => {
  let ms = Date.parse(start);
  return {
    now: () => new Date(ms).toISOString(),
    advance: (by) => {
      ms += by;
    },
  };
};
