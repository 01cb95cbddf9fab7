import { ServiceFault } from '#lab/contract.ts';
import type { Actor } from '#lab/iam/authority.ts';

/**
 * How services hand work to targets: the composer decides by the ARN (function, state machine, topic, queue) and rejects
 * when the target refuses. A Lambda target is invoked asynchronously: it has delivered once the invocation is accepted.
 */
export type Deliver = (targetArn: string, payload: string, options: DeliverOptions) => Promise<void>;

export interface DeliverOptions {
  /** Who sends, and for which resource: what the target's policy is asked about. */
  readonly from: Actor;
  /** Role that it is sent in; without one the sender is the service itself. */
  readonly roleArn?: string;
  /** Of a publication. */
  readonly subject?: string;
  /** SQS or SNS message attributes (dead letters carry why they died). */
  readonly attributes?: Readonly<Record<string, string>>;
}

export interface RetryOptions {
  readonly maximumAttempts: number;
  /** Real ms after which no new attempt begins. */
  readonly maximumAgeMs: number;
  /** Real ms before the first retry; doubles up to `capMs`. */
  readonly firstDelayMs: number;
  readonly capMs: number;
}

export type RetryOutcome =
  | { readonly ok: true; readonly attempts: number }
  | {
      readonly ok: false;
      readonly attempts: number;
      readonly error: unknown;
      readonly exhausted: 'MaximumRetryAttempts' | 'MaximumEventAgeInSeconds' | 'Stopped' | 'NoPermissions';
    };

/** A timer that `signal` ends early. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });

const isDenied = (error: unknown): boolean =>
  error instanceof ServiceFault && /^(AccessDenied|AuthorizationError|KMSAccessDenied)/.test(error.shape);

/**
 * Runs `attempt` until it succeeds or the policy is exhausted; what is not permitted is not tried again. Never rejects.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
 */
export const withRetries = async (
  attempt: (number: number) => Promise<void>,
  options: RetryOptions,
  signal: AbortSignal,
): Promise<RetryOutcome> => {
  const started = Date.now();
  for (let number = 1; ; number += 1) {
    try {
      await attempt(number);
      return { ok: true, attempts: number };
    } catch (error) {
      if (isDenied(error)) return { ok: false, attempts: number, error, exhausted: 'NoPermissions' };
      if (number > options.maximumAttempts)
        return { ok: false, attempts: number, error, exhausted: 'MaximumRetryAttempts' };
      const delay = Math.min(options.capMs, options.firstDelayMs * 2 ** (number - 1));
      if (Date.now() + delay - started > options.maximumAgeMs)
        return { ok: false, attempts: number, error, exhausted: 'MaximumEventAgeInSeconds' };
      await pause(delay, signal);
      if (signal.aborted) return { ok: false, attempts: number, error, exhausted: 'Stopped' };
    }
  }
};

/** Sends what could not be delivered to the dead-letter queue, with AWS's attributes of why. Never rejects. */
export const deadLetter = async (
  deliver: Deliver,
  queueArn: string,
  payload: string,
  outcome: RetryOutcome & { ok: false },
  attributes: Readonly<Record<string, string>>,
  sender: Pick<DeliverOptions, 'from' | 'roleArn'>,
  failed: (error: unknown) => void,
): Promise<void> => {
  const isDenial = outcome.exhausted === 'NoPermissions';
  const why = {
    ERROR_CODE: isDenial ? 'NO_PERMISSIONS' : ((outcome.error as Error)?.name ?? 'Error'),
    ERROR_MESSAGE: String((outcome.error as Error)?.message ?? outcome.error),
    ...(!isDenial && { EXHAUSTED_RETRY_CONDITION: outcome.exhausted }),
    RETRY_ATTEMPTS: String(outcome.attempts - 1),
  };
  await deliver(queueArn, payload, { ...sender, attributes: { ...attributes, ...why } }).catch(failed);
};
