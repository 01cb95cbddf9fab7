import type { Side } from '#domain/side.ts';

export interface TrafficRecord {
  readonly name: string;
  /** What the record points at now. */
  readonly target: string;
  /** Which side that is by the plan; null when it is neither. */
  readonly side: Side | null;
  readonly ttlSeconds: number;
}

export interface TrafficChange {
  /** Id of the change at the provider; null when nothing had to change. */
  readonly changeId: string | null;
  readonly changed: readonly string[];
}

/** Where clients are sent. */
export interface Traffic {
  read(): Promise<readonly TrafficRecord[]>;
  /** Points every record of the plan at `side`. Records that are there already are left alone. Throws TrafficRefusedError. */
  shift(side: Side): Promise<TrafficChange>;
  /** True when every authoritative server has the change (Route 53: INSYNC). */
  applied(changeId: string): Promise<boolean>;
  /** What a resolver answers for the name now: addresses. Throws UnreachableError. */
  resolve(name: string): Promise<readonly string[]>;
}
