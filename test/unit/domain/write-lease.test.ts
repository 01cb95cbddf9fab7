import { describe, expect, it } from 'vitest';
import {
  granted,
  grantRefusal,
  holds,
  type Lease,
  leaseFence,
  overAtOf,
  overBy,
  renewed,
  revoked,
  termsOf,
  untouched,
  waitMs,
} from '#domain/write-lease.ts';

const NOW = '2026-11-23T12:00:00.000Z';
const at = (seconds: number): string => new Date(Date.parse(NOW) + seconds * 1_000).toISOString();
const lease = (more: Partial<Lease> = {}): Lease => ({ ...untouched('svg-ai'), ...more });
const until = (primary: string | null, standby: string | null = null) => ({ overAt: { primary, standby } });

describe('the write lease', () => {
  it('has its durations from the plan, divided by the time scale', () => {
    const durations = { ttlSeconds: 90, renewEverySeconds: 15, clockSkewSeconds: 5, writeWithinSeconds: 5 };
    expect(termsOf(durations)).toEqual({ ttlMs: 90_000, renewEveryMs: 15_000, marginMs: 10_000 });
    expect(termsOf(durations, 60)).toEqual({ ttlMs: 1_500, renewEveryMs: 250, marginMs: 10_000 / 60 });
    expect(overAtOf(Date.parse(NOW), termsOf(durations))).toBe(at(100));
    // Parts of a millisecond are waited for too.
    expect(overAtOf(Date.parse(NOW) + 0.1, termsOf(durations))).toBe('2026-11-23T12:01:40.001Z');
  });

  it('grows by an epoch with each change of hands, and with nothing else', () => {
    const first = renewed(lease(), 'primary', at(90));
    expect(first).toMatchObject({ epoch: 0, overAt: { primary: at(90) } });
    expect(renewed(lease(until(at(100))), 'primary', at(90))).toMatchObject({ overAt: { primary: at(100) } });
    expect(renewed(lease(), 'standby', at(90))).toBeNull();
    const taken = revoked(lease(), 'primary', 7, NOW);
    expect(taken).toMatchObject({ state: 'revoked', epoch: 1, claim: 7 });
    expect(revoked(taken, 'primary', 7, NOW)).toEqual(taken);
    expect(revoked(lease(), 'standby', 7, NOW)).toMatchObject({
      state: 'granted',
      holder: 'primary',
      epoch: 0,
      claim: 7,
    });
    const given = granted(taken, 'standby', 7, NOW);
    expect(given).toMatchObject({ state: 'granted', holder: 'standby', epoch: 2 });
    expect(granted(given, 'standby', 7, NOW)).toEqual(given);
    expect([holds(given, 'standby'), holds(given, 'primary'), holds(taken, 'primary')]).toEqual([true, false, false]);
  });

  it('waits for a side that asked for hours, by a wrong clock, no longer after it lost the lease than any lease lasts', () => {
    const longest = 720;
    const taken = revoked(lease(until(at(7_200))), 'primary', 7, NOW);
    expect(overBy(taken, 'primary')).toBe(at(longest));
    expect(leaseFence(taken, 'primary', at(longest - 1))).toEqual({ state: 'wait', until: at(longest) });
    expect(leaseFence(taken, 'primary', at(longest))).toEqual({ state: 'proven' });
    expect(grantRefusal(taken, 'standby', at(longest - 1), { unwaited: false })).toContain(at(longest));
    expect(grantRefusal(taken, 'standby', at(longest), { unwaited: false })).toBeNull();
    // A repeated fence does not begin to wait anew, and what was asked for is not waited for longer than that.
    expect(overBy(revoked(taken, 'primary', 7, at(300)), 'primary')).toBe(at(longest));
    expect(overBy(revoked(lease(until(at(90))), 'primary', 7, NOW), 'primary')).toBe(at(90));
    // It counts from each loss, also of a lease that the other side gets at once, and not while the side has it.
    const back = granted(taken, 'primary', 7, at(10));
    expect(overBy(back, 'primary')).toBe(at(7_200));
    expect(overBy(granted(back, 'standby', 7, at(20)), 'primary')).toBe(at(20 + longest));
  });

  it('is refused to the other side while it is held, and until what was granted has run out', () => {
    const waited = { unwaited: false };
    // Held, though nobody renews it: a renewal that is on its way would come through beside the grant.
    expect(grantRefusal(lease(until(at(-60))), 'standby', NOW, waited)).toBe(
      'the primary holds it: it has to be revoked first',
    );
    const taken = lease({ state: 'revoked', ...until(at(1)) });
    expect(grantRefusal(taken, 'standby', NOW, waited)).toBe(`the primary may still write until ${at(1)}`);
    expect(grantRefusal(taken, 'standby', at(1), waited)).toBeNull();
    expect(grantRefusal(taken, 'standby', NOW, { unwaited: true })).toBeNull();
    expect(grantRefusal(taken, 'primary', NOW, waited)).toBeNull();
    // Back again: what the standby may still do counts, whoever held it before.
    const back = lease({ holder: 'standby', state: 'revoked', ...until(at(-60), at(5)) });
    expect(grantRefusal(back, 'primary', NOW, waited)).toBe(`the standby may still write until ${at(5)}`);
  });

  it.each([
    ['the primary holds it', lease(until(at(-5))), 'not-proven'],
    ['taken, never renewed', lease({ state: 'revoked' }), 'not-proven'],
    ['taken, silent for more than a day', lease({ state: 'revoked', ...until(at(-86_401)) }), 'not-proven'],
    ['taken, over', lease({ state: 'revoked', ...until(at(0)) }), 'proven'],
    ['taken, not over', lease({ state: 'revoked', ...until(at(0.001)) }), 'wait'],
    ['the standby has it since long', lease({ holder: 'standby', ...until(at(-99_999)) }), 'proven'],
    ['the standby has it, unwaited', lease({ holder: 'standby', ...until(at(3)) }), 'wait'],
  ] as const)('as a fence: %s', (_, one, state) => {
    expect(leaseFence(one, 'primary', NOW).state).toBe(state);
  });

  it('waits by the side that is asked about', () => {
    const one = lease(until(at(2), at(9)));
    expect(waitMs(one, 'primary', NOW)).toBe(2_000);
    expect(waitMs(one, 'standby', NOW)).toBe(9_000);
    expect(waitMs(one, 'primary', at(2))).toBeNull();
    expect(waitMs(lease(), 'primary', NOW)).toBeNull();
  });
});
