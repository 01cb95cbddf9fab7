import type { Instant } from '#domain/side.ts';

/** What a person ordered, and why. */
export interface Order {
  readonly by: string;
  readonly reason: string;
  readonly at: Instant;
}

/** What stands for one execution now. */
export interface Control {
  readonly pause: Order | null;
  readonly abort: Order | null;
  /** State -> order. */
  readonly skips: Readonly<Record<string, Order>>;
  /** Confirming state -> order to go on although it does not confirm. */
  readonly forces: Readonly<Record<string, Order>>;
  /** When the promotion was let begin: from then on there is no abort. */
  readonly committedAt: Instant | null;
}

/** Orders of people to a running execution, kept in the standby region; steps that change something look here before they begin. */
export interface Controls {
  /** Strongly consistent; nothing ordered gives nulls. */
  read(execution: string): Promise<Control>;
  /** Repeating an order keeps the first. */
  pause(execution: string, order: Order): Promise<Control>;
  resume(execution: string): Promise<Control>;
  skip(execution: string, state: string, order: Order): Promise<Control>;
  force(execution: string, state: string, order: Order): Promise<Control>;
  /** One conditional write: false when the promotion was let begin before. */
  abort(execution: string, order: Order): Promise<boolean>;
  /** The point of no return. One conditional write: false when an abort came before. Repeating it changes nothing. */
  commit(execution: string, now: Instant): Promise<boolean>;
}

export const NOTHING_ORDERED: Control = { pause: null, abort: null, skips: {}, forces: {}, committedAt: null };
