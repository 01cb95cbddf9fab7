import { describe, expect, it } from 'vitest';
import { recoveredStandby } from '#test/support/fakes/recovered-standby.ts';
import { verifyTraffic } from '../../../functions/verify-traffic.ts';

const shifted = async () => {
  const at = await recoveredStandby();
  const { changeId } = await at.ports.traffic.shift('standby');
  return { at, input: { changeId, looks: 0 } };
};

describe('VerifyTraffic', () => {
  it('is done once the change is applied and a client is served by the standby', async () => {
    const { at, input } = await shifted();
    expect(await verifyTraffic({ ...at, input })).toEqual({
      done: false,
      detail: expect.stringContaining('change C1'),
    });
    const seen = await verifyTraffic({ ...at, input });
    expect(seen).toMatchObject({ done: true, applied: true, write: { region: at.plan.regions.standby } });
  });

  it('waits for resolvers that keep the old answer', async () => {
    const { at, input } = await shifted();
    await at.ports.traffic.applied('C1');
    const [record] = at.plan.traffic.records;
    at.ports.traffic.cached.set(record?.name ?? '', record?.primary ?? '');
    const late = await verifyTraffic({ ...at, input });
    expect(late).toEqual({ done: false, detail: expect.stringContaining('resolves to 10.1.0.20') });
    at.ports.traffic.cached.clear();
    expect(await verifyTraffic({ ...at, input })).toMatchObject({ done: true });
  });

  it('does not need the control plane of the provider', async () => {
    const { at, input } = await shifted();
    at.ports.traffic.appliedFails = true;
    expect(await verifyTraffic({ ...at, input })).toMatchObject({ done: true, applied: null });
  });

  it('asks for no change when there was none', async () => {
    const { at } = await shifted();
    expect(await verifyTraffic({ ...at, input: { changeId: null, looks: 0 } })).toMatchObject({
      done: true,
      applied: null,
    });
  });

  it('waits for resolvers at the third site as well', async () => {
    const { at } = await shifted();
    const [record] = at.plan.traffic.records;
    at.ports.thirdSite.cached.set(record?.name ?? '', record?.primary ?? '');
    const late = await verifyTraffic({ ...at, input: { changeId: null, looks: 299 } });
    expect(late).toEqual({ done: false, detail: expect.stringContaining('resolves to 10.1.0.20 at the third site') });
    at.ports.thirdSite.cached.clear();
    expect(await verifyTraffic({ ...at, input: { changeId: null, looks: 0 } })).toMatchObject({
      done: true,
      thirdSite: { [record?.name ?? '']: ['10.2.0.20'] },
    });
  });

  it('waits a minute for a third site that is silent, and then says that it was', async () => {
    const { at } = await shifted();
    at.ports.thirdSite.silent = true;
    const early = await verifyTraffic({ ...at, input: { changeId: null, looks: 11 } });
    expect(early).toEqual({ done: false, detail: expect.stringContaining('does not answer') });
    expect(await verifyTraffic({ ...at, input: { changeId: null, looks: 12 } })).toMatchObject({
      done: true,
      thirdSite: null,
      detail: expect.stringContaining('the third site was silent'),
    });
  });

  it('is not done while the standby does not write', async () => {
    const { at } = await shifted();
    at.ports.database.servers.standby.up = false;
    const seen = await verifyTraffic({ ...at, input: { changeId: null, looks: 0 } });
    expect(seen).toEqual({ done: false, detail: expect.stringContaining('503') });
  });

  it('is done by the order of a person who forces it, whatever our resolvers say', async () => {
    const { at, input } = await shifted();
    const run = { ...at.run, state: 'VerifyTraffic' };
    await at.ports.controls.force(run.execution, 'VerifyTraffic', {
      by: 'jane',
      reason: 'clients arrive, I see them',
      at: at.clock.now(),
    });
    expect(await verifyTraffic({ ...at, run, input })).toMatchObject({
      done: true,
      applied: null,
      forced: { by: 'jane' },
      detail: expect.stringMatching(/not confirmed: change C1/),
    });
  });
});
