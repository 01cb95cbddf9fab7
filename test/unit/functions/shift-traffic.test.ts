import { describe, expect, it } from 'vitest';
import { recoveredStandby } from '#test/support/fakes/recovered-standby.ts';
import type { World } from '#test/support/fakes/world.ts';
import { shiftTraffic } from '../../../functions/shift-traffic.ts';

const verified = ({ clock }: Pick<World, 'clock'>) => ({
  verification: { passed: true, at: clock.now(), target: 'standby', id: 'a' },
});

describe('ShiftTraffic', () => {
  it('points every record at the standby, once', async () => {
    const at = await recoveredStandby();
    const [record] = at.plan.traffic.records;
    const first = await shiftTraffic({ ...at, input: verified(at) });
    expect(first).toMatchObject({
      changeId: 'C1',
      before: [{ target: record?.primary }],
      after: [{ target: record?.standby }],
    });
    expect(await shiftTraffic({ ...at, input: verified(at) })).toMatchObject({
      changeId: null,
      changed: [],
      after: first.after,
    });
    expect(at.ports.traffic.changes).toBe(1);
  });

  it('refuses without a verification that passed', async () => {
    const at = await recoveredStandby();
    const refused = shiftTraffic({ ...at, input: { verification: { ...verified(at).verification, passed: false } } });
    await expect(refused).rejects.toMatchObject({ name: 'TrafficRefusedError' });
    expect(at.ports.traffic.changes).toBe(0);
  });

  it('refuses a verification of more than a minute ago', async () => {
    const at = await recoveredStandby();
    const input = verified(at);
    at.clock.advance(60_000);
    await shiftTraffic({ ...at, input });
    at.clock.advance(1);
    const refused = shiftTraffic({ ...at, input });
    await expect(refused).rejects.toMatchObject({
      name: 'VerificationOldError',
      message: expect.stringContaining('verified at'),
    });
  });

  it('is not kept from trying by the time that its own tries take, and by more than that it is', async () => {
    const at = await recoveredStandby();
    const input = verified(at);
    const run = { ...at.run, attempt: 7 };
    at.clock.advance(600_000);
    await shiftTraffic({ ...at, run, input });
    at.clock.advance(1);
    await expect(shiftTraffic({ ...at, run, input })).rejects.toMatchObject({ name: 'VerificationOldError' });
  });

  it('has failed when a record reads back otherwise', async () => {
    const at = await recoveredStandby();
    const traffic = { ...at.ports.traffic, shift: async () => ({ changeId: 'C9', changed: [], settled: true }) };
    await expect(shiftTraffic({ ...at, input: verified(at), ports: { traffic } })).rejects.toMatchObject({
      name: 'NoEffectError',
    });
  });

  it('leaves an order that the provider shows later to VerifyTraffic', async () => {
    const at = await recoveredStandby();
    const traffic = { ...at.ports.traffic, shift: async () => ({ changeId: 'C9', changed: [], settled: false }) };
    expect(await shiftTraffic({ ...at, input: verified(at), ports: { traffic } })).toMatchObject({
      changeId: 'C9',
      settled: false,
    });
  });
});
