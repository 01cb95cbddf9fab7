import { UnreachableError } from '#domain/errors.ts';

/** What came of a call whose failure is an outcome and not an error (design, point 11). */
export type Attempt<T> =
  | { readonly outcome: 'answered'; readonly value: T; readonly ms: number }
  | { readonly outcome: 'unreachable' | 'failed'; readonly detail: string; readonly ms: number };

const textOf = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message}` : String(error));

/**
 * Calls and never throws. After `withinMs` the answer is no longer waited for (the adapters' own time-outs end the call itself soon after).
 */
export const attempt = async <T>(call: () => Promise<T>, withinMs: number): Promise<Attempt<T>> => {
  const start = performance.now();
  const took = () => Math.round(performance.now() - start);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new UnreachableError(`no answer in ${withinMs} ms`)), withinMs);
  });
  try {
    return { outcome: 'answered', value: await Promise.race([call(), late]), ms: took() };
  } catch (error) {
    const outcome = error instanceof UnreachableError ? 'unreachable' : 'failed';
    return { outcome, detail: textOf(error), ms: took() };
  } finally {
    clearTimeout(timer);
  }
};
