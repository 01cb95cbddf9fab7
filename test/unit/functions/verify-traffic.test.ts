import { describe, expect, it } from 'vitest';
import { recoveredStandby } from '#test/support/fakes/recovered-standby.ts';
import { verifyTraffic } from '../../../functions/verify-traffic.ts';

const shifted = async () => {
  const at = await recoveredStandby();
  const { changeId } = await at.ports.traffic.shift('standby');
  return { at, input: { changeId } };
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
    expect(await verifyTraffic({ ...at, input })).toMatchObject({
      done: true,
      applied: null,
      detail: expect.stringContaining('by resolvers alone: whether change C1 is at every name server was not answered'),
    });
  });

  it('says that resolvers alone decided where no change is known: there was none, or its answer was lost', async () => {
    const { at } = await shifted();
    const seen = await verifyTraffic({ ...at, input: { changeId: null } });
    expect(seen).toMatchObject({
      done: true,
      applied: null,
      detail: expect.stringContaining('by resolvers alone: no change is known'),
    });
    const [record] = at.plan.traffic.records;
    at.ports.traffic.cached.set(record?.name ?? '', record?.primary ?? '');
    expect(await verifyTraffic({ ...at, input: { changeId: null } })).toMatchObject({ done: false });
  });

  it('waits for resolvers at the third site as well', async () => {
    const { at } = await shifted();
    const [record] = at.plan.traffic.records;
    at.ports.thirdSite.cached.set(record?.name ?? '', record?.primary ?? '');
    const late = await verifyTraffic({ ...at, input: { changeId: null } });
    const said = expect.stringContaining('resolves to 10.1.0.20 at the third site');
    expect(late).toEqual({ done: false, detail: said, outside: said });
    at.ports.thirdSite.cached.clear();
    expect(await verifyTraffic({ ...at, input: { changeId: null } })).toMatchObject({
      done: true,
      thirdSite: { [record?.name ?? '']: ['10.2.0.20'] },
    });
  });

  it('is never done while the third site is silent, and says that the rest is as it should be', async () => {
    const { at } = await shifted();
    at.ports.thirdSite.silent = true;
    for (let looks = 0; looks < 20; looks += 1)
      expect(await verifyTraffic({ ...at, input: { changeId: null } })).toEqual({
        done: false,
        detail: expect.stringMatching(/is served by us-west-2 as seen from there; the third site .* does not answer/),
        unconfirmed: true,
      });
    at.ports.thirdSite.silent = false;
    expect(await verifyTraffic({ ...at, input: { changeId: null } })).toMatchObject({ done: true });
  });

  it('with a silent third site does not say that the standby serves when it does not', async () => {
    const { at } = await shifted();
    at.ports.thirdSite.silent = true;
    at.ports.database.servers.standby.up = false;
    const seen = await verifyTraffic({ ...at, input: { changeId: null } });
    expect(seen).toEqual({ done: false, detail: expect.stringContaining('503') });
  });

  it('is done with a silent third site by the order of a person alone', async () => {
    const { at } = await shifted();
    at.ports.thirdSite.silent = true;
    const run = { ...at.run, state: 'VerifyTraffic' };
    await at.ports.controls.force(run.execution, 'VerifyTraffic', {
      by: 'jane',
      reason: 'I see them',
      at: at.clock.now(),
    });
    expect(await verifyTraffic({ ...at, run, input: { changeId: null } })).toMatchObject({
      done: true,
      forced: { by: 'jane' },
      detail: expect.stringMatching(/not confirmed: .*third site .* does not answer/),
    });
  });

  it('is not done while the standby does not write', async () => {
    const { at } = await shifted();
    at.ports.database.servers.standby.up = false;
    const seen = await verifyTraffic({ ...at, input: { changeId: null } });
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
