import { DecisionRefusedError, ServiceUnavailableError } from '#domain/errors.ts';
import { inputDigest } from '#domain/ledger-chain.ts';
import { type ApprovalRequest, type Choice, castVote, sayVotes, statusAfter, type Vote } from '#domain/votes.ts';
import type { Approvals } from '#ports/approvals.ts';
import type { Clock } from '#ports/clock.ts';
import type { Ledger } from '#ports/ledger.ts';
import type { TaskTokens } from '#ports/task-tokens.ts';

/** Votes that may meet another one: each loses to one winner at most. */
const RACES = 10;

export interface DecisionPorts {
  readonly approvals: Approvals;
  readonly ledger: Ledger;
  readonly taskTokens: TaskTokens;
}

export interface DecisionInput {
  readonly execution: string;
  /** Id of a person of the plan. */
  readonly approver: string;
  /** Their name, for the record. */
  readonly name: string;
  readonly choice: Choice;
  readonly reason: string;
  readonly via: Vote['via'];
  /** Further condition on the request as it is now (a link's word): a reason to refuse, or null. */
  readonly check?: (request: ApprovalRequest) => string | null;
}

export interface Decided {
  /** `recorded`: it counts, others have to decide as well. `sent`: the run goes on by it. `late`: it stands, but the run does not wait for it any more. */
  readonly outcome: 'recorded' | 'sent' | 'late';
  readonly request: ApprovalRequest;
}

const cast = async (ports: DecisionPorts, input: DecisionInput, clock: Clock): Promise<ApprovalRequest> => {
  const { execution, approver, choice, reason, via } = input;
  for (let race = 0; race < RACES; race += 1) {
    const request = await ports.approvals.read(execution);
    if (request === null) throw new DecisionRefusedError(`nobody was asked to approve ${execution}`);
    const wrong = input.check?.(request) ?? null;
    if (wrong !== null) throw new DecisionRefusedError(wrong);
    const result = castVote(request, { approver, choice, reason, via, at: clock.now() });
    if (result.effect === 'refused') throw new DecisionRefusedError(result.reason);
    if (result.effect === 'repeated' || (await ports.approvals.write(result.request))) return result.request;
  }
  throw new ServiceUnavailableError(`the request for approval of ${execution} changed ${RACES} times meanwhile`);
};

/** Once per person, also when the command is repeated because the first record could not be written. */
const record = async (ports: DecisionPorts, input: DecisionInput, request: ApprovalRequest): Promise<void> => {
  const vote = request.votes.find(({ approver }) => approver === input.approver);
  if (vote === undefined) return;
  const { execution, plan, incident, needed } = request;
  const actor = `person:${input.name}`;
  const entries = await ports.ledger.read(execution);
  if (entries.some((entry) => entry.kind === 'decision' && entry.actor === actor)) return;
  const votes = request.votes.slice(0, request.votes.indexOf(vote) + 1);
  await ports.ledger.append({
    execution,
    plan,
    incident,
    state: request.round === 1 ? 'RequestApproval' : 'EscalateApproval',
    kind: 'decision',
    at: vote.at,
    attempt: 0,
    actor,
    inputDigest: inputDigest({ approver: vote.approver, choice: vote.choice }),
    result: {
      approver: vote.approver,
      choice: vote.choice,
      reason: vote.reason,
      via: vote.via,
      votes: sayVotes({ votes, needed }),
      status: statusAfter(votes, needed),
    },
    ...(vote.choice === 'decline' ? { error: { name: 'ApprovalDeclinedError', message: vote.reason } } : {}),
  });
};

/**
 * Tells the waiting task what was decided; null while nothing is. Can be repeated: a token takes one answer. The output of an approval and the
 * cause of a decline name who decided, and why.
 */
export const settle = async (taskTokens: TaskTokens, request: ApprovalRequest): Promise<'sent' | 'gone' | null> => {
  if (request.status === 'approved') {
    const approvedBy = request.votes.map(({ approver, at, reason }) => ({ approver, at, reason }));
    return taskTokens.succeed(request.token, { approvedBy });
  }
  const decline = request.votes.find(({ choice }) => choice === 'decline');
  if (request.status !== 'declined' || decline === undefined) return null;
  const cause = `${decline.approver} declined at ${decline.at}: ${decline.reason}`;
  return taskTokens.fail(request.token, 'ApprovalDeclinedError', cause);
};

/**
 * A person's decision: counted by one conditional write, then on record under their name, then given to the run if it decides. Repeating it
 * changes nothing and finishes what was left undone. Throws DecisionRefusedError; LedgerUnavailableError: nothing goes on off the record.
 */
export const takeDecision = async (ports: DecisionPorts, clock: Clock, input: DecisionInput): Promise<Decided> => {
  const request = await cast(ports, input, clock);
  await record(ports, input, request);
  const answer = await settle(ports.taskTokens, request);
  return { outcome: answer === null ? 'recorded' : answer === 'sent' ? 'sent' : 'late', request };
};
