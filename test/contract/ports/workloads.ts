import { describe, expect, it } from 'vitest';
import type { ContractLab } from '#test/support/contract-lab.ts';
import { waitFor } from '#test/support/wait-for.ts';

export const describeWorkloads = (at: () => ContractLab) =>
  describe('workloads', () => {
    const deployment = (): { name: string; replicas: number } =>
      at().plan.workloads.deployments[0] ?? { name: '', replicas: 0 };
    const status = async () => (await at().ports.workloads.status('standby', [deployment().name]))[0];

    it('are scaled by number, and the same number changes nothing', async () => {
      const { workloads } = at().ports;
      for (const replicas of [1, 1, 0]) {
        await workloads.scale('standby', deployment().name, replicas);
        await waitFor(`${replicas} ready replicas`, async () => {
          const now = await status();
          return now?.wanted === replicas && now.ready === replicas && now.observed;
        });
      }
    });

    it('say what runs', async () => {
      const { name, replicas } = deployment();
      const [primary] = await at().ports.workloads.status('primary', [name]);
      expect(primary).toEqual({
        name,
        wanted: replicas,
        ready: replicas,
        updated: replicas,
        total: replicas,
        observed: true,
      });
    });

    it('keep configuration by key', async () => {
      const { workloads } = at().ports;
      const { configMap, key } = at().plan.workloads.databaseConfig;
      const before = await workloads.readConfig('standby', configMap, key);
      await expect(workloads.readConfig('standby', configMap, 'no-such-key')).resolves.toBeNull();
      await workloads.writeConfig('standby', configMap, 'contract', 'one');
      await workloads.writeConfig('standby', configMap, 'contract', 'one');
      await expect(workloads.readConfig('standby', configMap, 'contract')).resolves.toBe('one');
      await expect(workloads.readConfig('standby', configMap, key)).resolves.toBe(before);
    });

    it('restart once for one stamp', async () => {
      const { workloads } = at().ports;
      const { name } = deployment();
      const pids = () => at().lab.world.clusters.primary.pids().length;
      await workloads.restart('primary', name, '2026-11-23T12:00:00.000Z');
      const rolled = async () => {
        const [now] = await workloads.status('primary', [name]);
        return now?.observed && now.updated === now.wanted && now.ready === now.wanted && now.total === now.wanted;
      };
      await waitFor('the rollout to end', rolled, { withinMs: 15_000 });
      const before = pids();
      await workloads.restart('primary', name, '2026-11-23T12:00:00.000Z');
      expect(await rolled()).toBe(true);
      expect(pids()).toBe(before);
    });

    it('are named when they are not there', async () => {
      const { workloads } = at().ports;
      await expect(workloads.status('standby', ['no-such'])).rejects.toMatchObject({
        name: 'WorkloadNotFoundError',
        message: expect.stringContaining('no-such'),
      });
      await expect(workloads.readConfig('standby', 'no-such', 'key')).rejects.toMatchObject({
        name: 'WorkloadNotFoundError',
      });
      const { plan } = at();
      const clusters = { primary: 'nowhere', standby: 'nowhere' };
      const elsewhere = at().portsFor({ ...plan, workloads: { ...plan.workloads, clusters } });
      await expect(elsewhere.workloads.status('standby', ['x'])).rejects.toMatchObject({
        name: 'WorkloadNotFoundError',
      });
    });
  });
