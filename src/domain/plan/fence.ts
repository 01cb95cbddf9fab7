import * as z from 'zod';
import { duration, inSeconds, oneOf, section } from '#domain/plan/fields.ts';

/** How the old primary is kept from taking writes. */
export const FENCE_METHODS = ['database-role', 'workloads-to-zero', 'write-lease'] as const;
export type FenceMethodName = (typeof FENCE_METHODS)[number];
/** Those that need the old primary's own region to answer. */
export type RegionMethodName = Exclude<FenceMethodName, 'write-lease'>;

/**
 * The write lease at the third site. `ttl` is how long the application writes on when nobody can renew any more: a failover of a region that
 * nothing reaches waits for it, and an outage of the third site that lasts longer stops writes.
 */
const lease = section({
  ttl: duration.prefault('2m'),
  renewEvery: duration.prefault('30s'),
  /** The most that two clocks of those who take part differ. */
  clockSkew: duration.prefault('5s'),
  /** The most that a write takes that was let begin. */
  writeWithin: duration.prefault('5s'),
}).transform(inSeconds('ttl', 'renewEvery', 'clockSkew', 'writeWithin'));

export const fence = section({
  /** All are tried at once; the record names the first of them, in this order, that is verified. */
  methods: z
    .array(oneOf(...FENCE_METHODS), { error: `a list of ${FENCE_METHODS.join(', ')}` })
    .min(1, { error: `a list of at least one of ${FENCE_METHODS.join(', ')}` })
    .prefault([...FENCE_METHODS]),
  lease: lease.prefault({}),
  /** When no method is verified: people decide, by the plan's approval, or the recovery goes on with two primaries possible. */
  unverified: oneOf('ask', 'go-on').prefault('ask'),
});
