import { CallRefusedError, type ContinuityError, NotWritableError, UnreachableError } from '#domain/errors.ts';
import { withoutSecrets } from '#src/known-secrets.ts';

/** SQLSTATE codes: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const READ_ONLY = '25006';
/** Connection exceptions, insufficient resources, operator intervention (shutdown, starting up, statement cancelled). */
const AWAY = /^(08|53|57)/;

/** What the driver threw, as one of the domain's errors. A server that answers with any other SQL error refused the call. */
export const mapPgError = (error: unknown, what: string): ContinuityError => {
  if (error instanceof Error && 'retryable' in error) return error as ContinuityError;
  const { code = '', message: said = String(error) } = (error ?? {}) as { code?: string; message?: string };
  const message = withoutSecrets(said);
  if (code === READ_ONLY) return new NotWritableError(`${what}: ${message}`, { cause: error });
  const isSqlState = /^[0-9A-Z]{5}$/.test(code);
  if (!isSqlState || AWAY.test(code)) return new UnreachableError(`${what}: ${message}`, { cause: error });
  return new CallRefusedError(`${what}: ${message} (SQLSTATE ${code})`, { cause: error });
};
