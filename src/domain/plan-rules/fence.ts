import { formatDuration } from '#domain/durations.ts';
import { type PlanRule, repeated, rule } from '#domain/plan-rules/rule.ts';

/** One renewal may be lost, and one be slow, before the application stops to write. */
const RENEWALS_IN_A_LEASE = 3;

export const fenceRules: readonly PlanRule[] = [
  rule('PL-145', ['fence'], ({ fence: { methods } }) => repeated(methods, (index) => ['fence', 'methods', index])),
  rule('PL-147', ['fence'], ({ fence: { lease } }) =>
    lease.renewEverySeconds * RENEWALS_IN_A_LEASE <= lease.ttlSeconds
      ? []
      : [
          {
            path: ['fence', 'lease', 'renewEvery'],
            wrong: `is ${formatDuration(lease.renewEverySeconds)}: one lost renewal would stop writes`,
            allowed: `at most a third of fence.lease.ttl, ${formatDuration(Math.floor(lease.ttlSeconds / RENEWALS_IN_A_LEASE))}`,
          },
        ],
  ),
];
