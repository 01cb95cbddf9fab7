import { setTimeout as delay } from 'node:timers/promises';
import { ServiceUnavailableError, UnreachableError } from '#domain/errors.ts';
import { withoutSecrets } from '#src/known-secrets.ts';
import { pieceOfWork } from '#src/work.ts';

/** What came of a call whose failure is an outcome and not an error (design, point 11). */
export type Attempt<T> =
  | { readonly outcome: 'answered'; readonly value: T; readonly ms: number }
  | {
      readonly outcome: 'unreachable' | 'failed';
      /** Nothing was said about what was asked: it was not reached, or the service before it could not answer. */
      readonly silent: boolean;
      readonly detail: string;
      readonly ms: number;
    };

const mayAnswerYet = (error: unknown): boolean =>
  error instanceof UnreachableError || error instanceof ServiceUnavailableError;

/** Silence of what lies before a server, its control plane or the store of its login, says nothing of the server: it is never an UnreachableError. */
export const beforeTheServer = (error: unknown): unknown =>
  error instanceof UnreachableError ? new ServiceUnavailableError(error.message, { cause: error }) : error;

/** An outcome goes on record, where no secret may stand. */
const textOf = (error: unknown): string =>
  withoutSecrets(error instanceof Error ? `${error.name}: ${error.message}` : String(error));

/** The answer, or `late` with what to say of it when there was none after `withinMs`; the call itself goes on. */
export const inTime = async <T>(answer: Promise<T>, withinMs: number, late: (said: string) => Error): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late(`no answer in ${withinMs} ms`)), withinMs);
  });
  try {
    return await Promise.race([answer, silence]);
  } finally {
    clearTimeout(timer);
  }
};

/**
 * Calls and never throws. After `withinMs` the answer is no longer waited for, and what is under way of the call is over with it. Then it was not
 * reached, unless `late` knows better.
 */
export const attempt = async <T>(
  call: () => Promise<T>,
  withinMs: number,
  late = (said: string): Error => new UnreachableError(said),
): Promise<Attempt<T>> => {
  const start = performance.now();
  const took = () => Math.round(performance.now() - start);
  try {
    const value = await pieceOfWork(() => inTime(call(), withinMs, late));
    return { outcome: 'answered', value, ms: took() };
  } catch (error) {
    const outcome = error instanceof UnreachableError ? 'unreachable' : 'failed';
    return { outcome, silent: mayAnswerYet(error), detail: textOf(error), ms: took() };
  }
};

const TRIES = 3;
const PAUSE_MS = 50;

/**
 * As `attempt`, for a call that matters too much to be given up for one lost answer or one throttled call: made again while there is time. Where
 * nothing listens any more this costs two short pauses. When the time is over in the middle of a try, the last that came to its end counts.
 */
export const attemptRepeatedly = <T>(call: () => Promise<T>, withinMs: number): Promise<Attempt<T>> => {
  const until = Date.now() + withinMs;
  let last: Error | undefined;
  const again = async (): Promise<T> => {
    for (let tried = 1; ; tried += 1) {
      try {
        return await call();
      } catch (error) {
        if (tried === TRIES || !mayAnswerYet(error) || Date.now() + PAUSE_MS > until) throw error;
        last = error as Error;
        await delay(PAUSE_MS);
      }
    }
  };
  return attempt(again, withinMs, (said) => last ?? new UnreachableError(said));
};
