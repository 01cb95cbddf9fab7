import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import type { ApprovalNeed } from '#domain/approval.ts';
import { approvalMessage } from '#domain/approval-message.ts';
import { signLink } from '#domain/decision-link.ts';
import { ServiceUnavailableError } from '#domain/errors.ts';
import { recordedSeverity } from '#domain/incident-severity.ts';
import type { Entry } from '#domain/milestones.ts';
import type { Plan } from '#domain/plan.ts';
import type { RecoveryRequest } from '#domain/request.ts';
import { type ApprovalRequest, type Choice, openRound, sayVotes } from '#domain/votes.ts';
import type { Announcer } from '#ports/announcer.ts';
import type { Clock } from '#ports/clock.ts';
import type { Controls } from '#ports/controls.ts';
import type { LinkKey } from '#ports/link-key.ts';
import { attempt } from '#src/attempt.ts';
import { keepSecret } from '#src/known-secrets.ts';
import type { DecisionPorts } from '#src/take-decision.ts';
import { settle } from '#src/take-decision.ts';
import { abortedBy } from './aborted-by.ts';

const ANNOUNCE_WITHIN_MS = 4_000;
const RACES = 10;

const ids = z.array(z.string().min(1));

/** The task token of this try, and what CheckGuards said of approval. */
export const approvalInput = z.strictObject({
  token: z.string().min(1),
  approval: z.strictObject({
    required: z.boolean(),
    policy: z.string(),
    reason: z.string(),
    needed: z.number().int().positive(),
    approvers: ids,
    escalateTo: ids,
    firstSeconds: z.number().int().positive(),
    restSeconds: z.number().int().positive(),
  }),
});

export interface OpenStep {
  readonly input: z.output<typeof approvalInput>;
  readonly ports: DecisionPorts & {
    readonly announcer: Announcer;
    readonly personalAnnouncer: Announcer;
    readonly linkKey: LinkKey;
    readonly controls: Pick<Controls, 'read'>;
  };
  readonly environment: { readonly DECISION_URL: string };
  readonly plan: Plan;
  readonly clock: Clock;
  readonly request: RecoveryRequest;
  readonly run: { readonly execution: string };
}

const nonces = (approvers: readonly string[]): Record<string, string> =>
  Object.fromEntries(approvers.map((id) => [id, randomBytes(16).toString('base64url')]));

const open = async (
  step: OpenStep,
  entries: readonly Entry[],
  round: 1 | 2,
  approvers: readonly string[],
): Promise<ApprovalRequest> => {
  const { ports, plan, clock, request, run, input } = step;
  const { needed, firstSeconds, restSeconds }: ApprovalNeed = input.approval;
  for (let race = 0; race < RACES; race += 1) {
    const before = await ports.approvals.read(run.execution);
    const opened = openRound(before, {
      execution: run.execution,
      plan: plan.plan,
      incident: request.incident.id,
      token: input.token,
      round,
      needed,
      approvers,
      nonces: nonces(approvers),
      facts: approvalMessage({ plan, execution: run.execution, request, entries, now: clock.now() }),
      now: clock.now(),
      withinSeconds: firstSeconds + restSeconds,
    });
    if (await ports.approvals.write(opened)) return opened;
  }
  throw new ServiceUnavailableError(`the request for approval of ${run.execution} changed ${RACES} times meanwhile`);
};

/**
 * Opens a round of the request for approval and tells the approvers. The state waits with its task token until they have decided or its time is
 * over; a decision that was taken between two rounds goes to the new token at once. A message that cannot be sent is on record; the command
 * works without it. Throws AbortedError, and asks nobody, when a person has aborted the run.
 */
export const openApproval = async (step: OpenStep, round: 1 | 2) => {
  const { ports, input } = step;
  const { approvers, escalateTo } = input.approval;
  const asked = round === 1 ? approvers : [...approvers, ...escalateTo];
  const entries = await ports.ledger.read(step.run.execution);
  const opened = await open(step, entries, round, asked);
  // After it is open: an abort that comes later finds it, and ends the wait by its token.
  const { abort } = await ports.controls.read(step.run.execution);
  if (abort) throw abortedBy(abort);
  const settled = await settle(ports.taskTokens, opened);
  const [sent, links] =
    settled === null ? await Promise.all([announce(step, entries, opened), sendLinks(step, opened)]) : [null, {}];
  return {
    done: false,
    round,
    asked,
    needed: opened.needed,
    expiresAt: opened.expiresAt,
    votes: sayVotes(opened),
    message: sent,
    links,
  };
};

/** To each approver their own two links, and to nobody else. What was sent, or why not, by person: never the links themselves. */
const sendLinks = async (
  { ports, plan, request, environment }: OpenStep,
  opened: ApprovalRequest,
): Promise<Record<string, string>> => {
  const { execution, expiresAt, nonces: words } = opened;
  const send = async (approver: string): Promise<string> => {
    const key = await ports.linkKey.get();
    const link = (choice: Choice): string => {
      // What is signed is the permission: whoever reads it decides.
      const signed = keepSecret(
        signLink({ execution, approver, choice, expiresAt, nonce: words[approver] ?? '' }, key),
      );
      return `${environment.DECISION_URL}?d=${signed}`;
    };
    const text = [
      'These links are yours alone, for one decision. They open a page; nothing is decided before you confirm there.',
      '',
      `Approve: ${link('approve')}`,
      '',
      `Decline: ${link('decline')}`,
      '',
      opened.facts,
    ].join('\n');
    const subject = `YOUR DECISION - ${request.incident.id}`;
    const attributes = { kind: 'approval', incident: request.incident.id, plan: plan.plan, approver };
    return ports.personalAnnouncer.announce({ subject, text, attributes });
  };
  const sent = await Promise.all(
    opened.approvers.map(async (approver) => {
      const answer = await attempt(() => send(approver), ANNOUNCE_WITHIN_MS);
      return [approver, answer.outcome === 'answered' ? 'sent' : answer.detail] as const;
    }),
  );
  return Object.fromEntries(sent);
};

const announce = async ({ ports, plan, request }: OpenStep, entries: readonly Entry[], opened: ApprovalRequest) => {
  const subject = `${opened.round === 2 ? 'STILL WAITING FOR ' : ''}APPROVAL - ${request.incident.id}`;
  const people = plan.approval.people.filter(({ id }) => opened.approvers.includes(id));
  const names = people.map(({ name }) => name).join(', ');
  const text = [
    `Asked: ${names}. ${opened.needed} have to approve by ${opened.expiresAt}; one who declines stops it. ${sayVotes(opened)}.`,
    '',
    opened.facts,
  ].join('\n');
  const severity = String(recordedSeverity(entries).level);
  const attributes = { kind: 'approval', incident: request.incident.id, plan: plan.plan, severity };
  const answer = await attempt(() => ports.announcer.announce({ subject, text, attributes }), ANNOUNCE_WITHIN_MS);
  return answer.outcome === 'answered' ? { id: answer.value } : { error: answer.detail };
};
