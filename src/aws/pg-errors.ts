import {
  CallRefusedError,
  type ContinuityError,
  FenceFailedError,
  NotWritableError,
  ServiceUnavailableError,
  UnreachableError,
} from '#domain/errors.ts';
import { withoutSecrets } from '#src/known-secrets.ts';

/** SQLSTATE codes: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const READ_ONLY = '25006';
/** Connection exceptions, insufficient resources, operator intervention (shutdown, starting up, statement cancelled). */
const AWAY = /^(08|53|57)/;

/** It starts, stops or recovers: it lets nobody in for now. */
const LETS_NOBODY_IN = '57P03';
/** As it goes there: it ends the sessions that there are. */
const ENDS_SESSIONS = ['57P01', '57P02'];

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
const NO_ANSWER = 'Query read timeout';
const GAVE_UP =
  /^(timeout expired|Query read timeout|Connection terminated\b.*|.*connection error and is not queryable)$/;

/**
 * The name service of the place that asks, not the server, which was not asked: the name of an RDS instance is answered by a service that does not
 * live in its region, and stays when the region dies.
 */
const NAMELESS = /^(ENOTFOUND|EAI_\w+)$/;

const codeOf = (error: unknown): string => (error as { code?: string } | null | undefined)?.code ?? '';

/** Null when the server did not speak. EPIPE has five capitals as well. */
const sqlStateOf = (error: unknown): string | null => {
  const code = codeOf(error);
  return /^[0-9A-Z]{5}$/.test(code) && !SILENT.has(code) ? code : null;
};

/** The server was not asked, because its name led nowhere. */
const isNameless = (error: unknown): boolean => NAMELESS.test(codeOf(error));

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
  const sqlState = sqlStateOf(error);
  if (sqlState !== null && AWAY.test(sqlState)) return new UnreachableError(text, { cause: error });
  return new CallRefusedError(sqlState === null ? text : `${text} (SQLSTATE ${sqlState})`, { cause: error });
};

/** The server is between two lives: in a moment it is gone, or lets in whoever comes. */
export const isBetween = (error: unknown): boolean => [LETS_NOBODY_IN, ...ENDS_SESSIONS].includes(codeOf(error));

/**
 * What `mapPgError` made, as a fence has to take it. For a probe a server that answers with a shortage is as good as none; behind a fence it lives, and
 * so do the sessions of the application in it. Nobody was reached where nothing was said, where the name leads nowhere, and by a server that lets
 * nobody in: it cannot be told to refuse, and may stay so for hours. Then the lease or people decide.
 */
export const mapFenceError = (error: Error): Error => {
  const { cause, message } = error;
  if (isNameless(cause)) return new UnreachableError(message, { cause: error });
  if (!(error instanceof UnreachableError)) return error;
  const sqlState = sqlStateOf(cause);
  const speaks = sqlState === null ? (cause as Error | undefined)?.message === NO_ANSWER : sqlState !== LETS_NOBODY_IN;
  return speaks ? new FenceFailedError(message, { cause: error }) : error;
};
