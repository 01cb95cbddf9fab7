import type { Context } from 'aws-lambda';

/** As much of Lambda's context as the bundle reads; the function times out `withinMs` from now. */
export const lambdaContext = (withinMs = 15_000): Context => {
  const end = Date.now() + withinMs;
  return { functionName: 'test', getRemainingTimeInMillis: () => end - Date.now() } as unknown as Context;
};
