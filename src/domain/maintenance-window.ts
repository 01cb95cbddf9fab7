import type { Instant } from '#domain/side.ts';

export const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** A window that the plan declares: on these days, from this time of day (UTC, `02:00`), for so long; a day at most. */
export interface DeclaredWindow {
  readonly id: string;
  readonly days: readonly Weekday[];
  readonly from: string;
  readonly lastsSeconds: number;
}

const DAY_MS = 86_400_000;

const startOn = (midnight: number, from: string): number => {
  const [hours = 0, minutes = 0] = from.split(':').map(Number);
  return midnight + (hours * 60 + minutes) * 60_000;
};

/** The declared window that is open now, and until when; null when none is. One that began yesterday may last into today. */
export const openWindow = (
  windows: readonly DeclaredWindow[],
  now: Instant,
): { readonly id: string; readonly until: Instant } | null => {
  const at = Date.parse(now);
  const today = Math.floor(at / DAY_MS) * DAY_MS;
  for (const { id, days, from, lastsSeconds } of windows) {
    for (const midnight of [today, today - DAY_MS]) {
      const day = WEEKDAYS[new Date(midnight).getUTCDay()];
      const start = startOn(midnight, from);
      const end = start + lastsSeconds * 1_000;
      if (day !== undefined && days.includes(day) && start <= at && at < end)
        return { id, until: new Date(end).toISOString() };
    }
  }
  return null;
};
