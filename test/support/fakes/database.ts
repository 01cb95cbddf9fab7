import {
  DatabaseNotFoundError,
  NotWritableError,
  PromotionNotYetError,
  PromotionRefusedError,
  UnreachableError,
} from '#domain/errors.ts';
import type { Plan } from '#domain/plan.ts';
import type { Side } from '#domain/side.ts';
import type { Clock } from '#ports/clock.ts';
import type { Database } from '#ports/database.ts';
import type { Column, DatabaseSession } from '#ports/database-session.ts';

export interface FakeServer {
  up: boolean;
  exists: boolean;
  status: string;
  replicaOf: string | null;
  replication: string | null;
  inRecovery: boolean;
  applicationRefused: boolean;
  sessions: number;
  timeline: number;
  /** What initdb named its data. */
  system: string;
  heartbeatAt: string | null;
  /** Changes in its log. */
  written: number;
  /** Of the newest change that it has. */
  writtenAt: string | null;
  readonly rows: Set<string>;
  /** What a row says that is not as it was inserted, by id. */
  readonly changed: Map<string, string>;
  columns: readonly Column[];
}

export interface FakeDatabase extends Database, DatabaseSession {
  readonly servers: Readonly<Record<Side, FakeServer>>;
  /** How often the standby is described before a promotion that was started is over. */
  looksUntilPromoted: number;
  readonly calls: { promote: number; fence: number };
  hostOf(side: Side): string;
  /** What the application's own role does: a row, replicated while the link is up. Throws UnreachableError, NotWritableError. */
  insert(side: Side, id: string): void;
}

const server = (replicaOf: string | null): FakeServer => ({
  up: true,
  exists: true,
  status: 'available',
  replicaOf,
  replication: replicaOf === null ? null : 'replicating',
  inRecovery: replicaOf !== null,
  applicationRefused: false,
  sessions: 3,
  timeline: 1,
  system: '7300000000000000001',
  heartbeatAt: null,
  written: 0,
  writtenAt: null,
  rows: new Set(),
  changed: new Map(),
  columns: [
    { name: 'id', type: 'uuid' },
    { name: 'client', type: 'text' },
  ],
});

/** A primary and its replica: rows written to the primary, and its roles, are in the replica while both are up and it replicates; a promotion takes a few looks. */
export const fakeDatabase = (plan: Plan, clock: Clock): FakeDatabase => {
  const servers = { primary: server(null), standby: server(plan.database.instances.primary) };
  const calls = { promote: 0, fence: 0 };
  let promoting = 0;
  const hostOf = (side: Side) => `${plan.database.instances[side]}.${plan.regions[side]}.rds.amazonaws.com`;
  const reach = (side: Side): FakeServer => {
    const one = servers[side];
    if (!one.up) throw new UnreachableError(`connect ECONNREFUSED ${hostOf(side)}`);
    return one;
  };
  const replicating = () =>
    servers.primary.up &&
    servers.standby.up &&
    servers.standby.inRecovery &&
    servers.standby.replication === 'replicating';
  const write = (side: Side, change: (one: FakeServer) => void) => {
    const one = reach(side);
    if (one.inRecovery) throw new NotWritableError(`${hostOf(side)} is in recovery`);
    const stand = { written: one.written + 1, writtenAt: clock.now() };
    for (const to of side === 'primary' && replicating() ? [one, servers.standby] : [one]) {
      change(to);
      Object.assign(to, stand);
    }
  };
  const lsn = (one: FakeServer) => `0/${(0x3000000 + one.written * 0x100).toString(16).toUpperCase()}`;
  const rowsOf = (side: Side, columns: readonly string[]) => {
    const { rows, changed } = reach(side);
    const said = (id: string) => (columns.includes('client') ? (changed.get(id) ?? '') : '');
    return [...rows].sort().map((id) => ({ id, print: `${id} ${said(id)}` }));
  };
  const goOn = () => {
    if (promoting === 0) return;
    promoting -= 1;
    if (promoting > 0) return;
    Object.assign(servers.standby, {
      replicaOf: null,
      replication: null,
      inRecovery: false,
      status: 'available',
      timeline: 2,
    });
  };

  const database: FakeDatabase = {
    servers,
    calls,
    looksUntilPromoted: 1,
    hostOf,
    insert: (side, id) => {
      if (reach(side).applicationRefused) throw new NotWritableError('role is not permitted to log in');
      write(side, (one) => one.rows.add(id));
    },
    describe: async (side) => {
      const one = servers[side];
      if (side === 'primary' && !one.up) throw new UnreachableError('the control plane of the region does not answer');
      if (!one.exists) throw new DatabaseNotFoundError(`${plan.database.instances[side]} does not exist`);
      if (side === 'standby') goOn();
      const { status, replicaOf, up } = one;
      return {
        id: plan.database.instances[side],
        region: plan.regions[side],
        status,
        host: hostOf(side),
        port: 5432,
        replicaOf,
        replication: one.replication !== null && up && !servers.primary.up ? 'error' : one.replication,
        backupRetentionDays: 7,
        multiAz: false,
      };
    },
    promote: async () => {
      calls.promote += 1;
      const { replicaOf, status } = servers.standby;
      if (replicaOf === null) return;
      if (status === 'backing-up' || status === 'modifying')
        throw new PromotionNotYetError(`the instance is ${status}`);
      if (status !== 'available') throw new PromotionRefusedError(`the instance is ${status}`);
      servers.standby.status = 'modifying';
      promoting = database.looksUntilPromoted + 1;
    },
    locate: async (side) => ({
      instance: plan.database.instances[side],
      at: clock.now(),
      host: hostOf(side),
      port: 5432,
      tls: false,
    }),
    position: async (side) => {
      const one = reach(side);
      return {
        at: clock.now(),
        inRecovery: one.inRecovery,
        timeline: one.timeline,
        lsn: lsn(one),
        receivedLsn: one.inRecovery ? lsn(one) : null,
        lastReplayAt: one.inRecovery ? one.writtenAt : null,
        heartbeatAt: one.heartbeatAt,
      };
    },
    serverOf: async (side) => {
      const { inRecovery, timeline, system } = reach(side);
      return { inRecovery, timeline, system };
    },
    beat: async (side) => {
      const at = clock.now();
      write(side, (one) => {
        one.heartbeatAt = at;
      });
      return at;
    },
    fence: async (side) => {
      calls.fence += 1;
      const one = reach(side);
      const endedSessions = one.sessions;
      one.sessions = 0;
      write(side, (of) => {
        of.applicationRefused = true;
      });
      return { fenced: true, endedSessions };
    },
    unfence: async (side) => {
      const wasFenced = reach(side).applicationRefused;
      write(side, (of) => {
        of.applicationRefused = false;
      });
      return { wasFenced, lifted: true };
    },
    writeAndReadBack: async (side) => {
      write(side, () => undefined);
      return { at: clock.now() };
    },
    columns: async (side) => reach(side).columns,
    shares: async (side, columns) => {
      const rows = rowsOf(side, columns);
      return rows.length === 0 ? [] : [{ share: 0, rows: rows.length, sum: rows.map(({ print }) => print).join() }];
    },
    rowsOf: async (side, share, columns) => (share === 0 ? rowsOf(side, columns) : []),
    countPresent: async (side, ids) => {
      const { rows } = reach(side);
      return ids.filter((id) => rows.has(id)).length;
    },
  };
  return database;
};
