import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { attempt } from '#src/attempt.ts';
import { pieceOfWork, presentSignal, readForAll } from '#src/work.ts';

/** A door that the test opens. */
const door = () => Promise.withResolvers<void>();

it('is over when it has its end, also for what is left of it', async () => {
  const slow = door();
  let left: Promise<boolean | undefined> | undefined;
  const during = await pieceOfWork(async () => {
    left = slow.promise.then(() => presentSignal()?.aborted);
    return presentSignal()?.aborted;
  });
  expect(during).toBe(false);
  slow.resolve();
  await expect(left).resolves.toBe(true);
});

it('is over when it fails, and when its time is', async () => {
  let failed: AbortSignal | undefined;
  const failing = pieceOfWork(async (over) => {
    failed = over;
    throw new Error('broken');
  });
  await expect(failing).rejects.toThrow('broken');
  expect(failed?.aborted).toBe(true);

  const time = new AbortController();
  const slow = door();
  const late = pieceOfWork(async () => {
    await slow.promise;
    return presentSignal()?.aborted;
  }, time.signal);
  time.abort();
  slow.resolve();
  await expect(late).resolves.toBe(true);
});

it('is over with the piece of work that it is part of, and this goes on after it', async () => {
  const outer = await pieceOfWork(async () => {
    const inner = await pieceOfWork(async (over) => over);
    return { inner, own: presentSignal()?.aborted };
  });
  expect(outer.own).toBe(false);

  const slow = door();
  let inner: Promise<boolean> | undefined;
  await pieceOfWork(async () => {
    inner = pieceOfWork(async (over) => {
      await slow.promise;
      return over.aborted;
    });
  });
  slow.resolve();
  await expect(inner).resolves.toBe(true);
});

it('keeps its own end when the process does another piece of work meanwhile', async () => {
  const slow = door();
  const old = new AbortController();
  const zombie = pieceOfWork(async () => {
    await slow.promise;
    return presentSignal()?.aborted;
  }, old.signal);
  old.abort();
  const next = pieceOfWork(async () => {
    slow.resolve();
    return { zombie: await zombie, own: presentSignal()?.aborted };
  });
  await expect(next).resolves.toEqual({ zombie: true, own: false });
});

it('does not bound what is read for all', async () => {
  const slow = door();
  let shared: Promise<AbortSignal | undefined> | undefined;
  await pieceOfWork(async () => {
    shared = readForAll(async () => {
      await slow.promise;
      return presentSignal();
    });
  });
  slow.resolve();
  await expect(shared).resolves.toBeUndefined();
});

it('does not exist where nobody began one: a command of a person', () => {
  expect(presentSignal()).toBeUndefined();
});

it('ends when an attempt gives it up; the step that made the attempt goes on', async () => {
  const slow = door();
  let given: Promise<boolean | undefined> | undefined;
  const step = await pieceOfWork(async () => {
    const answer = await attempt(async () => {
      given = slow.promise.then(() => presentSignal()?.aborted);
      await slow.promise;
    }, 20);
    return { outcome: answer.outcome, own: presentSignal()?.aborted };
  });
  expect(step).toEqual({ outcome: 'unreachable', own: false });
  slow.resolve();
  await expect(given).resolves.toBe(true);
});

it('is not over while an attempt is in time', async () => {
  const answer = await attempt(async () => {
    await setTimeout(5);
    return presentSignal()?.aborted;
  }, 1_000);
  expect(answer).toMatchObject({ outcome: 'answered', value: false });
});
