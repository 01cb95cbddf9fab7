import type { Instant } from '#domain/side.ts';

export interface Claim {
  readonly plan: string;
  /** Grows by one with each claim taken, never falls, survives release. A later step with an older epoch is refused. */
  readonly epoch: number;
  /** Execution ARN of the holder; null when free. */
  readonly holder: string | null;
  readonly takenAt: Instant | null;
  /** When the last recovery ended: the cool-down counts from here. */
  readonly releasedAt: Instant | null;
}

/** One recovery per plan at a time (design, point 1). */
export interface Claims {
  /**
   * One conditional write. Returns the claim with its new epoch; the same execution asking again gets the claim it holds.
   * Throws ClaimHeldError naming the holder and the command that lifts it; CoolDownError when `coolDownSeconds` since `releasedAt` are not over.
   */
  take(plan: string, execution: string, now: Instant, coolDownSeconds: number): Promise<Claim>;
  /** Throws StaleEpochError when `epoch` is not the present one or the holder is another. Read before each change. */
  check(plan: string, execution: string, epoch: number): Promise<void>;
  /**
   * Frees the claim if `execution` holds it at `epoch`; otherwise changes nothing. Returns the claim as it then is.
   * `startsCoolDown` (default true) says whether `releasedAt` becomes `now`: a run that did not recover
   * leaves `releasedAt` as it was and does not keep the next one away.
   */
  release(
    plan: string,
    execution: string,
    epoch: number,
    now: Instant,
    options?: { readonly startsCoolDown?: boolean },
  ): Promise<Claim>;
  read(plan: string): Promise<Claim | null>;
}
