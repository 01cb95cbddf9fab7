import type { AppConfig } from './config.ts';
import type { Database } from './database.ts';
import { NO_LEASE, type WriteLease } from './write-lease.ts';

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export type Route = (body: unknown) => Promise<Answer> | Answer;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const parseOrder = (body: unknown): { id: string; client: string } | string => {
  if (typeof body !== 'object' || body === null) return 'the body is not a JSON object';
  const { id, client } = body as { id?: unknown; client?: unknown };
  if (typeof id !== 'string' || !UUID.test(id)) return 'id is not a UUID';
  if (typeof client !== 'string' || client.length === 0 || client.length > 200)
    return 'client is not a text of 1 to 200 characters';
  return { id: id.toLowerCase(), client };
};

/**
 * `METHOD /path` -> handler. What a replica answers:
 * - `GET /ready` says that the process is up. It does not ask the database: a standby region's replicas have to be ready before
 *   its database is promoted, and a database that is away for a moment must not take every replica out of the load balancer,
 *   which would turn a clear 503 with a reason into no answer at all.
 * - `GET /health` reads from the database and says where it is and whether it takes writes.
 * - `POST /conversions` acknowledges an order only after its commit. The same id again gives the same acknowledgement, so a
 *   client whose answer was lost can repeat. Without the write lease it is refused with reason `no-write-lease`, and one that was committed
 *   while the lease ran out is not acknowledged: another region may be taking writes by then. Reads go on.
 */
export const createRoutes = (
  config: AppConfig,
  database: Database,
  lease: WriteLease = NO_LEASE,
): Readonly<Record<string, Route>> => {
  const place = { region: config.region, pod: config.pod, databaseHost: config.database.host };

  const refused = (error: string): Answer => ({ status: 503, body: { error, reason: 'no-write-lease', ...place } });

  const acknowledged = async (id: string, client: string): Promise<unknown> => {
    const inserted = await database.query(
      'insert into conversions (id, client) values ($1, $2) on conflict (id) do nothing returning created_at',
      [id, client],
    );
    const row = inserted[0] ?? (await database.query('select created_at from conversions where id = $1', [id]))[0];
    return row?.created_at;
  };

  return {
    'GET /ready': () => ({ status: 200, body: { status: 'ready', region: config.region, pod: config.pod } }),

    'GET /health': async () => {
      const [row] = await database.query(
        "select pg_is_in_recovery() as standby, current_setting('transaction_read_only') = 'on' as read_only",
      );
      return {
        status: 200,
        body: { status: 'ok', ...place, readOnly: row?.read_only === true || row?.standby === true },
      };
    },

    'GET /conversions/latest': async () => {
      const [row] = await database.query(
        'select id, client, created_at as "createdAt", seq from conversions order by seq desc limit 1',
      );
      return { status: 200, body: { latest: row ? { ...row, seq: Number(row.seq) } : null, ...place } };
    },

    'GET /conversions/count': async () => {
      const [row] = await database.query('select count(*)::int as count from conversions');
      return { status: 200, body: { count: row?.count ?? 0, ...place } };
    },

    'POST /conversions': async (body) => {
      const order = parseOrder(body);
      if (typeof order === 'string') return { status: 400, body: { error: order } };
      if (!(await lease.held())) return refused('this region does not hold the write lease');
      const acknowledgedAt = await acknowledged(order.id, order.client);
      if (!lease.stillHeld()) return refused('the write lease ran out while the order was written');
      return {
        status: 201,
        body: { id: order.id, acknowledgedAt, region: config.region, databaseHost: config.database.host },
      };
    },
  };
};
