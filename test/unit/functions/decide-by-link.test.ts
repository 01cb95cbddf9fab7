import { describe, expect, it } from 'vitest';
import { type LinkClaims, signLink } from '#domain/decision-link.ts';
import { openRound } from '#domain/votes.ts';
import { EXECUTION, type World, world } from '#test/support/fakes/world.ts';
import { decideByLink } from '../../../functions/decide-by-link.ts';

const NONCE = 'a-word-of-sixteen-or-more';

/** An open request of two approvals; its facts try to be HTML. */
const asked = async () => {
  const at = world();
  const opened = openRound(null, {
    execution: EXECUTION,
    plan: 'svg-ai',
    incident: at.request.incident.id,
    token: 'token',
    round: 1,
    needed: 2,
    approvers: ['john-doe', 'jane-smith', 'bob-wilson'],
    nonces: { 'john-doe': NONCE, 'jane-smith': `${NONCE}-2`, 'bob-wilson': `${NONCE}-3` },
    facts: 'Promote? <script>alert(1)</script>',
    now: at.clock.now(),
    withinSeconds: 600,
  });
  await at.ports.approvals.write(opened);
  return { at, expiresAt: opened.expiresAt };
};

const linkOf = async (at: World, expiresAt: string, more: Partial<LinkClaims> = {}) =>
  signLink(
    { execution: EXECUTION, approver: 'john-doe', choice: 'approve', expiresAt, nonce: NONCE, ...more },
    await at.ports.linkKey.get(),
  );

const call = (at: World, method: string, d: string, reason?: string) =>
  decideByLink({
    ...at,
    event: {
      requestContext: { http: { method } },
      queryStringParameters: { d },
      ...(reason === undefined
        ? {}
        : { body: Buffer.from(new URLSearchParams({ reason }).toString()).toString('base64'), isBase64Encoded: true }),
    },
  });

const votesOf = (at: World) => at.ports.approvals.requests.get(EXECUTION)?.votes ?? [];

describe('DecideByLink', () => {
  it('decides nothing when the link is only opened, as mail scanners do', async () => {
    const { at, expiresAt } = await asked();
    const page = await call(at, 'GET', await linkOf(at, expiresAt));
    expect(page).toMatchObject({ statusCode: 200, headers: { 'cache-control': 'no-store' } });
    expect(page.body).toContain('Approve, as John Doe?');
    expect(page.body).toContain('<form method="post"');
    expect(page.body).not.toContain('<script>');
    expect(votesOf(at)).toEqual([]);
  });

  it('counts the decision that is confirmed, with its reason, under the name of the person', async () => {
    const { at, expiresAt } = await asked();
    const page = await call(at, 'POST', await linkOf(at, expiresAt), ' the region is gone ');
    expect(page.body).toContain('1 of 2 approved: john-doe');
    expect(votesOf(at)).toMatchObject([
      { approver: 'john-doe', choice: 'approve', reason: 'the region is gone', via: 'link' },
    ]);
    expect(at.ports.ledger.entries).toMatchObject([{ kind: 'decision', actor: 'person:John Doe' }]);
    expect(at.ports.taskTokens.sent).toEqual([]);
  });

  it('gives the decision that completes the request to the run, once', async () => {
    const { at, expiresAt } = await asked();
    await call(at, 'POST', await linkOf(at, expiresAt), 'gone');
    const second = await linkOf(at, expiresAt, { approver: 'jane-smith', nonce: `${NONCE}-2` });
    const page = await call(at, 'POST', second, 'gone');
    expect(page.body).toContain('The recovery goes on by it.');
    expect(at.ports.taskTokens.sent).toMatchObject([{ token: 'token', output: { approvedBy: [{}, {}] } }]);
  });

  it('declines by the other link', async () => {
    const { at, expiresAt } = await asked();
    await call(at, 'POST', await linkOf(at, expiresAt, { choice: 'decline' }), 'no');
    expect(at.ports.taskTokens.sent).toMatchObject([
      { error: 'ApprovalDeclinedError', cause: expect.stringContaining('john-doe') },
    ]);
  });

  it('takes a link once: neither it nor the other one of the same person counts again', async () => {
    const { at, expiresAt } = await asked();
    const link = await linkOf(at, expiresAt);
    await call(at, 'POST', link, 'gone');
    for (const again of [link, await linkOf(at, expiresAt, { choice: 'decline' })]) {
      for (const method of ['GET', 'POST']) {
        const page = await call(at, method, again, 'again');
        expect(page.statusCode).toBe(410);
        expect(page.body).toContain('This link was used: you chose approve');
      }
    }
    expect(votesOf(at)).toHaveLength(1);
  });

  it('refuses what was changed, what is over, and what was not sent for this request', async () => {
    const { at, expiresAt } = await asked();
    const link = await linkOf(at, expiresAt);
    expect((await call(at, 'POST', `${link.slice(0, -2)}xx`, 'gone')).statusCode).toBe(403);
    expect((await call(at, 'GET', '')).statusCode).toBe(403);
    const other = await linkOf(at, expiresAt, { nonce: 'some-other-word-of-length' });
    expect(await call(at, 'POST', other, 'gone')).toMatchObject({
      statusCode: 410,
      body: expect.stringContaining('does not belong'),
    });
    const stranger = await linkOf(at, expiresAt, { approver: 'mike-johnson' });
    expect((await call(at, 'POST', stranger, 'gone')).statusCode).toBe(410);
    at.clock.advance(600_000);
    expect(await call(at, 'POST', link, 'gone')).toMatchObject({
      statusCode: 410,
      body: expect.stringContaining('Too late'),
    });
    expect(votesOf(at)).toEqual([]);
  });

  it('wants a reason, and no method but GET and POST', async () => {
    const { at, expiresAt } = await asked();
    const link = await linkOf(at, expiresAt);
    expect((await call(at, 'POST', link, '  ')).statusCode).toBe(400);
    expect((await call(at, 'DELETE', link)).statusCode).toBe(405);
    expect(votesOf(at)).toEqual([]);
  });

  it('decides nothing off the record, and finishes when the same person tries again', async () => {
    const { at, expiresAt } = await asked();
    const link = await linkOf(at, expiresAt, { choice: 'decline' });
    at.ports.ledger.down = true;
    await expect(call(at, 'POST', link, 'no')).rejects.toMatchObject({ name: 'LedgerUnavailableError' });
    expect(at.ports.taskTokens.sent).toEqual([]);
    at.ports.ledger.down = false;
    await call(at, 'POST', link, 'no');
    expect(at.ports.taskTokens.sent).toHaveLength(1);
    expect(at.ports.ledger.entries).toHaveLength(1);
  });
});
