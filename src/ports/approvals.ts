import type { ApprovalRequest } from '#domain/votes.ts';

/** Requests for approval: one per execution, kept in the standby region. */
export interface Approvals {
  /** Strongly consistent; null when nobody was asked. */
  read(execution: string): Promise<ApprovalRequest | null>;
  /**
   * One conditional write: true when the stored version is the one before `request.version` (none for version 1), or when this very request is
   * stored already (its answer was lost); false when somebody else wrote first: read again.
   */
  write(request: ApprovalRequest): Promise<boolean>;
}
