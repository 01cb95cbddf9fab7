import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createKeeper, type Keeper } from '#cli/lease/keeper.ts';
import { LeaseHeldError, UnreachableError } from '#domain/errors.ts';
import type { Instant, Side } from '#domain/side.ts';
import { type Lease, type LeaseTerms, LONGEST_LEASE } from '#domain/write-lease.ts';
import { fakeWriteLease } from '#test/support/fakes/write-lease.ts';
import { slowness } from '#test/support/wait-for.ts';

const TTL_MS = 90_000;
const SKEW_MS = 5_000;
const WRITE_MS = 5_000;
const TERMS: LeaseTerms = { ttlMs: TTL_MS, renewEveryMs: 15_000, marginMs: SKEW_MS + WRITE_MS };
const START = Date.parse('2026-11-23T23:35:00.000Z');

const HOLDERS: readonly Side[] = ['primary', 'primary', 'standby'];

type Step =
  | { readonly act: 'ask' | 'arrive' | 'answer' | 'lose'; readonly who: number; readonly ms: number }
  | { readonly act: 'revoke' | 'grant' | 'wait' | 'lift'; readonly ms: number };

const ms = fc.oneof(fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 0, max: TTL_MS + SKEW_MS + WRITE_MS }));
const who = fc.nat(HOLDERS.length - 1);
const single: fc.Arbitrary<readonly Step[]> = fc
  .oneof(
    fc.record({ act: fc.constantFrom('ask', 'arrive', 'answer', 'lose'), who, ms }),
    fc.record({ act: fc.constantFrom('revoke', 'grant', 'wait', 'lift'), ms }),
  )
  .map((one) => [one as Step]);
/** What goes as it should, with its delays. */
const renewal: fc.Arbitrary<readonly Step[]> = fc
  .record({ who, delays: fc.tuple(ms, ms, ms) })
  .map(({ who: index, delays: [asked, arrived, answered] }) => [
    { act: 'ask', who: index, ms: asked },
    { act: 'arrive', who: index, ms: arrived },
    { act: 'answer', who: index, ms: answered },
  ]);
const takeover: fc.Arbitrary<readonly Step[]> = fc.tuple(ms, ms).map(([revoked, granted]) => [
  { act: 'revoke', ms: revoked },
  { act: 'grant', ms: granted },
]);
const steps: fc.Arbitrary<readonly Step[]> = fc
  .array(
    fc.oneof({ weight: 4, arbitrary: single }, { weight: 3, arbitrary: renewal }, { weight: 1, arbitrary: takeover }),
    {
      minLength: 4,
      maxLength: 30,
    },
  )
  .map((parts) => parts.flat());

/** Two clocks differ by SKEW_MS at most. */
const offset = fc.integer({ min: -SKEW_MS / 2, max: SKEW_MS / 2 });

interface Call {
  readonly overAt: Instant;
  readonly resolve: (lease: Lease) => void;
  readonly reject: (error: Error) => void;
  answer: Lease | null;
}

/** Everything that takes part, on one true clock that nobody can read. */
const cast = (offsets: readonly number[]) => {
  let now = START;
  const store = fakeWriteLease('svg-ai');
  const calls = new Map<number, Call>();
  const keepers: readonly Keeper[] = HOLDERS.map((side, index) =>
    createKeeper({
      side,
      terms: TERMS,
      clocks: { monotonic: () => now - START, wall: () => now + (offsets[index] ?? 0) },
      renew: (overAt) =>
        new Promise((resolve, reject) => {
          calls.set(index, { overAt, resolve, reject, answer: null });
        }),
    }),
  );
  /** Until when a write that a side let begin may be under way, true time. */
  const busyUntil = { primary: 0, standby: 0 };
  const look = (): readonly Side[] => {
    const held = keepers.flatMap((keeper, index) => {
      const standing = keeper.standing();
      const side = HOLDERS[index] ?? 'primary';
      return standing.held ? [{ side, remainingMs: standing.remainingMs }] : [];
    });
    return [...new Set(held.map(({ side }) => side))];
  };
  /** Writers begin writes for as long as they hold it, up to the last millisecond before `until`. */
  const passTo = (until: number): void => {
    for (const [index, keeper] of keepers.entries()) {
      const standing = keeper.standing();
      const side = HOLDERS[index] ?? 'primary';
      if (standing.held)
        busyUntil[side] = Math.max(busyUntil[side], Math.min(now + standing.remainingMs, until) + WRITE_MS);
    }
    now = until;
  };
  const pipeline = (): Instant => new Date(now + (offsets[HOLDERS.length] ?? 0)).toISOString();
  return { store, calls, keepers, busyUntil, look, passTo, pipeline, now: () => now };
};

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 4; turn += 1) await Promise.resolve();
};

