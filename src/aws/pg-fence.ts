import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import { FenceFailedError } from '#domain/errors.ts';
import { fenceStatements } from '#domain/fence-statements.ts';
import type { FenceOutcome } from '#ports/database-session.ts';
import { inTime } from '#src/attempt.ts';
import { isBetween, mapFenceError } from './pg-errors.ts';

/** All statements of one try together: with the connection's own bound (1.5 s) it is shorter than a fence waits, so that each try comes to its end. */
const WITHIN_MS = 2_000;
/** An ended session is gone within milliseconds. */
const SESSIONS_GONE_MS = 1_000;
const LOOK_MS = 20;
/** A server that starts is waited for this long: it may let the application in next. */
const BETWEEN_MS = 1_000;
const PAUSE_MS = 100;

/** Refuses the application, ends its sessions, all of them at once, and reads both back. Those that were just let in are ended at the next look. */
const statements = async (client: Client, role: string): Promise<FenceOutcome> => {
  const { refuse, endSessions } = fenceStatements(role);
  const ended = new Set<number>();
  const endAll = async (): Promise<number> => {
    const { rows } = await client.query<{ pid: number }>(endSessions, [role]);
    for (const { pid } of rows) ended.add(pid);
    return rows.length;
  };
  await client.query(refuse);
  const until = Date.now() + SESSIONS_GONE_MS;
  while ((await endAll()) > 0 && Date.now() < until) await delay(LOOK_MS);
  const others = 'from pg_stat_activity where usename = $1 and pid <> pg_backend_pid()';
  const { rows } = await client.query<{ login: boolean; sessions: number }>(
    `select rolcanlogin as login, (select count(*)::int ${others}) as sessions from pg_roles where rolname = $1`,
    [role],
  );
  const after = rows[0];
  return { fenced: after?.login === false && after.sessions === 0, endedSessions: ended.size };
};

/** The fence of `role` in one session. Throws FenceFailedError when it was not made in time: who gives a session lives. */
export const fenceIn = (client: Client, role: string): Promise<FenceOutcome> =>
  inTime(statements(client, role), WITHIN_MS, (said) => new FenceFailedError(`it gives a session, and then ${said}`));

/** Tries again while the server is between two lives, for a moment; what it says then is told as the fence has to take it. */
export const onceLetIn = async <T>(fence: () => Promise<T>): Promise<T> => {
  let until: number | undefined;
  for (;;) {
    try {
      return await fence();
    } catch (error) {
      // Counted from the first answer of this kind: a login that was slow takes nothing from it.
      until ??= Date.now() + BETWEEN_MS;
      if (!isBetween((error as Error).cause) || Date.now() > until) throw mapFenceError(error as Error);
    }
    await delay(PAUSE_MS);
  }
};
