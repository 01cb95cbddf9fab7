import type { ApprovalNeed } from '#domain/approval.ts';
import type { DataLossEstimate } from '#domain/data-loss.ts';
import type { Verdict } from '#domain/diagnosis.ts';
import type { GuardReason } from '#domain/guards.ts';
import type { IncidentSeverity } from '#domain/incident-severity.ts';
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
  /** Of what is seen; of an outage where nothing is seen that this recovery answers. */
  readonly severity: IncidentSeverity;
  /** Whether people would be asked, who, how many have to approve, and how long they would have. */
  readonly approval: ApprovalNeed;
  readonly changes: readonly PlannedChange[];
  readonly reads: readonly PlannedRead[];
};
