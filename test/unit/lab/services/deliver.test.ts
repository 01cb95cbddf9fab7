import { expect, it } from 'vitest';
import { ServiceFault } from '#lab/contract.ts';
import { type DeliverOptions, deadLetter, withRetries } from '#lab/services/deliver.ts';

const retries = { maximumAttempts: 2, maximumAgeMs: 1_000, firstDelayMs: 1, capMs: 1 };
const never = new AbortController().signal;
const from = { service: 'events.amazonaws.com', sourceArn: 'arn:aws:events:us-west-2:123456789012:rule/alarm' };

const given = async (error: Error) => {
  const outcome = await withRetries(() => Promise.reject(error), retries, never);
  const sent: DeliverOptions[] = [];
  if (!outcome.ok)
    await deadLetter(
      async (_arn, _payload, options) => void sent.push(options),
      'queue',
      '{}',
      outcome,
      {},
      { from },
      () => {},
    );
  return { outcome, sent };
};

it('what is not permitted is not tried again, and the dead letter says so', async () => {
  for (const shape of ['AccessDeniedException', 'AuthorizationErrorException', 'KMSAccessDeniedException']) {
    const { outcome, sent } = await given(new ServiceFault(shape, 'is not authorized'));
    expect(outcome).toMatchObject({ ok: false, attempts: 1, exhausted: 'NoPermissions' });
    expect(sent).toEqual([
      { from, attributes: { ERROR_CODE: 'NO_PERMISSIONS', ERROR_MESSAGE: 'is not authorized', RETRY_ATTEMPTS: '0' } },
    ]);
  }
});

it('anything else is, as often as the policy says', async () => {
  const { outcome, sent } = await given(new ServiceFault('ServiceException', 'busy'));
  expect(outcome).toMatchObject({ ok: false, attempts: 3, exhausted: 'MaximumRetryAttempts' });
  expect(sent[0]?.attributes).toMatchObject({ EXHAUSTED_RETRY_CONDITION: 'MaximumRetryAttempts', RETRY_ATTEMPTS: '2' });
});
