import type { Instant } from '#domain/side.ts';

/** What a person ordered for every run of a plan, and why. A type, not an interface: it goes on record as JSON. */
export type StandingOrder = { readonly by: string; readonly reason: string; readonly at: Instant };

/** A window that a person started. It ends by itself at `until`. */
export type WindowOrder = StandingOrder & { readonly until: Instant };

/** What stands now for every run of a plan. */
export type StandingOrders = {
  /** Who switched automation off; null while it is on. */
  readonly automationOff: StandingOrder | null;
  /** The last window that a person started, over or not; null when a person ended it. */
  readonly maintenance: WindowOrder | null;
};

export const NOTHING_STANDS: StandingOrders = { automationOff: null, maintenance: null };

export const sayOrder = ({ by, reason, at }: StandingOrder): string => `by ${by} at ${at}: ${reason}`;
