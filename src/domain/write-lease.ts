import type { Instant, Side } from '#domain/side.ts';

/*
 * The right of one region's application to write, kept at the third site. Who holds it renews it; who recovers takes it away and waits until
 * nothing that was granted can still be used. Safe because of two rules:
 *   - a holder counts its own time from BEFORE it asked, and writes no longer than `ttl` after that;
 *   - what it asked for says until when others have to wait: `ttl`, the most that clocks differ, and the most that a write takes.
 *
 *     renewal asked         holder stops (its own clock)      overAt (on the item): the other side may begin
 *     |------------- ttl ---------------|-- clockSkew --|-- writeWithin --|
 *
 * A holder whose clock is hours ahead asks for hours. Nothing that was granted before a side lost the lease lasts longer after that than the
 * longest lease that any plan may have: so long is waited at most. Not the plan's own: its holders may have been started with an earlier one.
 */

/** The table of all leases of a stage: where the witness stack makes it, and where a sidecar looks for it. */
export const leaseTable = (plan: string, stage: string): string => `continuity-${plan}-${stage}-lease`;

/** The lease of one plan. A type, not an interface: it goes on record as JSON. */
export type Lease = {
  readonly plan: string;
  /** Grows by one with each grant to the other side and each revocation; renewals leave it. */
  readonly epoch: number;
  /** Whose it is, or was before it was revoked. */
  readonly holder: Side;
  readonly state: 'granted' | 'revoked';
  /** From this instant on nothing that the side ever renewed can still be used, by anybody's clock. Never falls. Null: it never renewed. */
  readonly overAt: Readonly<Record<Side, Instant | null>>;
  /** When it was taken from the side, by the clock of who took it. Null: it was not, or the side has it again. */
  readonly lostAt: Readonly<Record<Side, Instant | null>>;
  /** Epoch of the claim of the recovery of this direction that changed it last; 0 when none has. */
  readonly claim: number;
};

/** Where nobody has changed anything the home region holds it: this plan's primary, or its standby in the stack of the other direction. */
export const untouched = (plan: string, home: Side = 'primary'): Lease => ({
  plan,
  epoch: 0,
  holder: home,
  state: 'granted',
  overAt: { primary: null, standby: null },
  lostAt: { primary: null, standby: null },
  claim: 0,
});

export const otherSide = (side: Side): Side => (side === 'primary' ? 'standby' : 'primary');

export interface LeaseTerms {
  readonly ttlMs: number;
  readonly renewEveryMs: number;
  /** Clocks that differ, and a write that is in flight. */
  readonly marginMs: number;
}

interface LeaseDurations {
  readonly ttlSeconds: number;
  readonly renewEverySeconds: number;
  readonly clockSkewSeconds: number;
  readonly writeWithinSeconds: number;
}

/** The most that a plan may say of each: its check refuses more. */
export const LONGEST_LEASE = { ttlSeconds: 600, clockSkewSeconds: 60, writeWithinSeconds: 60 } as const;

const LONGEST_MS =
  (LONGEST_LEASE.ttlSeconds + LONGEST_LEASE.clockSkewSeconds + LONGEST_LEASE.writeWithinSeconds) * 1_000;

/** `timeScale`: declared durations are divided by it (the lab). */
export const termsOf = (
  { ttlSeconds, renewEverySeconds, clockSkewSeconds, writeWithinSeconds }: LeaseDurations,
  timeScale = 1,
): LeaseTerms => ({
  ttlMs: (ttlSeconds * 1_000) / timeScale,
  renewEveryMs: (renewEverySeconds * 1_000) / timeScale,
  marginMs: ((clockSkewSeconds + writeWithinSeconds) * 1_000) / timeScale,
});

/** What a renewal that is asked for at `sentMs`, by the holder's own clock, puts on the item. */
export const overAtOf = (sentMs: number, { ttlMs, marginMs }: LeaseTerms): Instant =>
  new Date(Math.ceil(sentMs + ttlMs + marginMs)).toISOString();

export const holds = (lease: Lease, side: Side): boolean => lease.state === 'granted' && lease.holder === side;

