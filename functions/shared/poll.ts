import type { ContinuityError } from '#domain/errors.ts';

/** What a confirming state answers: the state machine asks again while it is not done, a counted number of times. */
export type Poll<T extends object = object> =
  | ({ readonly done: true; readonly detail: string } & T)
  | { readonly done: false; readonly detail: string };

/** Not yet, and why: one line for people. */
export const notYet = (detail: string): { readonly done: false; readonly detail: string } => ({ done: false, detail });

const helpsToRetry = (error: unknown): error is Error =>
  error instanceof Error && (error as Partial<ContinuityError>).retryable === true;

/**
 * One look. What may be otherwise the next time is "not yet", whatever it was: throttled, not reached, not there yet. The state machine counts
 * the looks; a step behind which nothing can be undone does not end for a few answers that did not come.
 */
export const lookOnce = async <P extends Poll>(look: () => Promise<P>): Promise<P | ReturnType<typeof notYet>> => {
  try {
    return await look();
  } catch (error) {
    if (helpsToRetry(error)) return notYet(error.message);
    throw error;
  }
};
