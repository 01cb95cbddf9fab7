import { createHash } from 'node:crypto';
import type { Client } from 'pg';
import { DatabaseNotFoundError, NotWritableError, ServiceUnavailableError } from '#domain/errors.ts';
import { fenceStatements, quoted } from '#domain/fence-statements.ts';
import type { Server } from '#domain/old-primary.ts';
import type { Plan } from '#domain/plan.ts';
import type { ServerAddress } from '#domain/reading.ts';
import type { Instant, Side } from '#domain/side.ts';
import type { Column, DatabaseSession, LastKnown, RowPrint, Share } from '#ports/database-session.ts';
import { inTime } from '#src/attempt.ts';
import { presentSignal } from '#src/work.ts';
import { mapPgError } from './pg-errors.ts';
import { fenceIn, onceLetIn } from './pg-fence.ts';
import { rdsInstances } from './rds-database.ts';
import { loginSecret } from './secret.ts';

const CONNECT_MS = 1_500;
const STATEMENT_MS = 2_000;
/** For what reads the application's whole table, when a person asks. */
const SCAN_MS = 120_000;

/** Rows of the heartbeat table: the pulse that the replica's lag is read from, and the row that proves that the server writes. */
const PULSE = 1;
const PROOF = 2;

/** What text a value gives depends on settings, which two instances may have from different parameter groups. */
const SAME_TEXT = [
  "set local timezone to 'UTC'",
  "set local datestyle to 'ISO, YMD'",
  "set local intervalstyle to 'postgres'",
  'set local extra_float_digits to 1',
  "set local bytea_output to 'hex'",
  "set local lc_monetary to 'C'",
  "set local xmlbinary to 'base64'",
].join('; ');

/** Of `r.standby`. The control file names the timeline of the last checkpoint: right on a replica, late after a promotion. */
const TIMELINE = `case when r.standby then (select timeline_id from pg_control_checkpoint())
                  else ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int end`;

/** A table that is late must not pass for a database that is: src/aws/secret.ts. */
const LAST_KNOWN_MS = 1_000;
/** One call that RDS did not answer: then it is asked again. */
const REMEMBERED_FOR_MS = 60_000;

const INVALID_PASSWORD = '28P01';

const iso = (value: Date | null | undefined): Instant | null => (value ? value.toISOString() : null);

/**
 * PostgreSQL behind RDS. The login is the secret's copy in the standby region; host and port come from RDS once per process. A region that fails may
 * have no RDS API any more (docs/adr/0031): then the address that was known last is taken. A database that RDS does not have is nowhere.
 */
