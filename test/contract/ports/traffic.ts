import { describe, expect, it } from 'vitest';
import type { ContractLab } from '#test/support/contract-lab.ts';
import { waitFor } from '#test/support/wait-for.ts';

export const describeTraffic = (at: () => ContractLab) =>
  describe('traffic', () => {
    const sides = async () => (await at().ports.traffic.read()).map(({ side }) => side);

    it('is read record by record', async () => {
      const [record] = at().plan.traffic.records;
      await expect(at().ports.traffic.read()).resolves.toEqual([
        { name: record?.name, target: record?.primary, side: 'primary', ttlSeconds: record?.ttlSeconds },
      ]);
    });

    it('is shifted once, applied, seen by resolvers, and shifted back', async () => {
      const { traffic } = at().ports;
      const name = at().plan.service.record;
      const { a, b } = at().lab.addresses;
      await expect(traffic.resolve(name)).resolves.toEqual([a.loadBalancer.host]);
      const change = await traffic.shift('standby');
      expect(change).toEqual({ changeId: expect.any(String), changed: [name] });
      await expect(sides()).resolves.toEqual(['standby']);
      await expect(traffic.shift('standby')).resolves.toEqual({ changeId: null, changed: [] });
      await waitFor('the change to be applied', () => traffic.applied(change.changeId ?? ''));
      await waitFor('the resolver to follow', async () => (await traffic.resolve(name))[0] === b.loadBalancer.host);
      await traffic.shift('primary');
      await expect(sides()).resolves.toEqual(['primary']);
    });

    it('has no address for a name that is not there', async () => {
      await expect(at().ports.traffic.resolve('nobody.svg-ai.example')).rejects.toMatchObject({
        name: 'UnreachableError',
        message: expect.stringContaining('nobody.svg-ai.example'),
      });
    });

    it('is refused in a zone that is not there, and for a record that is not in it', async () => {
      const { plan } = at();
      const zone = at().portsFor({ ...plan, traffic: { ...plan.traffic, zoneId: 'ZNOSUCHZONE' } });
      await expect(zone.traffic.shift('standby')).rejects.toMatchObject({ name: 'TrafficRefusedError' });
      const records = plan.traffic.records.map((record) => ({ ...record, name: 'gone.svg-ai.example' }));
      const missing = at().portsFor({ ...plan, traffic: { ...plan.traffic, records } });
      await expect(missing.traffic.read()).rejects.toMatchObject({
        name: 'TrafficRefusedError',
        message: expect.stringContaining('gone.svg-ai.example'),
      });
    });
  });
