import { Halted } from './errors.ts';
import type { Thread } from './run.ts';
import { childOf } from './timing.ts';

/**
 * Runs the lines of states of a Parallel or a Map. The first that fails stops the others; only when all of them have ended is
 * its error thrown, so nothing of a sibling runs after the state has failed. `start` gets the index and a thread of its own.
 */
export const fork = async <T>(
  thread: Thread,
  count: number,
  concurrency: number,
  start: (index: number, child: Thread) => Promise<T>,
): Promise<T[]> => {
  const { controller, unlink } = childOf(thread.signal);
  const origin = thread.previous;
  const results = new Array<T>(count);
  let failure: { error: unknown } | undefined;
  let taken = 0;

  const line = async (): Promise<void> => {
    let previous = origin;
    while (taken < count && !failure && !controller.signal.aborted) {
      const index = taken++;
      const child: Thread = { signal: controller.signal, previous, variables: thread.variables, map: thread.map };
      try {
        results[index] = await start(index, child);
      } catch (error) {
        if (failure) return;
        failure = { error };
        thread.previous = child.previous;
        controller.abort(new Halted('sibling', child.previous));
        return;
      }
      previous = child.previous;
      if (!failure) thread.previous = child.previous;
    }
  };

  try {
    await Promise.all(Array.from({ length: Math.min(count, concurrency) }, line));
  } finally {
    unlink();
  }
  if (thread.signal.aborted) throw thread.signal.reason;
  if (failure) throw failure.error;
  return results;
};
