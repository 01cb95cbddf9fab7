import { describe, expect, it } from 'vitest';
import type { Instance } from '#lab/services/lambda/instance.ts';
import { createPool, createStartTurns } from '#lab/services/lambda/pool.ts';
import { waitFor } from '#test/support/wait-for.ts';

/** Processes that are ready when the test says so. */
const processes = () => {
  const starting: (() => void)[] = [];
  let started = 0;
  let most = 0;
  const start = (): Instance => {
    const ready = Promise.withResolvers<undefined>();
    const gone = Promise.withResolvers<void>();
    started += 1;
    const pid = started;
    let alive = true;
    starting.push(() => ready.resolve(undefined));
    most = Math.max(most, starting.length);
    return {
      pid,
      get alive() {
        return alive;
      },
      initMs: 1,
      ready: ready.promise,
      gone: gone.promise,
      invoke: async () => ({ payload: String(pid), durationMs: 1, maxMemoryMb: 1, status: 'ok' }),
      kill: () => {
        alive = false;
        gone.resolve();
      },
      takeOver: () => undefined,
    };
  };
  const seen = () => ({ started, most, starting: starting.length });
  return { start, seen, oneReady: () => starting.shift()?.() };
};

describe('processes of many functions', () => {
  it('start in turn: no more at a time than there are turns, and all in the end', async () => {
    const made = processes();
    const turn = createStartTurns(2);
    const pools = Array.from({ length: 5 }, () => createPool(made.start, turn));
    const warm = Promise.all(pools.map((pool) => pool.warm()));
    for (let ready = 0; ready < 5; ready += 1) {
      await waitFor('a start', () => made.seen().starting > 0);
      made.oneReady();
    }
    await warm;
    expect(made.seen()).toEqual({ started: 5, most: 2, starting: 0 });
  });

  it('are not started for who was served while it waited for its turn', async () => {
    const made = processes();
    const turn = createStartTurns(1);
    const pool = createPool(made.start, turn);
    const first = pool.acquire();
    await waitFor('the first start', () => made.seen().starting === 1);
    made.oneReady();
    const lease = await first;
    if (!('instance' in lease)) throw new Error('it failed');

    const other = createPool(made.start, turn);
    const warm = other.warm();
    await waitFor("the other function's start", () => made.seen().starting === 1);
    const second = pool.acquire();
    pool.release(lease.instance);
    await expect(second).resolves.toEqual(lease);
    made.oneReady();
    await warm;
    // Its turn has come and gone.
    await new Promise((resolve) => setImmediate(resolve));
    expect(made.seen().started).toBe(2);
  });

  it('give their turn back when they cannot be started', async () => {
    const made = processes();
    const turn = createStartTurns(1);
    const none = createPool(() => {
      throw new Error('no more processes');
    }, turn);
    await expect(none.warm()).rejects.toThrow('no more processes');
    const warm = createPool(made.start, turn).warm();
    await waitFor("the other function's start", () => made.seen().starting === 1);
    made.oneReady();
    await warm;
  });

  it('give their turn back when the function is gone meanwhile', async () => {
    const made = processes();
    const turn = createStartTurns(1);
    const [first, removed, last] = [0, 1, 2].map(() => createPool(made.start, turn));
    const warm = first?.warm();
    const never = removed?.warm();
    const after = last?.warm();
    await removed?.close();
    await waitFor('the first start', () => made.seen().starting === 1);
    made.oneReady();
    await waitFor('the last start', () => made.seen().started === 2);
    made.oneReady();
    await Promise.all([warm, never, after]);
    expect(made.seen()).toMatchObject({ started: 2, most: 1 });
  });
});
