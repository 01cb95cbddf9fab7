/** The two regions of a plan by the part they play in it. The words never swap during a recovery: `standby` is where it fails over to. */
export const SIDES = ['primary', 'standby'] as const;
export type Side = (typeof SIDES)[number];

/** ISO 8601 in UTC with milliseconds: `2026-11-23T23:35:07.123Z`. */
export type Instant = string;

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
