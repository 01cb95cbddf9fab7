import type { HistoryEvent, HistoryEventType } from '@aws-sdk/client-sfn';
import { HistoryFull } from './errors.ts';

/** https://docs.aws.amazon.com/step-functions/latest/dg/limits-overview.html: "Maximum execution history size". */
export const MAX_EVENTS = 25_000;

/** The detail members of an event; exactly one of them is set, or none. */
export type EventDetails = Omit<HistoryEvent, 'id' | 'type' | 'timestamp' | 'previousEventId'>;

export const WHOLE = { truncated: false } as const;

/** The events of one execution, numbered from 1 in the order in which they happened; each names the one that led to it. */
export class History {
  readonly events: HistoryEvent[] = [];
  #closed = false;

  /**
   * Returns the id of the new event. Throws HistoryFull when only the number of the final event is left, and after that event:
   * what still unwinds then leaves no trace.
   */
  add(type: HistoryEventType, previousEventId: number, details?: EventDetails): number {
    if (this.#closed || this.events.length >= MAX_EVENTS - 1) throw new HistoryFull();
    return this.#push(type, previousEventId, details);
  }

  /** The execution goes on: ExecutionRedriven follows the event with which it ended. */
  reopen(redriveCount: number): number {
    this.#closed = false;
    return this.add('ExecutionRedriven', this.events.length, { executionRedrivenEventDetails: { redriveCount } });
  }

  /** The last event of the execution; always has room. */
  close(type: HistoryEventType, previousEventId: number, details?: EventDetails): number {
    this.#closed = true;
    return this.#push(type, previousEventId, details);
  }

  #push(type: HistoryEventType, previousEventId: number, details?: EventDetails): number {
    const id = this.events.length + 1;
    this.events.push({ timestamp: new Date(), type, id, previousEventId, ...details });
    return id;
  }
}
