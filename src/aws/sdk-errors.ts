import { CallRefusedError, type ContinuityError, ServiceUnavailableError, UnreachableError } from '#domain/errors.ts';
import { withoutSecrets } from '#src/known-secrets.ts';

/** What is read of an SDK exception: AWS SDK v3 `ServiceException` and the errors of Node's sockets. */
interface SdkError {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly errno?: number;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
  readonly $retryable?: { readonly throttling?: boolean };
}

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'TimeoutError',
  'RequestTimeout',
  'NetworkingError',
  'AbortError',
]);

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html */
const THROTTLED = new Set([
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'RequestThrottledException',
  'TooManyRequestsException',
  'ProvisionedThroughputExceededException',
  'TransactionInProgressException',
  'RequestLimitExceeded',
  'BandwidthLimitExceeded',
  'LimitExceededException',
  'RequestThrottled',
  'SlowDown',
  'PriorRequestNotComplete',
]);

const isOurs = (error: unknown): error is ContinuityError => error instanceof Error && 'retryable' in error;

/** True for errors that say nothing of whether the call was carried out. */
export const isUnreachable = (error: unknown): boolean => {
  const { name = '', code = '' } = (error ?? {}) as SdkError;
  return UNREACHABLE.has(code) || UNREACHABLE.has(name);
};

export const errorName = (error: unknown): string => (error as SdkError | undefined)?.name ?? '';

/**
 * What an SDK call threw, as one of the domain's errors: no answer -> UnreachableError; throttled or 5xx -> ServiceUnavailableError;
 * any other answer -> CallRefusedError. `what` names the call for people: `rds:DescribeDBInstances us-east-1`.
 */
export const mapSdkError = (error: unknown, what: string): ContinuityError => {
  if (isOurs(error)) return error;
  // Its words quote a piece of the answer, which may be of a secret that nobody knows yet: they and the error itself are left out.
  if (errorName(error) === 'SyntaxError') return new ServiceUnavailableError(`${what}: the answer could not be read`);
  const { name = 'Error', message: said = String(error), code, $metadata, $retryable } = (error ?? {}) as SdkError;
  const message = withoutSecrets(said);
  const says = `${what}: ${name}: ${message}`;
  if (isUnreachable(error)) return new UnreachableError(code ? `${what}: ${code} ${message}` : says, { cause: error });
  const status = $metadata?.httpStatusCode ?? 0;
  if ($retryable?.throttling || THROTTLED.has(name) || status === 429 || status >= 500) {
    return new ServiceUnavailableError(says, { cause: error });
  }
  return new CallRefusedError(says, { cause: error });
};

/**
 * Makes one SDK call. `refused` may turn an answer into a port's own error or into a result (by returning it); what it leaves undefined
 * goes through `mapSdkError`.
 */
export const sdkCall = async <T>(
  what: string,
  send: () => Promise<T>,
  refused?: (name: string, error: Error) => Error | undefined,
): Promise<T> => {
  try {
    return await send();
  } catch (error) {
    throw refused?.(errorName(error), error as Error) ?? mapSdkError(error, what);
  }
};

/** Makes one SDK call that has a condition. Null when it is refused by the name `failed`: the condition does not hold. Throws as `sdkCall` does. */
export const sdkCallOn = async <T>(what: string, failed: string, send: () => Promise<T>): Promise<T | null> => {
  try {
    return await sdkCall(what, send, (name, error) => (name === failed ? error : undefined));
  } catch (error) {
    if (errorName(error) === failed) return null;
    throw error;
  }
};
