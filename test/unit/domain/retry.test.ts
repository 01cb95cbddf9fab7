import { describe, expect, it } from 'vitest';
import { MOST_REASON } from '#domain/request.ts';
import { type Ended, retryOf } from '#domain/retry.ts';

const INPUT = { plan: 'svg-ai', reason: 'the region is gone', mode: 'failover', by: 'bob' };
const WORD = { by: 'jane', reason: 'again' };

const again = (more: Partial<Ended>) =>
  retryOf('svg-ai', { name: 'first', input: INPUT, error: 'ServiceUnavailableError', asked: false, ...more }, WORD);

describe('a retry', () => {
  it('is the same again, by who orders it', () => {
    expect(again({})).toEqual({
      input: { plan: 'svg-ai', reason: 'retry of first: again', mode: 'failover', by: 'jane' },
      leftOut: {},
    });
  });

  it('of a dry run is a dry run', () => {
    expect(again({ input: { ...INPUT, mode: 'dry-run' } })).toMatchObject({ input: { mode: 'dry-run' } });
  });

  it('asks whom the first was to ask, and as long', () => {
    const input = { ...INPUT, approval: 'required', decideWithin: '6m' };
    expect(again({ input })).toMatchObject({ input: { approval: 'required', decideWithin: '6m' } });
  });

  it('is as grave as its person said, and as nobody said where it is none of the four', () => {
    expect(again({ input: { ...INPUT, severity: 3 } })).toMatchObject({ input: { severity: 3 } });
    expect(again({ input: { ...INPUT, severity: 7 } })).toEqual(again({}));
  });

  it.each([
    { error: 'ApprovalDeclinedError' },
    { error: 'ApprovalTimedOutError' },
    { error: 'AbortedError', asked: true },
  ])('asks people where the first did, though its request did not want it: %o', (more) => {
    expect(again(more)).toMatchObject({ input: { approval: 'required' } });
  });

  it("of an alarm's run carries nothing of the alarm", () => {
    const incident = { id: 'INC-2026-1123-001', startedAt: 'x', detectedAt: 'x' };
    const input = { plan: 'svg-ai', reason: 'r', mode: 'failover', trigger: { alarm: 'a', at: 'x' }, incident };
    expect(again({ input })).toEqual(again({}));
  });

  it('takes no override over, and says which there were', () => {
    const overrides = { 'GU-210': 'accepted by the board' };
    const retry = again({ input: { ...INPUT, overrides } });
    expect(retry).toMatchObject({ leftOut: overrides });
    expect(retry).not.toHaveProperty('input.overrides');
  });

  it('fits into a request, however long the reason is', () => {
    const long = retryOf(
      'svg-ai',
      { name: 'first', input: INPUT, error: null, asked: false },
      { ...WORD, reason: 'r'.repeat(MOST_REASON) },
    );
    expect(long).toMatchObject({ input: { reason: expect.stringMatching(/^retry of first: r{984}$/) } });
  });

  it.each([null, 'text', {}, { mode: 'failback' }])('is refused where nobody knows what the first was: %o', (input) => {
    expect(again({ input })).toMatch(/^first was started with mode .*none of failover, dry-run/);
  });
});