const later = (a: Instant | null, b: Instant): Instant => (a !== null && a > b ? a : b);

/** As a renewal leaves it; null when the lease is not that side's. */
export const renewed = (lease: Lease, side: Side, overAt: Instant): Lease | null =>
  holds(lease, side) ? { ...lease, overAt: { ...lease.overAt, [side]: later(lease.overAt[side], overAt) } } : null;

/** Not that side's from now on; one that is the other's is left alone. What was granted runs out by itself at `overAt`. */
export const revoked = (lease: Lease, side: Side, claim: number, now: Instant): Lease =>
  holds(lease, side)
    ? { ...lease, state: 'revoked', epoch: lease.epoch + 1, claim, lostAt: { ...lease.lostAt, [side]: now } }
    : { ...lease, claim: Math.max(lease.claim, claim) };

/** Until when the side is waited for: what it asked for, and no longer after it lost the lease than any lease lasts. Null: it never renewed. */
export const overBy = ({ overAt, lostAt }: Pick<Lease, 'overAt' | 'lostAt'>, side: Side): Instant | null => {
  const asked = overAt[side];
  const lost = lostAt[side];
  if (asked === null || lost === null) return asked;
  return new Date(Math.min(Date.parse(asked), Date.parse(lost) + LONGEST_MS)).toISOString();
};

/** How long what the side has renewed may still be used; null when it no longer can, or never was. */
export const waitMs = (lease: Lease, side: Side, now: Instant): number | null => {
  const until = overBy(lease, side);
  const left = until === null ? 0 : Date.parse(until) - Date.parse(now);
  return left > 0 ? left : null;
};

export interface GrantConditions {
  /**
   * The other side is not waited for: its database refuses the application, read back, or people have decided to go on. What its application may
   * still think counts for nothing.
   */
  readonly unwaited: boolean;
}

/** Why `side` cannot be granted the lease now, or null. */
export const grantRefusal = (lease: Lease, side: Side, now: Instant, { unwaited }: GrantConditions): string | null => {
  if (holds(lease, side) || unwaited) return null;
  const other = otherSide(side);
  if (holds(lease, other)) return `the ${other} holds it: it has to be revoked first`;
  return waitMs(lease, other, now) === null ? null : `the ${other} may still write until ${overBy(lease, other)}`;
};

export const granted = (lease: Lease, side: Side, claim: number, now: Instant): Lease => {
  if (holds(lease, side)) return { ...lease, claim: Math.max(lease.claim, claim) };
  const other = otherSide(side);
  const lost = holds(lease, other) ? now : lease.lostAt[other];
  const lostAt = { ...lease.lostAt, [other]: lost, [side]: null };
  return { ...lease, state: 'granted', holder: side, epoch: lease.epoch + 1, claim, lostAt };
};

/** A lease that nobody has renewed for so long says nothing of the application: perhaps no sidecar runs beside it any more. */
const HELD_WITHIN_MS = 24 * 60 * 60 * 1_000;

/**
 * Whether the application of that side is kept from writing by the lease alone. `proven`: it is not that side's, the application is known to live
 * by it, and what was granted has run out. `wait`: so it will be at `until`.
 */
export type LeaseFence =
  | { readonly state: 'proven' }
  | { readonly state: 'wait'; readonly until: Instant }
  | { readonly state: 'not-proven'; readonly reason: string };

export const leaseFence = (lease: Lease, side: Side, now: Instant): LeaseFence => {
  const until = overBy(lease, side);
  const notProven = (reason: string): LeaseFence => ({ state: 'not-proven', reason });
  if (holds(lease, side)) return notProven(`the ${side} holds it`);
  if (until === null) return notProven(`the ${side} never renewed it: no application is known to write by it`);
  if (waitMs(lease, side, now) !== null) return { state: 'wait', until };
  // Once it is the other's, nobody of this side renews it any more.
  const silentMs = Date.parse(now) - Date.parse(until);
  return lease.holder === side && silentMs > HELD_WITHIN_MS
    ? notProven(`the ${side} did not renew it since ${until}: no application is known to write by it`)
    : { state: 'proven' };
};
