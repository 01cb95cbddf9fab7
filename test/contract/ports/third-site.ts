import { describe, expect, it } from 'vitest';
import type { ContractLab } from '#test/support/contract-lab.ts';

export const describeThirdSite = (at: () => ContractLab) =>
  describe('third site', () => {
    it('says what its resolvers say, and gives no addresses for a name that nobody knows', async () => {
      const { lab, plan, ports } = at();
      const [record] = plan.traffic.records;
      const name = record?.name ?? '';
      const seen = await ports.thirdSite.resolve([name, 'nobody.example']);
      expect(seen).toEqual({ [name]: [lab.addresses.a.loadBalancer.host], 'nobody.example': [] });
    });

    it('fails by name when it does not answer in time', async () => {
      const { lab, plan, ports } = at();
      lab.cloud.door.blackhole(plan.regions.witness, true);
      try {
        await expect(ports.thirdSite.resolve([plan.service.record])).rejects.toMatchObject({
          name: 'UnreachableError',
          retryable: true,
        });
      } finally {
        lab.cloud.door.blackhole(plan.regions.witness, false);
      }
    });
  });
