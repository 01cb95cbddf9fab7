import * as z from 'zod';
import { personOf } from '#domain/approval.ts';
import { type LinkClaims, readLink } from '#domain/decision-link.ts';
import { DecisionRefusedError } from '#domain/errors.ts';
import type { Plan } from '#domain/plan.ts';
import { type ApprovalRequest, sayVotes } from '#domain/votes.ts';
import { event } from '#pipeline/event.ts';
import type { Clock } from '#ports/clock.ts';
import type { LinkKey } from '#ports/link-key.ts';
import { approvals, ledger, linkKey, taskTokens } from '#src/composition.ts';
import { type DecisionPorts, takeDecision } from '#src/take-decision.ts';
import { askPage, type Page, sayPage } from './shared/decision-pages.ts';

const MOST_REASON = 1_000;

/**
 * What a Lambda function URL sends, as far as it is read here.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
 */
const urlEvent = z.object({
  requestContext: z.object({ http: z.object({ method: z.string() }) }),
  queryStringParameters: z
    .object({ d: z.string().max(2_048) })
    .partial()
    .optional(),
  body: z.string().max(16_384).optional(),
  isBase64Encoded: z.boolean().optional(),
});

interface Call {
  readonly event: z.output<typeof urlEvent>;
  readonly ports: DecisionPorts & { readonly linkKey: LinkKey };
  readonly plan: Plan;
  readonly clock: Clock;
}

const answered = (statusCode: number, html: Page) => ({
  statusCode,
  headers: {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy':
      "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-robots-tag': 'noindex',
  },
  body: html,
});

const said = (statusCode: number, title: string, text: string) => answered(statusCode, sayPage(title, text));

/** Why this link does not count for the request as it is, or null. */
const voidBecause = (claims: LinkClaims, request: ApprovalRequest): string | null => {
  const vote = request.votes.find(({ approver }) => approver === claims.approver);
  if (vote) return `This link was used: you chose ${vote.choice} at ${vote.at}. ${sayVotes(request)}.`;
  if (request.nonces[claims.approver] !== claims.nonce) return 'This link does not belong to the request that is open.';
  return request.status === 'open' ? null : `The request is over: ${request.status}. ${sayVotes(request)}.`;
};

const reasonIn = ({ body = '', isBase64Encoded }: Call['event']): string => {
  const text = isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body;
  return (new URLSearchParams(text).get('reason') ?? '').trim().slice(0, MOST_REASON);
};

const decide = async (call: Call, claims: LinkClaims, name: string) => {
  const { ports, clock } = call;
  const reason = reasonIn(call.event);
  if (reason === '') return said(400, 'A reason is missing', 'Go back and say why: it stands in the record.');
  const { execution, approver, choice } = claims;
  try {
    const { outcome, request } = await takeDecision(ports, clock, {
      execution,
      approver,
      name,
      choice,
      reason,
      via: 'link',
      check: (now) => voidBecause(claims, now),
    });
    const then = {
      recorded: `Others have to decide as well, until ${request.expiresAt}.`,
      sent: 'The recovery goes on by it.',
      late: 'It is on record, but the recovery does not wait for it any more.',
    }[outcome];
    return said(200, choice === 'approve' ? 'Approved' : 'Declined', `${name}: ${sayVotes(request)}. ${then}`);
  } catch (error) {
    if (error instanceof DecisionRefusedError) return said(410, 'Not counted', error.message);
    throw error;
  }
};

/** A decision that counted and could not be put on record, or handed to the run, goes on when its form is sent again. */
const finish = async (
  { ports, clock }: Call,
  claims: LinkClaims,
  name: string,
  request: ApprovalRequest,
): Promise<void> => {
  const { execution, approver, choice } = claims;
  const vote = request.votes.find((one) => one.approver === approver && one.choice === choice);
  if (vote) await takeDecision(ports, clock, { execution, approver, name, choice, reason: vote.reason, via: 'link' });
};

/**
 * Behind the function's URL, which anybody can reach: the signature of the link is the permission. GET only shows what would be decided and a form
 * (mail scanners follow links); POST decides, once. A link that is changed, used or expired gets a page that says so.
 */
export const decideByLink = async (call: Call) => {
  const { ports, plan, clock } = call;
  const { method } = call.event.requestContext.http;
  if (method !== 'GET' && method !== 'POST') return said(405, 'Not possible', 'Only GET and POST.');
  const link = call.event.queryStringParameters?.d ?? '';
  const { claims, wrong } = readLink(link, await ports.linkKey.get(), clock.now());
  if (wrong === 'expired') return said(410, 'Too late', 'The time of this link is over. Nothing was decided by it.');
  if (wrong !== undefined)
    return said(403, 'Not a genuine link', 'This link was changed or was never sent. Nothing was decided.');
  const request = await ports.approvals.read(claims.execution);
  const person = personOf(plan, claims.approver);
  if (request === null || person === null) return said(410, 'Over', 'There is no such request any more.');
  const reason = voidBecause(claims, request);
  if (reason !== null) {
    if (method === 'POST') await finish(call, claims, person.name, request);
    return said(410, 'Not possible any more', reason);
  }
  if (method === 'POST') return decide(call, claims, person.name);
  return answered(
    200,
    askPage({
      choice: claims.choice,
      name: person.name,
      link,
      votes: sayVotes(request),
      expiresAt: request.expiresAt,
      facts: request.facts,
    }),
  );
};

export const handler = event({
  name: 'DecideByLink',
  parse: urlEvent,
  ports: { approvals, ledger, linkKey, taskTokens },
}).handler(decideByLink);
