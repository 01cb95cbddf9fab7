import type { Instant } from '#domain/side.ts';

export interface Clock {
  /** Now, UTC, with milliseconds. Never goes through the network. */
  now(): Instant;
}
