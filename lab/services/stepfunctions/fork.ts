import { Halted } from './errors.ts';
import type { Checkpoint, Lines, Thread, Visit } from './run.ts';
import { childOf } from './timing.ts';

/** The lines as the ended execution left them, for a visit that is redriven: that counts for its first attempt only. */
const before = (visit: Visit): Lines | undefined => {
  const lines = visit.redriven ? visit.lines : undefined;
  visit.redriven = false;
  visit.lines = { done: new Map(lines?.done), open: new Map(lines?.open) };
  return lines;
};

/**
 * Runs the lines of states of a Parallel or a Map. The first that fails stops the others; only when all of them have ended is
 * its error thrown, so nothing of a sibling runs after the state has failed. `start` gets the index, a thread of its own, and
 * where the line was if the execution is redriven; lines that were done then are not run again.
 */
export const fork = async <T>(
  thread: Thread,
  visit: Visit,
  count: number,
  concurrency: number,
  start: (index: number, child: Thread, from: Checkpoint | undefined) => Promise<T>,
): Promise<T[]> => {
  const earlier = before(visit);
  const { done, open } = visit.lines as Lines;
  const { controller, unlink } = childOf(thread.signal);
  const origin = thread.previous;
  const results = new Array<T>(count);
  let failure: { error: unknown } | undefined;
  let taken = 0;

  const line = async (): Promise<void> => {
    let previous = origin;
    while (taken < count && !failure && !controller.signal.aborted) {
      const index = taken++;
      const kept = done.get(index);
      if (kept) {
        results[index] = kept.result as T;
        continue;
      }
      const from = earlier?.open.get(index)?.checkpoint;
      const { signal } = controller;
      const child: Thread = { signal, previous, variables: thread.variables, map: thread.map, checkpoint: from };
      open.set(index, child);
      try {
        results[index] = await start(index, child, from);
        if (!controller.signal.aborted) done.set(index, { result: results[index], previous: child.previous });
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
