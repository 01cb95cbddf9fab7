/** `"svg_ai_app"`: an identifier as SQL takes it. */
export const quoted = (identifier: string): string => `"${identifier.replaceAll('"', '""')}"`;

/** The fence of the application's role: the adapter runs exactly these, a dry run names them. `$1` is the role. */
export const fenceStatements = (role: string) => ({
  refuse: `alter role ${quoted(role)} nologin`,
  /** Waits for none of them: the server would wait for one after the other, a tenth of a second each. */
  endSessions:
    'select pid, pg_terminate_backend(pid) from pg_stat_activity where usename = $1 and pid <> pg_backend_pid()',
  admit: `alter role ${quoted(role)} login`,
});
