import type { NewTransition, Transition } from '#domain/transition.ts';

/**
 * The append-only record of every transition. One entry is one conditional write on (execution, seq): a sequence has no gap and
 * no entry is ever changed. Writers of one execution may race (parallel branches): the loser reads the new end and tries again.
 */
export interface Ledger {
  /**
   * Appends and returns the entry with its sequence number and hashes.
   * Throws LedgerUnavailableError (retryable) when the table does not take it in the bound.
   */
  append(entry: NewTransition): Promise<Transition>;
  /**
   * What `append` does, but on a condition that cannot hold: proves the way to the table and the permission to write, and writes nothing.
   * Throws LedgerUnavailableError as `append` does.
   */
  rehearse(entry: NewTransition): Promise<void>;
  /**
   * Begins to look up where the record of this execution ends, so that the next `append` need not wait for it. Only a hint: never throws.
   */
  prepare(execution: string): void;
  /** All entries of one execution in order, or the last `most` of them; empty for one it does not know. Strongly consistent. */
  read(execution: string, most?: number): Promise<readonly Transition[]>;
}
