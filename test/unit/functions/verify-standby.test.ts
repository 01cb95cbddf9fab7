import { describe, expect, it } from 'vitest';
import { recoveredStandby } from '#test/support/fakes/recovered-standby.ts';
import { world } from '#test/support/fakes/world.ts';
import { verifyStandby } from '../../../functions/verify-standby.ts';

describe('VerifyStandby', () => {
  it('passes when the standby reads and writes and its row is in the standby database', async () => {
    const at = await recoveredStandby();
    const verified = await verifyStandby(at);
    expect(verified).toMatchObject({ passed: true, read: { status: 200 }, write: { status: 200 } });
    expect(at.ports.database.servers.standby.rows).toContain(verified.id);
    expect((await verifyStandby(at)).id).not.toBe(verified.id);
  });

  it('does not pass while nothing runs there', async () => {
    const at = world();
    await expect(verifyStandby(at)).rejects.toMatchObject({ name: 'VerificationFailedError' });
  });

  it('does not pass when the write went to another database', async () => {
    const at = await recoveredStandby();
    at.ports.database.servers.primary.up = true;
    for (const one of at.ports.workloads.clusters.standby.deployments.values()) {
      one.host = at.ports.database.hostOf('primary');
    }
    await expect(verifyStandby(at)).rejects.toMatchObject({
      name: 'VerificationFailedError',
      message: expect.stringContaining('is not in the standby database'),
    });
  });
});