/** Runs the steps; gives how often each side held the lease, and throws when both may write. */
const play = async (offsets: readonly number[], played: readonly Step[]): Promise<Record<Side, number>> => {
  const at = cast(offsets);
  const held = { primary: 0, standby: 0 };
  const pending: Promise<unknown>[] = [];
  for (const one of played) {
    at.passTo(at.now() + one.ms);
    if ('who' in one) {
      const { who: index } = one;
      const call = at.calls.get(index);
      const side = HOLDERS[index] ?? 'primary';
      if (one.act === 'ask' && !call) pending.push(at.keepers[index]?.attempt() ?? Promise.resolve());
      if (one.act === 'arrive' && call && !call.answer) call.answer = await at.store.renew('svg-ai', side, call.overAt);
      if (one.act === 'answer' && call?.answer) {
        at.calls.delete(index);
        call.resolve(call.answer);
      }
      if (one.act === 'lose' && call) {
        at.calls.delete(index);
        call.reject(new UnreachableError('no answer'));
      }
    }
    if (one.act === 'revoke') await at.store.revoke('svg-ai', 'primary', 1, at.pipeline());
    // A recovery that was not promoted gives it back; after the standby has it there is no way back.
    if (one.act === 'lift' && at.store.lease.holder === 'primary')
      await at.store.grant('svg-ai', 'primary', 1, at.pipeline(), { unwaited: true });
    if (one.act === 'grant') {
      await at.store.grant('svg-ai', 'standby', 1, at.pipeline(), { unwaited: false }).catch((error: unknown) => {
        if (!(error instanceof LeaseHeldError)) throw error;
      });
    }
    await settle();
    const writers = at.look();
    for (const side of writers) held[side] += 1;
    expect(writers.length, `both hold it after ${JSON.stringify(one)}`).toBeLessThan(2);
    if (writers.includes('standby'))
      expect(at.busyUntil.primary, 'a write of the old primary').toBeLessThanOrEqual(at.now());
  }
  for (const call of at.calls.values()) call.reject(new UnreachableError('over'));
  await Promise.all(pending);
  return held;
};

test('at no instant do both sides hold it, nor does a write outlive it: any order, any delay, clocks within the margin', {
  timeout: 60_000 * slowness,
}, async () => {
  const seen = { primary: 0, standby: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.array(offset, { minLength: HOLDERS.length + 1, maxLength: HOLDERS.length + 1 }),
      steps,
      async (offsets, played) => {
        const held = await play(offsets, played);
        seen.primary += held.primary;
        seen.standby += held.standby;
      },
    ),
    { numRuns: 1_000 },
  );
  // It is no proof when nobody ever held it.
  expect(Math.min(seen.primary, seen.standby)).toBeGreaterThan(100);
});

const HOURS_MS = 7_200_000;

test('nor does a sidecar whose clock is hours ahead give two writers, or keep the standby waiting for hours', {
  timeout: 60_000 * slowness,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(offset, { minLength: HOLDERS.length, maxLength: HOLDERS.length }),
      steps,
      async (others, played) => {
        await play([HOURS_MS, ...others], played);
      },
    ),
    { numRuns: 300 },
  );
  const longest = 1_000 * Object.values(LONGEST_LEASE).reduce((sum, seconds) => sum + seconds, 0);
  const takenOver = (afterMs: number): readonly Step[] => [
    { act: 'ask', who: 0, ms: 0 },
    { act: 'arrive', who: 0, ms: 0 },
    { act: 'answer', who: 0, ms: 0 },
    { act: 'revoke', ms: 0 },
    { act: 'grant', ms: afterMs },
    { act: 'ask', who: 2, ms: 0 },
    { act: 'arrive', who: 2, ms: 0 },
    { act: 'answer', who: 2, ms: 0 },
  ];
  expect(await play([HOURS_MS, 0, 0, 0], takenOver(longest - 1))).toMatchObject({ standby: 0 });
  expect(await play([HOURS_MS, 0, 0, 0], takenOver(longest))).toMatchObject({ standby: 1 });
});

/** The old primary's clock is behind, the others are ahead; its last renewal is used to its last millisecond. */
const worst = (leaveOut: number): readonly Step[] => [
  { act: 'ask', who: 0, ms: 0 },
  { act: 'arrive', who: 0, ms: 0 },
  { act: 'answer', who: 0, ms: 0 },
  { act: 'revoke', ms: 0 },
  { act: 'grant', ms: TTL_MS + WRITE_MS - leaveOut },
  { act: 'ask', who: 2, ms: 0 },
  { act: 'arrive', who: 2, ms: 0 },
  { act: 'answer', who: 2, ms: 0 },
];

test('in the worst case the standby begins at the millisecond at which the last write of the old primary is over', async () => {
  const offsets = [-SKEW_MS / 2, 0, SKEW_MS / 2, SKEW_MS / 2];
  expect(await play(offsets, worst(0))).toMatchObject({ standby: 1 });
  expect(await play(offsets, worst(1))).toMatchObject({ standby: 0 });
  await expect(play([-SKEW_MS / 2 - 1, 0, 0, SKEW_MS / 2 + 1], worst(1))).rejects.toThrow('a write of the old primary');
});
