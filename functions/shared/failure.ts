import * as z from 'zod';

/** What a Catch of the state machine kept: the state, the error's name and the cause as Step Functions gives it; null when nothing failed. */
export const failure = z
  .strictObject({ state: z.string().min(1), error: z.string().min(1), cause: z.string().nullish() })
  .nullable();

export type Failure = z.output<typeof failure>;

/**
 * The cause as one line for people. A Lambda function's is JSON: {"errorType", "errorMessage", "trace"}
 * (https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html).
 */
export const causeLine = (cause: string | null | undefined): string => {
  if (!cause) return 'no cause was given';
  try {
    const parsed: unknown = JSON.parse(cause);
    const message = (parsed as { errorMessage?: unknown } | null)?.errorMessage;
    return typeof message === 'string' && message !== '' ? message : cause;
  } catch {
    return cause;
  }
};
