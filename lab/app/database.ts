import type { Pool } from 'pg';
import type { AppConfig } from './config.ts';

/** Why the database did not do what was asked; becomes the `reason` of a 503. */
export type DatabaseReason =
  | 'database-unreachable'
  | 'database-timeout'
  | 'database-read-only'
  | 'database-refused'
  | 'database-error';

export class DatabaseUnavailableError extends Error {
  override readonly name = 'DatabaseUnavailableError';
  readonly reason: DatabaseReason;
  constructor(reason: DatabaseReason, cause: unknown) {
    super(cause instanceof Error ? cause.message || reason : String(cause), { cause });
    this.reason = reason;
  }
}

export interface Database {
  /** One statement, committed when the promise resolves. @throws DatabaseUnavailableError within 2 s. */
  query(sql: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
  close(): Promise<void>;
}

/** Waiting for a connection plus the statement stays under the 2 s that a caller is promised. */
const CONNECT_TIMEOUT_MS = 800;
const QUERY_TIMEOUT_MS = 1_000;
const POOL_SIZE = 4;

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
]);

/** PostgreSQL SQLSTATE classes: https://www.postgresql.org/docs/current/errcodes-appendix.html */
export const reasonOf = (error: unknown): DatabaseReason => {
  const { code = '', message = '' } = error as { code?: string; message?: string };
  if (code === '25006') return 'database-read-only';
  if (code === 'ETIMEDOUT' || code === '57014' || /timeout/i.test(message)) return 'database-timeout';
  if (code.startsWith('28') || code === '42501' || code === '3D000') return 'database-refused';
  if (UNREACHABLE.has(code) || code.startsWith('08') || code.startsWith('57P')) return 'database-unreachable';
  if (/connection terminated|connection ended/i.test(message)) return 'database-unreachable';
  return 'database-error';
};

/**
 * A small pool. Connections are made when they are needed and thrown away on any error, so a database that comes back (or is
 * promoted) is used again at the next request. The driver is loaded here and not at the top: the replica listens meanwhile.
 */
export const openDatabase = (
  config: AppConfig['database'],
  application: string,
  onError: (error: Error) => void,
): Database => {
  const open = async (): Promise<Pool> => {
    const { default: pg } = await import('pg');
    const pool = new pg.Pool({
      host: config.host,
      port: config.port,
      database: config.name,
      user: config.user,
      password: config.password,
      application_name: application,
      max: POOL_SIZE,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
      keepAlive: true,
    });
    pool.on('error', onError);
    return pool;
  };
  const pool = open();
  return {
    async query(sql, values = []) {
      try {
        const result = await (await pool).query(sql, [...values]);
        return result.rows;
      } catch (error) {
        throw new DatabaseUnavailableError(reasonOf(error), error);
      }
    },
    async close() {
      await (await pool).end();
    },
  };
};
