import type { Instant, Side } from '#domain/side.ts';
import type { GrantConditions, Lease } from '#domain/write-lease.ts';

/**
 * The application's right to write, one lease per plan, kept at the third site: it outlives either region, and whoever is cut off from it stops to
 * write. Sidecars renew; recoveries revoke and grant. Every change is one conditional write, so that of two that race one comes through.
 */
export interface WriteLease {
  /** As it is now, read consistently. Nobody having touched it, the home region's side holds it at epoch 0. */
  read(plan: string): Promise<Lease>;
  /**
   * Makes the lease last until `overAt` for `side`, if it is that side's; otherwise changes nothing. Gives it as it then is: the caller may write
   * only if it `holds` it, and only by the time of before this call. Any number of sidecars of one side may renew: `overAt` never falls.
   */
  renew(plan: string, side: Side, overAt: Instant): Promise<Lease>;
  /**
   * Takes it from `side`; from a side that does not hold it nothing is taken. What was granted runs out at `overAt`, not at once. Repeating it
   * changes nothing. `claim` is the epoch of the recovery's claim: throws StaleEpochError when a later recovery has changed the lease. `now` is kept:
   * a side that asked for hours, by a wrong clock, is waited for no longer after it than any lease lasts.
   */
  revoke(plan: string, side: Side, claim: number, now: Instant): Promise<Lease>;
  /**
   * Gives it to `side`. Throws LeaseHeldError while the other side holds it or may still write, unless it need not be waited for.
   * Repeating it changes nothing. Throws StaleEpochError as `revoke` does.
   */
  grant(plan: string, side: Side, claim: number, now: Instant, conditions: GrantConditions): Promise<Lease>;
}
