import type { Instant, Json } from '#domain/side.ts';

/**
 * What a transition says: a state was entered, left with a result, or failed with an error; `notice` is a message sent or not sent; `decision` is
 * a person's answer to a request for approval; `control` is a person's order; `refused` is an alarm that started nothing.
 */
export const TRANSITION_KINDS = ['entered', 'left', 'failed', 'notice', 'decision', 'control', 'refused'] as const;
export type TransitionKind = (typeof TRANSITION_KINDS)[number];

/** What the writer of a transition knows; the ledger adds `seq`, `previous` and `hash`. */
export interface NewTransition {
  /** Execution ARN: one ledger per execution; or `plan:<plan>`, the plan's own. */
  readonly execution: string;
  readonly plan: string;
  /** `INC-YYYY-MMDD-XXX`, or null before the request was accepted. */
  readonly incident: string | null;
  /** State name as in the state machine: `PromoteReplica`; for what is no state, who writes: `Control`, `ReceiveAlarm`. */
  readonly state: string;
  readonly kind: TransitionKind;
  readonly at: Instant;
  /** When the visit began, in the entry of its end, where it is not known that `entered` was written: its answer never came. */
  readonly enteredAt?: Instant;
  /** 0 for the first try of the state, then its retry count. */
  readonly attempt: number;
  /** Who acts: `alarm:<name>`, `person`, `person:<name>`, or `pipeline`. */
  readonly actor: string;
  /** SHA-256 (hex) of the canonical JSON of the state's input. */
  readonly inputDigest: string;
  /** What the state gave, when `left` or `notice`. */
  readonly result?: Json;
  readonly error?: { readonly name: string; readonly message: string };
}

export interface Transition extends NewTransition {
  /** 1, 2, 3, ... with no gap within one execution. */
  readonly seq: number;
  /** Hash of the entry before, or 64 zeros for the first. */
  readonly previous: string;
  /** SHA-256 (hex) of the canonical JSON of the entry without `hash`. */
  readonly hash: string;
}
