/** Passwords of the roles that every server of the lab has. */
export interface Passwords {
  /** Superuser; the lab's own, never given to the pipeline or the application. */
  readonly postgres: string;
  /** The application: owns its database, nothing else. */
  readonly svg_ai_app: string;
  /** The pipeline: what RDS gives a member of `rds_superuser`. */
  readonly continuity: string;
  /** Physical replication. */
  readonly replicator: string;
}

export type RoleName = keyof Passwords;

/** The application's database. */
export const DATABASE = 'svg_ai';

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/**
 * Roles and database, one statement per line (single-user mode ends a statement at the line's end).
 *
 * `continuity` has what `rds_superuser` has and no more: it creates roles, alters those it administers, ends other
 * sessions, watches, checkpoints and replicates, but is no superuser.
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.rds_superuser.html
 * `pg_promote` is the lab's addition: on AWS, PromoteReadReplica does it.
 */
export const roleStatements = (passwords: Passwords): string =>
  [
    `ALTER ROLE postgres PASSWORD ${literal(passwords.postgres)};`,
    `CREATE ROLE svg_ai_app LOGIN PASSWORD ${literal(passwords.svg_ai_app)};`,
    `CREATE ROLE replicator LOGIN REPLICATION PASSWORD ${literal(passwords.replicator)};`,
    `CREATE ROLE continuity LOGIN CREATEROLE CREATEDB REPLICATION PASSWORD ${literal(passwords.continuity)};`,
    'GRANT pg_monitor, pg_signal_backend, pg_checkpoint, pg_use_reserved_connections TO continuity WITH ADMIN OPTION;',
    'GRANT svg_ai_app TO continuity WITH ADMIN OPTION;',
    'GRANT EXECUTE ON FUNCTION pg_catalog.pg_promote(boolean, integer) TO continuity;',
    `CREATE DATABASE ${DATABASE} OWNER svg_ai_app;`,
    '',
  ].join('\n');
