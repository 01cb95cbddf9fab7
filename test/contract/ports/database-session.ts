import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
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

    it('names the data alike on a primary and its replica', async () => {
      const { databaseSession } = at().ports;
      const [primary, standby] = await Promise.all([
        databaseSession.systemOf('primary'),
        databaseSession.systemOf('standby'),
      ]);
      expect(primary).toMatch(/^\d{15,20}$/);
      expect(standby).toBe(primary);
    });

    it('finds where two servers differ, and what is in a share', async () => {
      const { databaseSession } = at().ports;
      const id = randomUUID();
      await asApplication((client) => client.query('insert into conversions (id, client) values ($1, $2)', [id, 'x']));
      const inPrimary = await databaseSession.shares('primary');
      await waitFor('the replica to have the same', async () => {
        expect(await databaseSession.shares('standby')).toEqual(inPrimary);
        return true;
      });
      const holding = await Promise.all(
        inPrimary.map(async ({ share, rows }) => {
          const ids = await databaseSession.idsOf('standby', share);
          expect(ids).toHaveLength(rows);
          return ids.includes(id);
        }),
      );
      expect(holding.filter(Boolean)).toHaveLength(1);
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
