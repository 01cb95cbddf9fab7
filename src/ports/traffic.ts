import type { Side } from '#domain/side.ts';

export interface TrafficRecord {
  readonly name: string;
  /** What the record points at by the provider's settings: the record itself, or the position of the switch. */
  readonly target: string;
  /** Which side that is by the plan; null when it is neither. */
  readonly side: Side | null;
  /** Which side resolvers lead to now: later than `side` by propagation and TTL. null when neither, or when DNS does not say. */
  readonly servedBy: Side | null;
  readonly ttlSeconds: number;
}

export interface TrafficChange {
  /** Id of the change at the provider; null when nothing had to change. */
  readonly changeId: string | null;
  readonly changed: readonly string[];
  /** False: the order was taken, but `read` does not show it yet; `applied` says when it does. */
  readonly settled: boolean;
}

/** Where clients are sent. One port, two strategies: the plan's `traffic.strategy` says which adapter stands behind it. */
export interface Traffic {
  read(): Promise<readonly TrafficRecord[]>;
  /** Points every record of the plan at `side`. Records that are there already are left alone. Throws TrafficRefusedError. */
  shift(side: Side): Promise<TrafficChange>;
  /** True when the provider has carried the change out (Route 53: INSYNC; the switch: its alarm has turned). Resolvers may still be behind. */
  applied(changeId: string): Promise<boolean>;
  /**
   * Puts back what holds the traffic and is no longer needed for it, so that the other direction can move it one day; where clients are sent stays as it
   * is. True when something was put back. Throws as `shift` does, and UnreachableError when the other region does not answer.
   */
  rest(): Promise<boolean>;
  /** What a resolver answers for the name now: addresses. Throws UnreachableError. */
  resolve(name: string): Promise<readonly string[]>;
}
