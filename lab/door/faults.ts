/** Faults of the AWS API on demand: what the network and the control planes do on a bad day. */
import type { Call } from '#lab/contract.ts';

export interface FaultRule {
  /** Signing name; all services if absent. */
  readonly service?: string;
  readonly operation?: string;
  readonly region?: string;
  readonly role?: string;
  /** Asked last, once for each call that matches all else: a fault that hits every other call, or the call that makes the change. */
  readonly when?: (call: Call) => boolean;
  /** How many matching calls it hits; default: all until cleared. */
  readonly count?: number;
  readonly effect: /** Throttled as the protocol says it: 400 or 429, which SDK clients retry. */
    | { readonly kind: 'throttle' }
    /** Answered with this status (default 500) and no work done. */
    | { readonly kind: 'error'; readonly status?: 500 | 502 | 503 | 504 }
    /** Connection reset before the handler runs. */
    | { readonly kind: 'reset' }
    /** Answered late by `ms` real milliseconds. */
    | { readonly kind: 'delay'; readonly ms: number }
    /** The handler runs, then the connection is reset: the caller cannot know that it worked. */
    | { readonly kind: 'lose-answer' };
}

export interface Fault {
  readonly rule: FaultRule;
  /** Calls hit so far. */
  readonly hits: number;
  remove(): void;
}

export interface Faults {
  inject(rule: FaultRule): Fault;
  active(): Fault[];
  clear(): void;
}

const matches = (rule: FaultRule, call: Call): boolean =>
  (['service', 'operation', 'region', 'role'] as const).every(
    (key) => rule[key] === undefined || rule[key] === call[key],
  ) &&
  (rule.when?.(call) ?? true);

/** `take` returns the effects that hit this call, in the order of injection, and counts them. */
export const createFaults = (): Faults & { take(call: Call): FaultRule['effect'][] } => {
  let faults: { rule: FaultRule; hits: number; remove(): void }[] = [];
  const isSpent = ({ rule, hits }: Fault): boolean => rule.count !== undefined && hits >= rule.count;
  return {
    inject(rule) {
      const fault = {
        rule,
        hits: 0,
        remove: () => {
          faults = faults.filter((other) => other !== fault);
        },
      };
      faults.push(fault);
      return fault;
    },
    active: () => faults.filter((fault) => !isSpent(fault)),
    clear() {
      faults = [];
    },
    take(call) {
      const hit = faults.filter((fault) => !isSpent(fault) && matches(fault.rule, call));
      for (const fault of hit) fault.hits += 1;
      return hit.map((fault) => fault.rule.effect);
    },
  };
};
