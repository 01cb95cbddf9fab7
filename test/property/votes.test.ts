import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ApprovalRequest, type Choice, castVote, lapse, openRound, type Vote } from '#domain/votes.ts';

const PEOPLE = ['a', 'b', 'c', 'd', 'e'] as const;
const at = (seconds: number): string =>
  new Date(Date.parse('2026-11-24T03:00:00.000Z') + seconds * 1_000).toISOString();

const requestOf = (needed: number, approvers: readonly string[] = PEOPLE): ApprovalRequest =>
  openRound(null, {
    execution: 'arn:run',
    plan: 'svg-ai',
    incident: 'INC-2026-1124-001',
    token: 'token',
    round: 1,
    needed,
    approvers,
    nonces: {},
    facts: '',
    now: at(0),
    withinSeconds: 600,
  });

const voteOf = (approver: string, choice: Choice, seconds = 1): Vote => ({
  approver,
  choice,
  reason: 'as tested',
  at: at(seconds),
  via: 'command',
});

const votes = fc.array(
  fc.record({
    approver: fc.constantFrom(...PEOPLE, 'stranger'),
    choice: fc.constantFrom<Choice>('approve', 'approve', 'approve', 'decline'),
    seconds: fc.integer({ min: 0, max: 700 }),
  }),
  { maxLength: 20 },
);

const run = (request: ApprovalRequest, given: readonly Vote[]) => {
  let now = request;
  const effects = given.map((vote) => {
    const cast = castVote(now, vote);
    if (cast.effect !== 'refused') now = cast.request;
    return cast.effect;
  });
  return { request: now, effects };
};

test('a request is decided once at most, and nothing changes it afterwards', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), votes, (needed, given) => {
      const { request, effects } = run(
        requestOf(needed),
        given.map(({ approver, choice, seconds }) => voteOf(approver, choice, seconds)),
      );
      const decides = effects.filter((effect) => effect === 'decides');
      expect(decides).toHaveLength(request.status === 'open' ? 0 : 1);
      const after = effects.slice(effects.indexOf('decides') + 1);
      if (decides.length > 0) expect(after.filter((effect) => !['refused', 'repeated'].includes(effect))).toEqual([]);
    }),
  );
});

test('approved by exactly M different approvers who were asked, in time; declined by exactly one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), votes, (needed, given) => {
      const { request } = run(
        requestOf(needed, PEOPLE.slice(0, 4)),
        given.map(({ approver, choice, seconds }) => voteOf(approver, choice, seconds)),
      );
      const of = (choice: Choice) => request.votes.filter((vote) => vote.choice === choice);
      expect(new Set(request.votes.map(({ approver }) => approver)).size).toBe(request.votes.length);
      for (const vote of request.votes) {
        expect(PEOPLE.slice(0, 4)).toContain(vote.approver);
        expect(vote.at < request.expiresAt).toBe(true);
      }
      expect(request.status === 'declined').toBe(of('decline').length === 1);
      expect(request.status === 'approved').toBe(of('decline').length === 0 && of('approve').length === needed);
    }),
  );
});

test('approvals alone come to the same in any order', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.shuffledSubarray([...PEOPLE]),
      fc.array(fc.constantFrom(...PEOPLE)),
      (needed, order, again) => {
        const { request } = run(
          requestOf(needed),
          [...order, ...again].map((approver) => voteOf(approver, 'approve')),
        );
        const different = new Set([...order, ...again]).size;
        expect(request.status).toBe(different >= needed ? 'approved' : 'open');
        expect(request.votes).toHaveLength(Math.min(different, needed));
      },
    ),
  );
});

test('a second round keeps votes, decision and end of the time; a lapsed request takes no vote', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), votes, (needed, given) => {
      const { request } = run(
        requestOf(needed),
        given.map(({ approver, choice, seconds }) => voteOf(approver, choice, seconds)),
      );
      const { votes: kept, status, expiresAt, ...fields } = request;
      const again = openRound(request, { ...fields, token: 'second', round: 2, now: at(300), withinSeconds: 600 });
      expect(again).toMatchObject({ votes: kept, status, expiresAt, version: request.version + 1, token: 'second' });
      const over = lapse(again);
      expect(over.status).toBe(status === 'open' ? 'lapsed' : status);
      const fresh = PEOPLE.find((person) => kept.every(({ approver }) => approver !== person));
      if (fresh) expect(castVote(over, voteOf(fresh, 'approve')).effect).toBe('refused');
    }),
  );
});
