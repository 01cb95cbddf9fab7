import type { Clock } from '#ports/clock.ts';

/** The process's own clock; Lambda keeps it by the Amazon Time Sync Service. */
export const systemClock = (): Clock => ({ now: () => new Date().toISOString() });
