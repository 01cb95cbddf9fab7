/** setTimeout takes 31 bits of milliseconds; longer ones run in turns. */
const MAX_TIMER_MS = 2 ** 31 - 1;

const arm = (milliseconds: number, done: () => void): (() => void) => {
  const end = Date.now() + milliseconds;
  let timer: NodeJS.Timeout;
  const turn = (left: number): void => {
    timer = setTimeout(() => (left > MAX_TIMER_MS ? turn(end - Date.now()) : done()), Math.min(left, MAX_TIMER_MS));
  };
  turn(milliseconds);
  return () => clearTimeout(timer);
};

/** Resolves after real `milliseconds`; rejects with the signal's reason at once when it aborts. */
export const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const stop = arm(milliseconds, () => {
      signal.removeEventListener('abort', abort);
      resolve();
    });
    const abort = (): void => {
      stop();
      reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
  });

/**
 * A deadline that is one promise to race and one function to push it back. `expired` rejects with `error()` after real
 * `milliseconds` without a `restart`; `stop` ends it for good.
 */
export interface Deadline {
  readonly expired: Promise<never>;
  restart(): void;
  stop(): void;
}

export const deadline = (milliseconds: number, error: () => Error): Deadline => {
  let fail: (reason: Error) => void = () => {};
  const expired = new Promise<never>((_, reject) => {
    fail = reject;
  });
  expired.catch(() => {});
  let cancel = arm(milliseconds, () => fail(error()));
  return {
    expired,
    restart: () => {
      cancel();
      cancel = arm(milliseconds, () => fail(error()));
    },
    stop: () => cancel(),
  };
};

/** The work, or the signal's reason when it aborts first; what the work does after that is nobody's business. */
export const untilAborted = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) {
      work.catch(() => {});
      return reject(signal.reason);
    }
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });

/** A controller that also aborts with `parent`, for its reason. `unlink` when the work is over. */
export const childOf = (parent: AbortSignal): { controller: AbortController; unlink: () => void } => {
  const controller = new AbortController();
  const abort = (): void => controller.abort(parent.reason);
  if (parent.aborted) abort();
  else parent.addEventListener('abort', abort, { once: true });
  return { controller, unlink: () => parent.removeEventListener('abort', abort) };
};
