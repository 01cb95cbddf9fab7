import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ServiceUnavailableError, UnreachableError } from '#domain/errors.ts';
import { attemptRepeatedly } from '#src/attempt.ts';

/** Throws at once the first time, and gives no answer in time after it. */
const thenSilent = (error: Error) => {
  let asked = false;
  return async (): Promise<void> => {
    if (asked) await delay(10_000, undefined, { ref: false });
    asked = true;
    throw error;
  };
};

it.each([
  ['failed', new ServiceUnavailableError('secretsmanager: InternalServiceError')],
  ['unreachable', new UnreachableError('ECONNREFUSED')],
] as const)('of tries that run out of time the last that ended counts: %s', async (outcome, error) => {
  expect(await attemptRepeatedly(thenSilent(error), 200)).toMatchObject({
    outcome,
    silent: true,
    detail: `${error.name}: ${error.message}`,
  });
});

it('is unreachable when no try came to an end', async () => {
  const silent = () => delay(10_000, undefined, { ref: false });
  expect(await attemptRepeatedly(silent, 50)).toMatchObject({
    outcome: 'unreachable',
    silent: true,
    detail: 'UnreachableError: no answer in 50 ms',
  });
});
