import { describe, expect, it } from 'vitest';
import { world } from '#test/support/fakes/world.ts';
import { claimRecovery } from '../../../functions/claim-recovery.ts';

describe('ClaimRecovery', () => {
  it('takes the claim, and gives the same one when it is asked again', async () => {
    const at = world();
    const first = await claimRecovery(at);
    at.clock.advance(1_000);
    expect(await claimRecovery(at)).toEqual(first);
    expect(first.epoch).toBe(1);
  });

  it('is refused while another execution holds it', async () => {
    const at = world();
    await claimRecovery({ ...at, run: { execution: 'arn:other' } });
    await expect(claimRecovery(at)).rejects.toMatchObject({ name: 'ClaimHeldError' });
  });

  it('is refused while the plan cools down', async () => {
    const at = world();
    const { epoch } = await claimRecovery({ ...at, run: { execution: 'arn:other' } });
    await at.ports.claims.release('svg-ai', 'arn:other', epoch, at.clock.now());
    at.clock.advance(at.plan.detection.coolDownSeconds * 1_000 - 1);
    await expect(claimRecovery(at)).rejects.toMatchObject({ name: 'CoolDownError' });
    at.clock.advance(1);
    expect((await claimRecovery(at)).epoch).toBe(2);
  });
});
