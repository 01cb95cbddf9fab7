import { beforeAll, describe, expect, it } from 'vitest';
import type { Plan } from '#domain/plan.ts';
import type { ContractLab } from '#test/support/contract-lab.ts';
import { waitFor } from '#test/support/wait-for.ts';

const CHANGED_IN_PLACE = { zone: 'in-place.example', zoneId: 'ZINPLACE' } as const;

/** The plan with its records in a zone of their own, where they are simple ones. */
const recordChange = ({ plan }: ContractLab): Plan => {
  const records = plan.traffic.records.map((record) => ({ ...record, name: `api.${CHANGED_IN_PLACE.zone}` }));
  return { ...plan, traffic: { strategy: 'record-change', acceptsControlPlane: true, ...CHANGED_IN_PLACE, records } };
};

const makeZone = (at: ContractLab): void => {
  const zone = at.lab.cloud.route53.createHostedZone({ name: CHANGED_IN_PLACE.zone, id: CHANGED_IN_PLACE.zoneId });
  for (const { name, primary, ttlSeconds } of recordChange(at).traffic.records) {
    zone.put({ Name: `${name}.`, Type: 'CNAME', TTL: ttlSeconds, ResourceRecords: [{ Value: `${primary}.` }] });
  }
};

const STRATEGIES = [
  ['health-switch', (at: ContractLab): Plan => at.plan],
  ['record-change', recordChange],
] as const;

export const describeTraffic = (at: () => ContractLab) =>
  describe.each(STRATEGIES)('traffic by %s', (strategy, planOf) => {
    const traffic = () => at().portsFor(planOf(at())).traffic;
    const sides = async () => (await traffic().read()).map(({ side }) => side);

    beforeAll(() => {
      if (strategy === 'record-change') makeZone(at());
    });

    it('is read record by record', async () => {
      const { name, primary, ttlSeconds } = planOf(at()).traffic.records[0] ?? {};
      await expect(traffic().read()).resolves.toEqual([
        { name, target: primary, side: 'primary', servedBy: 'primary', ttlSeconds },
      ]);
    });

    it('is shifted once, applied, seen by resolvers, and shifted back', async () => {
      const name = planOf(at()).traffic.records[0]?.name ?? '';
      const { a, b } = at().lab.addresses;
      await expect(traffic().resolve(name)).resolves.toEqual([a.loadBalancer.host]);
      const change = await traffic().shift('standby');
      expect(change).toEqual({ changeId: expect.any(String), changed: [name], settled: true });
      await expect(sides()).resolves.toEqual(['standby']);
      await expect(traffic().shift('standby')).resolves.toEqual({ changeId: null, changed: [], settled: true });
      await waitFor('the change to be applied', () => traffic().applied(change.changeId ?? ''));
      await waitFor('the resolver to follow', async () => (await traffic().resolve(name))[0] === b.loadBalancer.host);
      await waitFor('to be served by the standby', async () => (await traffic().read())[0]?.servedBy === 'standby');
      // A switch goes back when the period that it was turned in is over.
      await waitFor('to be back', async () => (await traffic().shift('primary')).changeId === null);
      await expect(sides()).resolves.toEqual(['primary']);
    });

    it('has no address for a name that is not there', async () => {
      await expect(traffic().resolve('nobody.svg-ai.example')).rejects.toMatchObject({
        name: 'UnreachableError',
        message: expect.stringContaining('nobody.svg-ai.example'),
      });
    });
  });

export const describeTrafficRefusals = (at: () => ContractLab) =>
  describe('traffic that cannot be moved', () => {
    it('by record-change: a zone that is not there, and a record that is not in it', async () => {
      const plan = recordChange(at());
      const zone = at().portsFor({ ...plan, traffic: { ...plan.traffic, zoneId: 'ZNOSUCHZONE' } });
      await expect(zone.traffic.shift('standby')).rejects.toMatchObject({ name: 'TrafficRefusedError' });
      const records = plan.traffic.records.map((record) => ({ ...record, name: `gone.${CHANGED_IN_PLACE.zone}` }));
      const missing = at().portsFor({ ...plan, traffic: { ...plan.traffic, records } });
      await expect(missing.traffic.read()).rejects.toMatchObject({
        name: 'TrafficRefusedError',
        message: expect.stringContaining(`gone.${CHANGED_IN_PLACE.zone}`),
      });
    });

    it('by health-switch: a switch that was not deployed', async () => {
      const { traffic } = at().portsFor({ ...at().plan, plan: 'not-deployed' });
      await expect(traffic.shift('standby')).rejects.toMatchObject({
        name: 'TrafficRefusedError',
        message: expect.stringContaining('continuity-not-deployed-traffic-at-standby'),
      });
    });
  });
