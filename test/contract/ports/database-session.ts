import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { withConnection } from '#lab/parts/postgres/sql.ts';
import type { ContractLab } from '#test/support/contract-lab.ts';
import { waitFor } from '#test/support/wait-for.ts';

export const describeDatabaseSession = (at: () => ContractLab) =>
  describe('databaseSession', () => {
    const asApplication = async <T>(work: (client: pg.Client) => Promise<T>): Promise<T> => {
      const connectionString = at().lab.world.databases.primary.connectionString('svg_ai_app');
      const client = new pg.Client({ connectionString });
      client.on('error', () => undefined);
      await client.connect();
      try {
        return await work(client);
      } finally {
        await client.end();
      }
    };

    /** As the superuser, each statement for itself; settings are read anew. */
    const setOn = (side: 'primary' | 'standby', ...statements: readonly string[]): Promise<void> =>
      withConnection(at().lab.world.databases[side].connectionString('postgres'), async (client) => {
        for (const statement of [...statements, 'select pg_reload_conf()']) await client.query(statement);
      });

    it('says where each server stands', async () => {
      const { databaseSession } = at().ports;
      await databaseSession.locate('primary');
      const [primary, standby] = await Promise.all([
        databaseSession.position('primary'),
        databaseSession.position('standby'),
      ]);
      expect(primary).toMatchObject({ inRecovery: false, timeline: 1, receivedLsn: null, lastReplayAt: null });
      expect(standby).toMatchObject({ inRecovery: true, timeline: 1 });
      for (const { lsn, at: when } of [primary, standby]) {
        expect(lsn).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/);
        expect(Math.abs(Date.parse(when) - Date.now())).toBeLessThan(10_000);
      }
      expect(standby.receivedLsn).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/);
    });

    it('names the data alike on a primary and its replica, and says which is which', async () => {
      const { databaseSession } = at().ports;
      const [primary, standby] = await Promise.all([
        databaseSession.serverOf('primary'),
        databaseSession.serverOf('standby'),
      ]);
      expect(primary).toEqual({ inRecovery: false, timeline: 1, system: expect.stringMatching(/^\d{15,20}$/) });
      expect(standby).toEqual({ ...primary, inRecovery: true });
    });

    it('names the columns of the table, the same on both servers', async () => {
      const { databaseSession } = at().ports;
      const columns = await databaseSession.columns('primary');
      expect(columns).toEqual([
        { name: 'id', type: 'uuid' },
        { name: 'client', type: 'text' },
        { name: 'created_at', type: 'timestamp with time zone' },
        { name: 'seq', type: 'bigint' },
      ]);
      expect(await databaseSession.columns('standby')).toEqual(columns);
    });

    it('finds where two servers differ, and what is in a share, whatever their settings for the output of values', async () => {
      const { databaseSession } = at().ports;
      const columns = ['id', 'client', 'created_at', 'seq'];
      const id = randomUUID();
      await setOn('standby', "alter system set timezone to 'Asia/Tokyo'", "alter system set datestyle to 'German'");
      await asApplication((client) => client.query('insert into conversions (id, client) values ($1, $2)', [id, 'x']));
      const inPrimary = await databaseSession.shares('primary', columns);
      await waitFor('the replica to have the same', async () => {
        expect(await databaseSession.shares('standby', columns)).toEqual(inPrimary);
        return true;
      });
      expect(await databaseSession.shares('standby', ['id'])).not.toEqual(inPrimary);
      const holding = await Promise.all(
        inPrimary.map(async ({ share, rows }) => {
          const found = await databaseSession.rowsOf('standby', share, columns);
          expect(found).toHaveLength(rows);
          return found.filter((row) => row.id === id);
        }),
      );
      const [row] = holding.flat();
      expect(holding.flat()).toHaveLength(1);
      await setOn('standby', 'alter system reset timezone', 'alter system reset datestyle');
      const changed = 'set session_replication_role to replica';
      await setOn('primary', changed, `update conversions set client = 'y' where id = '${id}'`);
      const shares = (await databaseSession.shares('primary', columns)).map(({ share }) => share);
      const now = await Promise.all(shares.map((share) => databaseSession.rowsOf('primary', share, columns)));
      expect(now.flat().find((one) => one.id === id)?.print).not.toBe(row?.print);
    });

    it('beats on the primary, and the replica has the beat', async () => {
      const { databaseSession } = at().ports;
      const beat = await databaseSession.beat('primary', 7);
      await waitFor('the replica to have it', async () => {
        return (await databaseSession.position('standby')).heartbeatAt === beat;
      });
    });

    it('proves that a server writes, and that another does not', async () => {
      const { databaseSession } = at().ports;
      const { at: when } = await databaseSession.writeAndReadBack('primary', randomUUID());
      expect(Math.abs(Date.parse(when) - Date.now())).toBeLessThan(10_000);
      await expect(databaseSession.writeAndReadBack('standby', 'x')).rejects.toMatchObject({
        name: 'NotWritableError',
      });
      await expect(databaseSession.beat('standby', 1)).rejects.toMatchObject({ name: 'NotWritableError' });
    });

    it('counts the writes of the application that are there', async () => {
      const [id, other] = [randomUUID(), randomUUID()];
      await asApplication((client) => client.query(`insert into conversions (id, client) values ($1, 'c')`, [id]));
      const { databaseSession } = at().ports;
      await expect(databaseSession.countPresent('primary', [id.toUpperCase(), other])).resolves.toBe(1);
      await expect(databaseSession.countPresent('primary', [])).resolves.toBe(0);
    });

    /** Sessions that the application keeps open, as a pool does. */
    const pooled = async <T>(sessions: number, work: (clients: readonly pg.Client[]) => Promise<T>): Promise<T> => {
      const connectionString = at().lab.world.databases.primary.connectionString('svg_ai_app');
      const clients = Array.from({ length: sessions }, () => new pg.Client({ connectionString }));
      for (const client of clients) client.on('error', () => undefined);
      try {
        await Promise.all(clients.map((client) => client.connect()));
        return await work(clients);
      } finally {
        await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
        await at().ports.databaseSession.unfence('primary');
      }
    };

    it('ends the sessions of a whole pool in one try', async () => {
      const { databaseSession } = at().ports;
      await pooled(60, async () => {
        const { fenced, endedSessions } = await databaseSession.fence('primary');
        expect(fenced).toBe(true);
        expect(endedSessions).toBeGreaterThanOrEqual(60);
      });
    });

    it('says that it is not fenced while a session does not end', async () => {
      const { databaseSession } = at().ports;
      await pooled(1, async ([client]) => {
        const { rows } = await (client as pg.Client).query<{ pid: number }>('select pg_backend_pid() as pid');
        const pid = rows[0]?.pid as number;
        process.kill(pid, 'SIGSTOP');
        try {
          await expect(databaseSession.fence('primary')).resolves.toMatchObject({ fenced: false });
        } finally {
          process.kill(pid, 'SIGCONT');
        }
        await waitFor('it to end', async () => (await databaseSession.fence('primary')).fenced);
      });
    });

    it('takes a server without a connection left for one that lives', async () => {
      const { databaseSession } = at().ports;
      const connectionString = at().lab.world.databases.primary.connectionString('svg_ai_app');
      const clients: pg.Client[] = [];
      try {
        for (let full = false; !full; ) {
          const client = new pg.Client({ connectionString });
          client.on('error', () => undefined);
          full = await client.connect().then(
            () => false,
            () => true,
          );
          if (!full) clients.push(client);
        }
        await expect(databaseSession.fence('primary')).rejects.toMatchObject({ name: 'FenceFailedError' });
      } finally {
        await Promise.all(clients.map((client) => client.end()));
      }
    });

    it('fences the application off, repeatedly, and lifts the fence', async () => {
      const { databaseSession } = at().ports;
      await asApplication(async (client) => {
        const first = await databaseSession.fence('primary');
        expect(first.fenced).toBe(true);
        expect(first.endedSessions).toBeGreaterThanOrEqual(1);
        await expect(client.query('select 1')).rejects.toThrow();
      });
      await expect(asApplication((client) => client.query('select 1'))).rejects.toThrow(/not permitted to log in/);
      await expect(databaseSession.fence('primary')).resolves.toEqual({ fenced: true, endedSessions: 0 });
      await expect(databaseSession.unfence('primary')).resolves.toEqual({ wasFenced: true, lifted: true });
      await expect(databaseSession.unfence('primary')).resolves.toEqual({ wasFenced: false, lifted: true });
      await asApplication((client) => client.query('select 1'));
    });
  });
