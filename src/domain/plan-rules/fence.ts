import { formatDuration } from '#domain/durations.ts';
import { type PlanRule, repeated, rule } from '#domain/plan-rules/rule.ts';
import { LONGEST_LEASE } from '#domain/write-lease.ts';

/** One renewal may be lost, and one be slow, before the application stops to write. */
const RENEWALS_IN_A_LEASE = 3;

const BOUNDED = ['ttl', 'clockSkew', 'writeWithin'] as const;

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
  rule('PL-148', ['fence'], ({ fence: { lease } }) =>
    BOUNDED.flatMap((field) => {
      const seconds = lease[`${field}Seconds` as const];
      const most = LONGEST_LEASE[`${field}Seconds` as const];
      const wrong = `is ${formatDuration(seconds)}: a region that nothing reaches is waited for as long`;
      return seconds <= most
        ? []
        : [{ path: ['fence', 'lease', field], wrong, allowed: `at most ${formatDuration(most)}` }];
    }),
  ),
];
