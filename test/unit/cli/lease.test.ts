import { afterEach, describe, expect, it } from 'vitest';
import { createKeeper } from '#cli/lease/keeper.ts';
import { type Sidecar, startSidecar } from '#cli/lease/server.ts';
import { UnreachableError } from '#domain/errors.ts';
import type { Instant } from '#domain/side.ts';
import { type Lease, renewed, revoked, untouched } from '#domain/write-lease.ts';

const TERMS = { ttlMs: 1_000, renewEveryMs: 200, marginMs: 100 };

/** One keeper over clocks that the test moves, and a third site that it answers for. */
const keeping = () => {
  const at = { monotonic: 0, wall: Date.parse('2026-11-23T12:00:00.000Z') };
  let answer: (overAt: Instant) => Promise<Lease> = async (overAt) =>
    renewed(untouched('svg-ai'), 'primary', overAt) ?? untouched('svg-ai');
  const keeper = createKeeper({
    side: 'primary',
    terms: TERMS,
    clocks: { monotonic: () => at.monotonic, wall: () => at.wall },
    renew: (overAt) => answer(overAt),
  });
  return {
    keeper,
    pass: (ms: number) => {
      at.monotonic += ms;
      at.wall += ms;
    },
    at,
    answer: (by: typeof answer) => {
      answer = by;
    },
  };
};

describe('the keeper of a lease', () => {
  it('holds nothing before it is told so', () => {
    expect(keeping().keeper.standing()).toEqual({ held: false, side: 'primary', reason: 'not asked for yet' });
  });

  it('counts from before it asked, whatever the answer took', async () => {
    const { keeper, pass, answer } = keeping();
    answer(async (overAt) => {
      pass(400);
      return renewed(untouched('svg-ai'), 'primary', overAt) ?? untouched('svg-ai');
    });
    await keeper.attempt();
    expect(keeper.standing()).toMatchObject({ held: true, remainingMs: 600 });
    pass(599);
    expect(keeper.standing()).toMatchObject({ held: true, remainingMs: 1 });
    pass(1);
    expect(keeper.standing()).toMatchObject({ held: false });
  });

  it('goes by the clock that says less: one may stand still, one may be set', async () => {
    const { keeper, at } = keeping();
    await keeper.attempt();
    at.wall += 1_000;
    expect(keeper.standing()).toMatchObject({ held: false });
    at.wall -= 5_000;
    expect(keeper.standing()).toMatchObject({ held: true, remainingMs: 1_000 });
    at.monotonic += 1_000;
    expect(keeper.standing()).toMatchObject({ held: false });
  });

  it('keeps what it has while nobody answers, and no longer', async () => {
    const { keeper, pass, answer } = keeping();
    await keeper.attempt();
    pass(500);
    answer(() => Promise.reject(new UnreachableError('no answer')));
    await keeper.attempt();
    expect(keeper.standing()).toMatchObject({ held: true, remainingMs: 500 });
    pass(500);
    expect(keeper.standing()).toEqual({ held: false, side: 'primary', reason: 'UnreachableError: no answer' });
  });

  it('gives up at once what it hears was taken', async () => {
    const { keeper, answer } = keeping();
    await keeper.attempt();
    answer(async () => revoked(untouched('svg-ai'), 'primary', 3, '2026-11-23T12:00:00.000Z'));
    await keeper.attempt();
    expect(keeper.standing()).toEqual({ held: false, side: 'primary', reason: 'revoked, epoch 1' });
  });

  it('does not count on a renewal that did not reach the item', async () => {
    const { keeper, answer } = keeping();
    answer(async () => ({ ...untouched('svg-ai'), overAt: { primary: '2026-11-23T12:00:01.099Z', standby: null } }));
    await keeper.attempt();
    expect(keeper.standing()).toMatchObject({ held: false });
  });
});

describe('the sidecar', () => {
  let sidecar: Sidecar | undefined;
  afterEach(() => sidecar?.stop());
  const start = async (keeper: Parameters<typeof startSidecar>[0]['keeper']) => {
    const lines: string[] = [];
    sidecar = await startSidecar({
      keeper,
      host: '127.0.0.1',
      port: 0,
      renewEveryMs: 20,
      log: (event) => void lines.push(event),
    });
    const { port } = sidecar;
    const get = async (path: string, init: RequestInit = {}) => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, init);
      return { status: answer.status, body: await answer.json() };
    };
    return { lines, get };
  };

  it('says whether the application may write, and that it lives', async () => {
    const { keeper, answer, pass } = keeping();
    const { get, lines } = await start(keeper);
    expect(await get('/lease')).toMatchObject({ status: 200, body: { held: true, side: 'primary', epoch: 0 } });
    answer(() => Promise.reject(new UnreachableError('no answer')));
    pass(1_000);
    expect(await get('/lease')).toMatchObject({ status: 503, body: { held: false } });
    expect(await get('/health')).toMatchObject({ status: 200 });
    expect(await get('/else')).toMatchObject({ status: 404 });
    expect(await get('/lease', { method: 'POST' })).toMatchObject({ status: 405 });
    expect(lines.filter((line) => line === 'held')).toHaveLength(1);
  });

  it('makes whoever asks first wait for the first answer of the third site', async () => {
    const { keeper, answer } = keeping();
    let late: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => {
      late = resolve;
    });
    answer(async (overAt) => {
      await arrived;
      return renewed(untouched('svg-ai'), 'primary', overAt) ?? untouched('svg-ai');
    });
    const { get } = await start(keeper);
    const asked = get('/lease');
    late();
    expect(await asked).toMatchObject({ status: 200 });
  });
});
