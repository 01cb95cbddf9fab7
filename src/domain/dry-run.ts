import type { DataLossEstimate } from '#domain/data-loss.ts';
import type { Verdict } from '#domain/diagnosis.ts';
import type { GuardReason } from '#domain/guards.ts';
import type { PlannedChange } from '#domain/planned-change.ts';

/** One thing that was looked at: what, how it ended, what it said. Types, not interfaces: they go on record as JSON. */
export type PlannedRead = {
  readonly what: string;
  readonly outcome: 'answered' | 'unreachable' | 'failed';
  readonly answer: string;
  readonly ms: number;
};

/** Why a recovery would be refused, and by what: the id of a rule, the id of a guard. */
export type Refusal = { readonly by: string; readonly reason: string };

/** What a dry run gives. */
export type DryRun = {
  readonly wouldGo: boolean;
  readonly refusals: readonly Refusal[];
  readonly evidence: Verdict | null;
  readonly guards: readonly GuardReason[];
  readonly dataLoss: DataLossEstimate | null;
  readonly changes: readonly PlannedChange[];
  readonly reads: readonly PlannedRead[];
};
