import { describe, expect, it } from 'vitest';
import { serves } from '#domain/instance-status.ts';
import type { ContractCloud } from '#test/support/contract-cloud.ts';
import type { ContractLab } from '#test/support/contract-lab.ts';
import { waitFor } from '#test/support/wait-for.ts';

/** Promotes: nothing that needs the replica may come after it. */
export const describeDatabase = (at: () => ContractCloud) =>
  describe('database', () => {
    it('is described on both sides', async () => {
      const { ports, plan, databases } = at();
      const [primary, standby] = [await ports.database.describe('primary'), await ports.database.describe('standby')];
      expect(primary).toMatchObject({
        id: plan.database.instances.primary,
        region: plan.regions.primary,
        status: 'available',
        ...databases.primary,
        replicaOf: null,
      });
      expect(standby).toMatchObject({ region: plan.regions.standby, status: 'available' });
      expect(standby.replicaOf).toContain(plan.database.instances.primary);
    });

    it('says how the replication goes', async () => {
      const { database } = at().ports;
      await expect(database.describe('standby')).resolves.toMatchObject({ replication: 'replicating' });
      await expect(database.describe('primary')).resolves.toMatchObject({ replication: null });
    });

    it('is named when it is not there', async () => {
      const { plan } = at();
      const instances = { primary: 'no-such', standby: 'no-such' };
      const elsewhere = at().portsFor({ ...plan, database: { ...plan.database, instances } });
      await expect(elsewhere.database.describe('standby')).rejects.toMatchObject({ name: 'DatabaseNotFoundError' });
      await expect(elsewhere.database.promote()).rejects.toMatchObject({ name: 'DatabaseNotFoundError' });
    });

    it('is promoted once, also when the answer was lost, and a repetition changes nothing', async () => {
      const { database } = at().ports;
      const fault = at().faults.inject({
        operation: 'PromoteReadReplica',
        count: 1,
        effect: { kind: 'lose-answer' },
      });
      // Whether a promotion that is under way is the one that was asked for, RDS does not say.
      const promoted = async (): Promise<boolean> => {
        const answer = await database.promote().then(
          () => null,
          (error: Error) => error.name,
        );
        expect([null, 'PromotionNotYetError']).toContain(answer);
        const now = await database.describe('standby');
        return serves(now.status) && now.replicaOf === null;
      };
      await promoted();
      expect(fault.hits).toBe(1);
      await waitFor('the promoted database', promoted, { withinMs: 15_000 });
      await database.promote();
    });
  });

/** What SQL says of it; after `describeDatabase`. */
export const describePromoted = (at: () => ContractCloud) =>
  it('a promoted database is on a timeline of its own and takes writes', async () => {
    const { databaseSession } = at().ports;
    await expect(databaseSession.position('standby')).resolves.toMatchObject({ inRecovery: false, timeline: 2 });
    await databaseSession.writeAndReadBack('standby', 'promoted');
  });

/** While a real backup of a real server is being taken; before `describeDatabase`. */
export const describeBackedUp = (at: () => ContractLab) =>
  it('a database is not promoted while a backup of it is being taken, and is again when that is over', async () => {
    const { ports, lab } = at();
    await lab.faults.break('back-up-database', { side: 'standby' });
    await expect(ports.database.promote()).rejects.toMatchObject({
      name: 'PromotionNotYetError',
      message: expect.stringContaining('backing-up'),
    });
    await lab.faults.heal();
    expect(await ports.database.describe('standby')).toMatchObject({
      status: 'available',
      replicaOf: expect.anything(),
    });
  });
