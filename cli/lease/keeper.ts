import type { Instant, Side } from '#domain/side.ts';
import { holds, type Lease, type LeaseTerms, overAtOf } from '#domain/write-lease.ts';

/** Milliseconds. The monotonic clock may stand still while a machine is suspended, the wall clock may be set: the one that says less counts. */
export interface KeeperClocks {
  monotonic(): number;
  wall(): number;
}

export interface KeeperOptions {
  readonly side: Side;
  readonly terms: LeaseTerms;
  readonly clocks: KeeperClocks;
  /** Asks the third site. A rejection says nothing of whether the renewal was written. */
  readonly renew: (overAt: Instant) => Promise<Lease>;
}

/** May the application write now, and for how long. A type, not an interface: it is what the sidecar answers. */
export type Standing =
  | { readonly held: true; readonly side: Side; readonly epoch: number; readonly remainingMs: number }
  | { readonly held: false; readonly side: Side; readonly reason: string };

export interface Keeper {
  /** One renewal; one at a time. Never rejects: what went wrong is the reason in `standing`. */
  attempt(): Promise<void>;
  /** Fail-closed: not held unless a renewal that was answered says so, counted from before it was asked. */
  standing(): Standing;
}

interface Held {
  readonly epoch: number;
  readonly monotonicUntil: number;
  readonly wallUntil: number;
}

/** Keeps one side's lease, in one process. */
export const createKeeper = ({ side, terms, clocks, renew }: KeeperOptions): Keeper => {
  let held: Held | null = null;
  let reason = 'not asked for yet';

  const accept = (lease: Lease, asked: Instant, until: Held): void => {
    if (!holds(lease, side)) {
      held = null;
      reason =
        lease.state === 'revoked'
          ? `revoked, epoch ${lease.epoch}`
          : `the ${lease.holder} holds it, epoch ${lease.epoch}`;
      return;
    }
    const waited = lease.overAt[side];
    if (waited === null || waited < asked) {
      reason = 'it changed hands while it was asked for';
      return;
    }
    held = until;
  };

  return {
    attempt: async () => {
      // Before the question is sent: how long the answer takes does not lengthen the lease.
      const [monotonic, wall] = [clocks.monotonic(), clocks.wall()];
      const asked = overAtOf(wall, terms);
      try {
        const lease = await renew(asked);
        accept(lease, asked, {
          epoch: lease.epoch,
          monotonicUntil: monotonic + terms.ttlMs,
          wallUntil: wall + terms.ttlMs,
        });
      } catch (error) {
        reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      }
    },

    standing: () => {
      const remainingMs =
        held === null ? 0 : Math.min(held.monotonicUntil - clocks.monotonic(), held.wallUntil - clocks.wall());
      if (held === null || remainingMs <= 0) return { held: false, side, reason };
      return { held: true, side, epoch: held.epoch, remainingMs: Math.floor(remainingMs) };
    },
  };
};
