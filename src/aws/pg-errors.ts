import {
  CallRefusedError,
  type ContinuityError,
  NotWritableError,
  ServiceUnavailableError,
  UnreachableError,
} from '#domain/errors.ts';
import { withoutSecrets } from '#src/known-secrets.ts';

/** SQLSTATE codes: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const READ_ONLY = '25006';
/** Connection exceptions, insufficient resources, operator intervention (shutdown, starting up, statement cancelled). */
const AWAY = /^(08|53|57)/;

/** What a socket says of the other end. A closed list: nobody is taken for dead because of an error that we do not know. */
const SILENT: ReadonlySet<string> = new Set([
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'ETIMEDOUT',
]);
/** What the driver says of the same, without a code. */
const GAVE_UP =
  /^(timeout expired|Query read timeout|Connection terminated\b.*|.*connection error and is not queryable)$/;

/**
 * The name service of the place that asks, not the server, which was not asked: the name of an RDS instance is answered by a service that does not
 * live in its region, and stays when the region dies.
 */
const NAMELESS = /^(ENOTFOUND|EAI_\w+)$/;

const codeOf = (error: unknown): string => (error as { code?: string } | null | undefined)?.code ?? '';

/** The server was not asked, because its name led nowhere. */
export const isNameless = (error: unknown): boolean => NAMELESS.test(codeOf(error));

/**
 * What the driver threw, as one of the domain's errors. UnreachableError is what counts for a dead database, so it is only what the other end's
 * socket, driver or server said. A certificate that we do not trust, and whatever else is ours, is a call that was refused; a server that
 * answers with any other SQL error refused it too.
 */
export const mapPgError = (error: unknown, what: string): ContinuityError => {
  if (error instanceof Error && 'retryable' in error) return error as ContinuityError;
  const { message: said = String(error) } = (error ?? {}) as { message?: string };
  const code = codeOf(error);
  const text = `${what}: ${withoutSecrets(said)}`;
  if (code === READ_ONLY) return new NotWritableError(text, { cause: error });
  if (SILENT.has(code) || (code === '' && GAVE_UP.test(said))) return new UnreachableError(text, { cause: error });
  if (isNameless(error)) return new ServiceUnavailableError(text, { cause: error });
  const isSqlState = /^[0-9A-Z]{5}$/.test(code);
  if (isSqlState && AWAY.test(code)) return new UnreachableError(text, { cause: error });
  return new CallRefusedError(isSqlState ? `${text} (SQLSTATE ${code})` : text, { cause: error });
};