export const pgDatabaseSession = (
  plan: Pick<Plan, 'regions' | 'database'>,
  lastKnown: LastKnown = async () => null,
): DatabaseSession => {
  const { database } = plan;
  const heartbeat = quoted(database.heartbeatTable);
  const rds = rdsInstances(plan);
  const login = loginSecret(plan.regions.standby, database.secret);
  const places = new Map<Side, { readonly address: ServerAddress; readonly until: number }>();

  const described = async (side: Side): Promise<ServerAddress> => {
    const instance = database.instances[side];
    const { Endpoint, DBInstanceStatus, CACertificateIdentifier } = await rds.describe(side);
    if (!Endpoint?.Address)
      throw new ServiceUnavailableError(
        `${instance} in ${plan.regions[side]} has no address: it is ${DBInstanceStatus}`,
      );
    return {
      instance,
      at: new Date().toISOString(),
      host: Endpoint.Address,
      port: Endpoint.Port ?? 5432,
      tls: Boolean(CACertificateIdentifier),
    };
  };

  /** Whatever keeps it from being read, what RDS threw is what is told. */
  const remembered = async (side: Side, error: Error): Promise<ServerAddress> => {
    const late = (said: string): Error => new ServiceUnavailableError(said);
    const last =
      error instanceof DatabaseNotFoundError
        ? null
        : await inTime(lastKnown(side), LAST_KNOWN_MS, late).catch(() => null);
    if (last === null) throw error;
    return last;
  };

  const placeOf = async (side: Side): Promise<ServerAddress> => {
    const known = places.get(side);
    if (known && Date.now() < known.until) return known.address;
    const place = await described(side).then(
      (address) => ({ address, until: Number.POSITIVE_INFINITY }),
      async (error) => ({ address: await remembered(side, error), until: Date.now() + REMEMBERED_FOR_MS }),
    );
    places.set(side, place);
    return place.address;
  };

  /** One connection for one piece of work; a second one where the password is refused that was read before. */
  const session = async <T>(
    side: Side,
    what: string,
    work: (client: Client) => Promise<T>,
    withinMs = STATEMENT_MS,
    again = true,
  ): Promise<T> => {
    const [place, { username, password }] = await Promise.all([placeOf(side), login.get()]);
    // Imported when used: the driver is CommonJS, which a bundler cannot leave out of functions that only share this file's neighbours.
    const pg = await import('pg');
    const client = new pg.default.Client({
      host: place.host,
      port: place.port,
      user: username,
      password,
      database: database.name,
      application_name: 'continuity',
      // The driver reads instants in this form alone, and gives null for those of a server that is set to another.
      options: '-c datestyle=ISO',
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: withinMs,
      statement_timeout: withinMs,
      ...(place.tls ? { ssl: { rejectUnauthorized: true } } : {}),
    });
    // A connection that breaks while it is idle must not end the process; the statement after it fails anyway.
    client.on('error', () => undefined);
    const end = (): void => {
      client.end().catch(() => undefined);
    };
    const over = presentSignal();
    try {
      over?.throwIfAborted();
      // An ended client takes no further statement.
      over?.addEventListener('abort', end);
      await client.connect();
      return await work(client);
    } catch (error) {
      if ((error as { code?: string }).code === INVALID_PASSWORD) {
        login.forget();
        // It may have been rotated since it was read: a recovery does not stop for that.
        if (again) return await session(side, what, work, withinMs, false);
      }
      throw mapPgError(error, `${what} on ${side} ${place.host}:${place.port}`);
    } finally {
      over?.removeEventListener('abort', end);
      end();
    }
  };

  const printOf = (columns: readonly string[]): string =>
    `md5(row(${columns.map((name) => `t.${quoted(name)}`).join(', ')})::text)`;

  const shareOf = "get_byte(decode(md5(id::text), 'hex'), 0)";

  /** Reads the application's table, and can do nothing else: the transaction is read-only. */
  const scan = <T extends object>(side: Side, sql: string, values: readonly unknown[] = []): Promise<readonly T[]> =>
    session(
      side,
      'scan',
      async (client) => {
        await client.query(`begin transaction read only; ${SAME_TEXT}`);
        const { rows } = await client.query<T>(sql, [...values]);
        await client.query('commit');
        return rows;
      },
      SCAN_MS,
    );

  const write = async (client: Client, row: number, epoch: string | number): Promise<Date> => {
    const { rows } = await client.query<{ at: Date }>(
      `insert into ${heartbeat} (id, at, epoch) values ($1, date_trunc('milliseconds', clock_timestamp()), $2)
       on conflict (id) do update set at = excluded.at, epoch = excluded.epoch returning at`,
      [row, epoch],
    );
    return rows[0]?.at ?? new Date(Number.NaN);
  };

  return {
    locate: placeOf,

    position: (side) =>
      session(side, 'position', async (client) => {
        const { rows } = await client.query<{
          at: Date;
          standby: boolean;
          timeline: number;
          lsn: string;
          received: string | null;
          replayed: Date | null;
          beat: Date | null;
        }>(
          `select clock_timestamp() as at, r.standby,
             ${TIMELINE} as timeline,
             (case when r.standby then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end)::text as lsn,
             case when r.standby then pg_last_wal_receive_lsn()::text end as received,
             case when r.standby then pg_last_xact_replay_timestamp() end as replayed,
             (select at from ${heartbeat} where id = ${PULSE}) as beat
           from (select pg_is_in_recovery() as standby) r`,
        );
        const row = rows[0];
        if (!row) throw new Error('the server gave no row');
        return {
          at: row.at.toISOString(),
          inRecovery: row.standby,
          timeline: row.timeline,
          lsn: row.lsn,
          receivedLsn: row.received,
          lastReplayAt: iso(row.replayed),
          heartbeatAt: iso(row.beat),
        };
      }),

    serverOf: (side) =>
      onceLetIn(() =>
        session(side, 'what it is', async (client) => {
          const { rows } = await client.query<Server>(
            `select r.standby as "inRecovery", ${TIMELINE} as timeline,
               (select system_identifier::text from pg_control_system()) as system
             from (select pg_is_in_recovery() as standby) r`,
          );
          if (!rows[0]) throw new Error('the server gave no row');
          return rows[0];
        }),
      ),

    beat: (side, epoch) =>
      session(side, 'heartbeat', async (client) => (await write(client, PULSE, epoch)).toISOString()),

    fence: (side) => onceLetIn(() => session(side, 'fence', (client) => fenceIn(client, database.applicationRole))),

    unfence: (side) =>
      session(side, 'lift the fence', async (client) => {
        const role = database.applicationRole;
        const mayLogIn = async (): Promise<boolean> => {
          const look = 'select rolcanlogin as login from pg_roles where rolname = $1';
          const { rows } = await client.query<{ login: boolean }>(look, [role]);
          return rows[0]?.login === true;
        };
        const wasFenced = !(await mayLogIn());
        await client.query(fenceStatements(role).admit);
        return { wasFenced, lifted: await mayLogIn() };
      }),

    writeAndReadBack: async (side, token) => {
      // 53 bits of the token, so that the row read back can only be the one written here.
      const mark = BigInt(`0x${createHash('sha256').update(token).digest('hex').slice(0, 13)}`).toString();
      const at = await session(side, 'write', (client) => write(client, PROOF, mark));
      const back = await session(side, 'read back', (client) =>
        client.query<{ at: Date; epoch: string }>(`select at, epoch::text from ${heartbeat} where id = ${PROOF}`),
      );
      const row = back.rows[0];
      if (row?.epoch !== mark) {
        throw new NotWritableError(`${side} took a row and does not have it: it reads ${row?.epoch ?? 'nothing'}`);
      }
      return { at: at.toISOString() };
    },

    countPresent: (side, ids) =>
      session(side, 'count', async (client) => {
        const { rows } = await client.query<{ present: number }>(
          `select count(*)::int as present from ${quoted(database.applicationTable)} where id::text = any($1::text[])`,
          [ids.map((id) => id.toLowerCase())],
        );
        return rows[0]?.present ?? 0;
      }),

    columns: (side) =>
      scan<Column>(
        side,
        `select attname::text as name, format_type(atttypid, atttypmod) as type from pg_attribute
         where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum`,
        [quoted(database.applicationTable)],
      ),

    shares: (side, columns) =>
      scan<Share>(
        side,
        `select ${shareOf} as share, count(*)::int as rows, sum(('x' || substr(${printOf(columns)}, 1, 8))::bit(32)::bigint)::text as sum
         from ${quoted(database.applicationTable)} t group by 1 order by 1`,
      ),

    rowsOf: (side, share, columns) =>
      scan<RowPrint>(
        side,
        `select id::text as id, ${printOf(columns)} as print from ${quoted(database.applicationTable)} t where ${shareOf} = $1 order by 1`,
        [share],
      ),
  };
};
