import type { Reason } from '../scripts/iam-grants.ts';

/** Why a resource has a wildcard although its action takes resources. */
export const WIDE_REASONS: readonly Reason[] = [];

/** Why a grant stands that no story of `npm run check:iam` uses. */
export const UNUSED_REASONS: readonly Reason[] = [];
