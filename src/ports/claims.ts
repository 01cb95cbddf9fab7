import type { ClaimSeen } from '#domain/claim.ts';
import type { Instant } from '#domain/side.ts';

export interface Claim extends ClaimSeen {
  readonly plan: string;
  /** Grows by one with each claim taken, never falls, survives release. A later step with an older epoch is refused. */
  readonly epoch: number;
  /** Execution that held it until the holder took it over; null when it was free. */
  readonly tookOverFrom: string | null;
  /** When its holder was found to be over; absent while it may begin changes. */
  readonly closedAt?: Instant;
}

/** Who asks, as far as it matters for the claim. */
export interface Claimant {
  /** `alarm:<alarm>`, `person`, `person:<name>`; null when it is not known. */
  readonly actor: string | null;
  /** A person may take over from an alarm's run that has changed nothing yet. */
  readonly mayTakeOver: boolean;
}

/** One recovery per plan at a time (design, point 1). */
export interface Claims {
  /**
   * One conditional write. Returns the claim with its new epoch; the same execution asking again gets the claim it holds.
   * Without `by` nobody takes over, and nobody takes over from it. A claimant who may take over gets the claim of an alarm's run too, on the condition that this one has not begun to act; it finds out at its
   * next step, by its epoch. Throws ClaimHeldError naming the holder and the command that lifts it; CoolDownError when `coolDownSeconds` since
   * `releasedAt` are not over.
   */
  take(plan: string, execution: string, now: Instant, coolDownSeconds: number, by?: Claimant): Promise<Claim>;
  /** Throws StaleEpochError when `epoch` is not the present one, the holder is another, or the claim is closed. Read before each change. */
  check(plan: string, execution: string, epoch: number): Promise<void>;
  /**
   * Before the first change: from now on nobody takes over. One conditional write, so that of this and a taking over exactly one comes through.
   * Throws StaleEpochError as `check` does. Repeating it keeps the first time.
   */
  act(plan: string, execution: string, epoch: number, now: Instant): Promise<void>;
  /**
   * Its holder is over: from now on `check` and `act` refuse it, so that no step of it that is still on its way begins a change. It stays held until it
   * is released. One conditional write, which repeated keeps the first time; false when another holds it, or when it was given back since `takenAt`.
   */
  close(plan: string, execution: string, epoch: number, now: Instant, takenAt: Instant | null): Promise<boolean>;
  /**
   * Before the promotion: puts on the claim for which incident it is let begin, for good. What comes after is gone on with by that, also when the run
   * dies before it can say so. One conditional write; throws StaleEpochError as `check` does. Repeating it changes nothing but the time.
   */
  commit(plan: string, execution: string, epoch: number, incidentId: string, now: Instant): Promise<void>;
  /**
   * Frees the claim if `execution` holds it at `epoch`; otherwise changes nothing. Returns the claim as it then is.
   * `startsCoolDown` (default true) says whether `releasedAt` becomes `now`: a run that did not recover
   * leaves `releasedAt` as it was and does not keep the next one away. With `takenAt`, only the claim that was taken then is freed: not one
   * that was given back to the same execution since. `serves`: the region to which this run brought the service, from
   * `now` on (`servesSince`).
   */
  release(
    plan: string,
    execution: string,
    epoch: number,
    now: Instant,
    options?: {
      readonly startsCoolDown?: boolean;
      readonly takenAt?: Instant | null;
      readonly serves?: string | undefined;
    },
  ): Promise<Claim>;
  /**
   * Gives a free claim back to the execution that had it at `epoch`, which goes on after it was over. One conditional write, which repeated changes
   * nothing; false when another has taken it since. The epoch stays as it is: nobody else ever had it.
   */
  resume(plan: string, execution: string, epoch: number, now: Instant): Promise<boolean>;
  read(plan: string): Promise<Claim | null>;
}
