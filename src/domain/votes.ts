import type { Instant } from '#domain/side.ts';

export type Choice = 'approve' | 'decline';

export interface Vote {
  /** Id of a person of the plan. */
  readonly approver: string;
  readonly choice: Choice;
  readonly reason: string;
  readonly at: Instant;
  readonly via: 'command' | 'link';
}

/** `lapsed`: the run went on without a decision, because the time was over or it ended otherwise. */
export type ApprovalStatus = 'open' | 'approved' | 'declined' | 'lapsed';

/** One request for approval: one per execution, kept in the state table. */
export interface ApprovalRequest {
  /** Execution ARN. */
  readonly execution: string;
  readonly plan: string;
  readonly incident: string;
  /** Of the task that waits now; each round, and each retry of one, has its own. */
  readonly token: string;
  readonly round: 1 | 2;
  readonly needed: number;
  /** Who may decide now: ids. */
  readonly approvers: readonly string[];
  /** One secret word per approver, named by their links. Who was asked before keeps theirs. */
  readonly nonces: Readonly<Record<string, string>>;
  readonly openedAt: Instant;
  readonly expiresAt: Instant;
  /** What was said to the approvers. */
  readonly facts: string;
  readonly votes: readonly Vote[];
  readonly status: ApprovalStatus;
  /** Counts its changes: a write is on the condition that nobody else wrote since. */
  readonly version: number;
}

/** `counted`: one more vote, not yet a decision. `decides`: this vote makes the decision. `repeated`: the same vote was there; nothing changes. */
export type Cast =
  | { readonly effect: 'counted' | 'decides' | 'repeated'; readonly request: ApprovalRequest }
  | { readonly effect: 'refused'; readonly reason: string };

const refused = (reason: string): Cast => ({ effect: 'refused', reason });

/** What these votes come to. */
export const statusAfter = (votes: readonly Vote[], needed: number): ApprovalStatus => {
  if (votes.some(({ choice }) => choice === 'decline')) return 'declined';
  return votes.filter(({ choice }) => choice === 'approve').length >= needed ? 'approved' : 'open';
};

const SAID: Readonly<Record<ApprovalStatus, string>> = {
  open: 'is open',
  approved: 'is approved already',
  declined: 'was declined already',
  lapsed: 'is over: the time ran out, or the run ended',
};

/**
 * One vote on a request. An approver counts once; the vote that completes M approvals, or the first decline, decides, exactly once: after it
 * the request is no longer open. Pure: `vote.at` is the time that counts.
 */
export const castVote = (request: ApprovalRequest, vote: Vote): Cast => {
  const before = request.votes.find(({ approver }) => approver === vote.approver);
  if (before?.choice === vote.choice) return { effect: 'repeated', request };
  if (request.status !== 'open') return refused(`the request ${SAID[request.status]}`);
  if (before) return refused(`${vote.approver} chose ${before.choice} at ${before.at}: a person decides once`);
  if (!request.approvers.includes(vote.approver)) {
    return refused(`${vote.approver} is not asked; who is: ${request.approvers.join(', ')}`);
  }
  if (vote.at >= request.expiresAt) return refused(`the time was over at ${request.expiresAt}`);
  const votes = [...request.votes, vote];
  const status = statusAfter(votes, request.needed);
  const next = { ...request, votes, status, version: request.version + 1 };
  return { effect: status === 'open' ? 'counted' : 'decides', request: next };
};

export type Opening = Omit<ApprovalRequest, 'votes' | 'status' | 'version' | 'openedAt' | 'expiresAt'> & {
  readonly now: Instant;
  /** Of the whole wait, for the first round. */
  readonly withinSeconds: number;
};

/** The request as a round opens it: votes, decision and end of the time stay from the rounds before. */
export const openRound = (before: ApprovalRequest | null, opening: Opening): ApprovalRequest => {
  const { now, withinSeconds, ...fields } = opening;
  return {
    ...fields,
    nonces: { ...fields.nonces, ...before?.nonces },
    openedAt: before?.openedAt ?? now,
    expiresAt: before?.expiresAt ?? new Date(Date.parse(now) + withinSeconds * 1_000).toISOString(),
    votes: before?.votes ?? [],
    status: before?.status ?? 'open',
    version: (before?.version ?? 0) + 1,
  };
};

/** The request after its run went on without it. A decision that was taken stands. */
export const lapse = (request: ApprovalRequest): ApprovalRequest =>
  request.status === 'open' ? { ...request, status: 'lapsed', version: request.version + 1 } : request;

/** `1 of 2 approved: john-doe`. */
export const sayVotes = ({ votes, needed }: Pick<ApprovalRequest, 'votes' | 'needed'>): string => {
  const of = (choice: Choice) => votes.filter((vote) => vote.choice === choice).map(({ approver }) => approver);
  const declined = of('decline');
  if (declined.length > 0) return `declined by ${declined.join(', ')}`;
  const approved = of('approve');
  return `${approved.length} of ${needed} approved${approved.length > 0 ? `: ${approved.join(', ')}` : ''}`;
};
