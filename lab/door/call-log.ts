/** Every call that reached the door, newest last, in a ring of bounded length. */

export interface CallRecord {
  readonly id: string;
  /** Milliseconds since the epoch, when the request was complete. */
  readonly at: number;
  readonly service: string;
  readonly operation: string;
  readonly region: string;
  readonly role: string | undefined;
  readonly ms: number;
  /** HTTP status, or 0 when there was no answer. */
  readonly status: number;
  /** `ok`, the wire's error code, `Reset`, `AnswerLost`, or `Silence`: the caller gave up after `ms`. */
  readonly outcome: string;
}

export interface CallFilter {
  readonly service?: string;
  readonly operation?: string;
  readonly region?: string;
  readonly role?: string;
  readonly outcome?: string;
  /** Only calls at or after this time (ms since the epoch). */
  readonly since?: number;
}

export interface CallLog {
  list(filter?: CallFilter): CallRecord[];
  /** Called after each call; returns the function that ends it. */
  onCall(listener: (record: CallRecord) => void): () => void;
  clear(): void;
}

const CAPACITY = 50_000;

export const createCallLog = (capacity = CAPACITY): CallLog & { add(record: CallRecord): void } => {
  let records: CallRecord[] = [];
  const listeners = new Set<(record: CallRecord) => void>();
  return {
    list({ since = 0, ...fields }: CallFilter = {}) {
      const wanted = Object.entries(fields) as [keyof CallRecord, unknown][];
      return records
        .slice(-capacity)
        .filter(
          (record) =>
            record.at >= since && wanted.every(([key, value]) => value === undefined || record[key] === value),
        );
    },
    onCall(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    clear() {
      records = [];
    },
    add(record) {
      records.push(record);
      // Cut back rarely, so that adding stays constant in cost.
      if (records.length >= 2 * capacity) records = records.slice(-capacity);
      for (const listener of listeners) listener(record);
    },
  };
};
