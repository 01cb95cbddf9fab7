import { describe, expect, it } from 'vitest';
import { recoveredStandby } from '#test/support/fakes/recovered-standby.ts';
import { shiftTraffic } from '../../../functions/shift-traffic.ts';

const input = { verification: { passed: true, target: 'standby', id: 'a' } };

describe('ShiftTraffic', () => {
  it('points every record at the standby, once', async () => {
    const at = await recoveredStandby();
    const [record] = at.plan.traffic.records;
    const first = await shiftTraffic({ ...at, input });
    expect(first).toMatchObject({
      changeId: 'C1',
      before: [{ target: record?.primary }],
      after: [{ target: record?.standby }],
    });
    expect(await shiftTraffic({ ...at, input })).toMatchObject({ changeId: null, changed: [], after: first.after });
    expect(at.ports.traffic.changes).toBe(1);
  });

  it('refuses without a verification that passed', async () => {
    const at = await recoveredStandby();
    const refused = shiftTraffic({ ...at, input: { verification: { ...input.verification, passed: false } } });
    await expect(refused).rejects.toMatchObject({ name: 'TrafficRefusedError' });
    expect(at.ports.traffic.changes).toBe(0);
  });

  it('has failed when a record reads back otherwise', async () => {
    const at = await recoveredStandby();
    const traffic = { ...at.ports.traffic, shift: async () => ({ changeId: 'C9', changed: [], settled: true }) };
    await expect(shiftTraffic({ ...at, input, ports: { traffic } })).rejects.toMatchObject({ name: 'NoEffectError' });
  });

  it('leaves an order that the provider shows later to VerifyTraffic', async () => {
    const at = await recoveredStandby();
    const traffic = { ...at.ports.traffic, shift: async () => ({ changeId: 'C9', changed: [], settled: false }) };
    expect(await shiftTraffic({ ...at, input, ports: { traffic } })).toMatchObject({ changeId: 'C9', settled: false });
  });
});
