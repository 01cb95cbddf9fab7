import { AsyncLocalStorage } from 'node:async_hooks';

/** Of the piece of work that a call belongs to, whichever invocation of the process happens to be running. */
const present = new AsyncLocalStorage<AbortSignal | undefined>();

/**
 * Aborted when the piece of work that asks is over: whoever calls out asks first, and ends with it what is under way. Undefined where nothing bounds
 * the work, as in a command of a person: everything may be called.
 */
export const presentSignal = (): AbortSignal | undefined => present.getStore();

/**
 * Does a piece of work. It is over when it has its end, when `until` aborts, or with the piece of work that it is part of; what is left of it by then
 * calls nobody any more. Lambda freezes a process that has answered, with all that still waits in it, and thaws it at the next event
 * (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html): without this an old step would go on then.
 */
export const pieceOfWork = async <T>(work: (over: AbortSignal) => Promise<T>, until?: AbortSignal): Promise<T> => {
  const done = new AbortController();
  const bounds = [done.signal, until, presentSignal()].filter((signal) => signal !== undefined);
  const over = AbortSignal.any(bounds);
  try {
    return await present.run(over, work, over);
  } finally {
    done.abort();
  }
};

/** Reads what several pieces of work wait for together: it belongs to none of them, and is not over with the first. */
export const readForAll = <T>(read: () => Promise<T>): Promise<T> => present.run(undefined, read);
