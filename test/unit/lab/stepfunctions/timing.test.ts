import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { childOf, deadline, pause, untilAborted } from '#lab/services/stepfunctions/timing.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const signal = new AbortController().signal;

test('a pause longer than a timer takes is one pause', async () => {
  const days = 30 * 86_400_000;
  let over = false;
  void pause(days, signal).then(() => {
    over = true;
  });
  await vi.advanceTimersByTimeAsync(days - 10);
  expect(over).toBe(false);
  await vi.advanceTimersByTimeAsync(20);
  expect(over).toBe(true);
});

test('an aborted pause rejects with the reason and leaves no timer', async () => {
  const controller = new AbortController();
  const waiting = pause(1_000, controller.signal);
  controller.abort('enough');
  await expect(waiting).rejects.toBe('enough');
  await expect(pause(1_000, controller.signal)).rejects.toBe('enough');
  expect(vi.getTimerCount()).toBe(0);
});

test('a deadline that is restarted starts again, a stopped one never expires', async () => {
  let expired = 0;
  const limit = deadline(100, () => new Error('late'));
  limit.expired.catch(() => {
    expired += 1;
  });
  await vi.advanceTimersByTimeAsync(90);
  limit.restart();
  await vi.advanceTimersByTimeAsync(90);
  expect(expired).toBe(0);
  await vi.advanceTimersByTimeAsync(20);
  expect(expired).toBe(1);

  const stopped = deadline(100, () => new Error('late'));
  stopped.expired.catch(() => {
    expired += 1;
  });
  stopped.stop();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(expired).toBe(1);
});

test('a child aborts with its parent for the same reason, and alone without it', async () => {
  const parent = new AbortController();
  const alone = childOf(parent.signal);
  alone.controller.abort('mine');
  expect(parent.signal.aborted).toBe(false);
  const child = childOf(parent.signal);
  const unlinked = childOf(parent.signal);
  unlinked.unlink();
  const work = untilAborted(new Promise(() => {}), child.controller.signal);
  parent.abort('all');
  await expect(work).rejects.toBe('all');
  expect([child.controller.signal.reason, unlinked.controller.signal.aborted]).toEqual(['all', false]);
});
