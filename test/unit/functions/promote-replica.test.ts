import { describe, expect, it } from 'vitest';
import { world } from '#test/support/fakes/world.ts';
import { confirmPromotion } from '../../../functions/confirm-promotion.ts';
import { promoteReplica } from '../../../functions/promote-replica.ts';

const input = { fence: { fenced: true, verified: true } };

describe('PromoteReplica', () => {
  it('starts the promotion once, however often it is asked', async () => {
    const at = world();
    at.killPrimary();
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
    at.ports.database.servers.standby.status = 'backing-up';
    await expect(promoteReplica({ ...at, input })).rejects.toMatchObject({ name: 'PromotionNotYetError' });
    at.ports.database.servers.standby.status = 'incompatible-parameters';
    await expect(promoteReplica({ ...at, input })).rejects.toMatchObject({ name: 'PromotionRefusedError' });
  });
});
