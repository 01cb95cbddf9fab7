import { ChangeResourceRecordSetsCommand, CreateHostedZoneCommand, Route53Client } from '@aws-sdk/client-route-53';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Plan } from '#domain/plan.ts';
import type { ContractCloud } from '#test/support/contract-cloud.ts';
import { waitFor } from '#test/support/wait-for.ts';

const ZONE = 'in-place.example';

/** The plan with its records in a zone of their own, where they are simple ones. */
const recordChange = ({ plan }: ContractCloud, zoneId: string): Plan => {
  const records = plan.traffic.records.map((record) => ({ ...record, name: `api.${ZONE}` }));
  return { ...plan, traffic: { strategy: 'record-change', acceptsControlPlane: true, zone: ZONE, zoneId, records } };
};

/** Makes the zone, as a person would by the API, and gives its id. */
const makeZone = async (at: ContractCloud): Promise<string> => {
  const client = new Route53Client({ region: at.plan.regions.standby });
  const { HostedZone } = await client.send(new CreateHostedZoneCommand({ Name: ZONE, CallerReference: at.freshId() }));
  const id = HostedZone?.Id?.replace('/hostedzone/', '') ?? '';
  await client.send(
    new ChangeResourceRecordSetsCommand({
      HostedZoneId: id,
      ChangeBatch: {
        Changes: recordChange(at, id).traffic.records.map(({ name, type, primary, ttlSeconds }) => ({
          Action: 'CREATE',
          ResourceRecordSet: { Name: name, Type: type, TTL: ttlSeconds, ResourceRecords: [{ Value: primary }] },
        })),
      },
    }),
  );
  return id;
};

const STRATEGIES = [
  ['health-switch', async (at: ContractCloud): Promise<Plan> => at.plan],
  ['record-change', async (at: ContractCloud): Promise<Plan> => recordChange(at, await makeZone(at))],
] as const;

export const describeTraffic = (at: () => ContractCloud) =>
  describe.each(STRATEGIES)('traffic by %s', (_, makePlan) => {
    let plan: Plan;
    beforeAll(async () => {
      plan = await makePlan(at());
    });
    const traffic = () => at().portsFor(plan).traffic;
    const sides = async () => (await traffic().read()).map(({ side }) => side);

    it('is read record by record', async () => {
      const { name, primary, ttlSeconds } = plan.traffic.records[0] ?? {};
      const servedBy = at().balancers ? 'primary' : null;
      await expect(traffic().read()).resolves.toEqual([
        { name, target: primary, side: 'primary', servedBy, ttlSeconds },
      ]);
    });

    it('is shifted once, applied, seen by resolvers, and shifted back', async () => {
      const name = plan.traffic.records[0]?.name ?? '';
      const { balancers } = at();
      if (balancers) await expect(traffic().resolve(name)).resolves.toEqual([balancers.primary]);
      const change = await traffic().shift('standby');
      expect(change).toEqual({ changeId: expect.any(String), changed: [name], settled: true });
      await expect(sides()).resolves.toEqual(['standby']);
      await expect(traffic().shift('standby')).resolves.toEqual({ changeId: null, changed: [], settled: true });
      await waitFor('the change to be applied', () => traffic().applied(change.changeId ?? ''));
      if (balancers) {
        await waitFor('the resolver to follow', async () => (await traffic().resolve(name))[0] === balancers.standby);
        await waitFor('to be served by the standby', async () => (await traffic().read())[0]?.servedBy === 'standby');
      }
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

export const describeTrafficRefusals = (at: () => ContractCloud) =>
  describe('traffic that cannot be moved', () => {
    it('by record-change: a zone that is not there, and a record that is not in it', async () => {
      const plan = recordChange(at(), await makeZone(at()));
      const zone = at().portsFor({ ...plan, traffic: { ...plan.traffic, zoneId: 'ZNOSUCHZONE' } });
      await expect(zone.traffic.shift('standby')).rejects.toMatchObject({ name: 'TrafficRefusedError' });
      const records = plan.traffic.records.map((record) => ({ ...record, name: `gone.${ZONE}` }));
      const missing = at().portsFor({ ...plan, traffic: { ...plan.traffic, records } });
      await expect(missing.traffic.read()).rejects.toMatchObject({
        name: 'TrafficRefusedError',
        message: expect.stringContaining(`gone.${ZONE}`),
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
