import { describe, expect, it } from 'vitest';
import { type World, world } from '#test/support/fakes/world.ts';
import { stays } from '#test/support/wait-for.ts';
import { confirmPromotion } from '../../../functions/confirm-promotion.ts';
import { fencePrimary } from '../../../functions/fence-primary.ts';
import { promoteReplica } from '../../../functions/promote-replica.ts';

const fenced = async (at: World) => ({ fence: await fencePrimary(at) });

describe('PromoteReplica', () => {
  it('starts the promotion once, however often it is asked', async () => {
    const at = world();
    at.killPrimary();
    const input = await fenced(at);
    const first = await promoteReplica({ ...at, input });
    expect(first.before).toEqual({ status: 'available', replicaOf: 'svg-ai-db' });
    expect(first.after.status).toBe('modifying');
    while (!(await confirmPromotion(at)).done);

    const again = await promoteReplica({ ...at, input });
    expect(again.after).toEqual({ status: 'available', replicaOf: null });
    expect(at.ports.database.calls.promote).toBe(1);
  });

  it('is refused in a state that forbids it', async () => {
    const at = world();
    const input = await fenced(at);
    at.ports.database.servers.standby.status = 'backing-up';
    await expect(promoteReplica({ ...at, input })).rejects.toMatchObject({ name: 'PromotionNotYetError' });
    at.ports.database.servers.standby.status = 'incompatible-parameters';
    await expect(promoteReplica({ ...at, input })).rejects.toMatchObject({ name: 'PromotionRefusedError' });
  });

  describe('on a fence that is old', () => {
    const waited = async (at: World) => {
      const input = await fenced(at);
      at.clock.advance(60_000);
      return input;
    };

    it('is not begun beside a primary that came back while it waited: that one is fenced first', async () => {
      const at = world();
      at.killPrimary();
      at.ports.writeLease.down = true;
      const input = await waited(at);
      expect(input.fence.verified).toBe(false);
      at.ports.database.servers.primary.up = true;
      const result = await promoteReplica({ ...at, input });
      expect(result).toMatchObject({ fenced: true, fence: { verifiedBy: 'database-role', at: at.clock.now() } });
      expect(at.ports.database.servers.primary.applicationRefused).toBe(true);
    });

    it('is begun only when the standby has what the primary has that came back, and both positions are on record', async () => {
      const at = world();
      at.killPrimary();
      const input = await waited(at);
      const { primary, standby } = at.ports.database.servers;
      primary.up = true;
      // Rows that it took before it died, and that are on their way now.
      primary.written += 2;
      standby.replication = 'connecting';
      const promoted = promoteReplica({ ...at, input });
      await stays('the standby a replica', () => at.ports.database.calls.promote === 0, 300);
      standby.written = primary.written;
      const { lsn } = await at.ports.database.position('primary');
      expect(await promoted).toMatchObject({
        positions: { primary: { lsn }, standby: { receivedLsn: lsn } },
        catchUp: { missingBytes: 0 },
        dataLoss: { atMostSeconds: 0 },
      });
    });

    it('is not begun at all beside one that came back and cannot be fenced', async () => {
      const at = world();
      at.killPrimary();
      const input = await waited(at);
      const databaseSession = { ...at.ports.databaseSession, fence: async () => ({ fenced: false, endedSessions: 0 }) };
      const ports = { ...at.ports, databaseSession };
      await expect(promoteReplica({ ...at, ports, input })).rejects.toMatchObject({ name: 'FenceFailedError' });
      expect(at.ports.database.calls.promote).toBe(0);
    });

    it('goes on with what was proven while nothing answers', async () => {
      const at = world();
      const input = await waited(at);
      at.killPrimary();
      at.ports.writeLease.down = true;
      expect(await promoteReplica({ ...at, input })).toMatchObject({
        fenced: true,
        fence: { verifiedBy: 'database-role' },
      });
    });

    it('is not begun on a lease that the old primary has again', async () => {
      const at = world();
      at.killPrimary();
      const input = await waited(at);
      expect(input.fence.verifiedBy).toBe('write-lease');
      const revoke = async () => ({ ...at.ports.writeLease.lease, state: 'granted' as const });
      const ports = { ...at.ports, writeLease: { ...at.ports.writeLease, revoke } };
      await expect(promoteReplica({ ...at, ports, input })).rejects.toMatchObject({
        name: 'FenceFailedError',
        message: expect.stringContaining('is not any more'),
      });
      expect(at.ports.database.calls.promote).toBe(0);
    });

    it('costs nothing on one of the last seconds, nor on one of a standby that is promoted', async () => {
      const at = world();
      const input = await fenced(at);
      await promoteReplica({ ...at, input });
      while (!(await confirmPromotion(at)).done);
      at.clock.advance(60_000);
      await promoteReplica({ ...at, input });
      expect(at.ports.database.calls.fence).toBe(1);
    });
  });
});
