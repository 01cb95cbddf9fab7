import { describe, expect, it } from 'vitest';
import type { ContractCloud } from '#test/support/contract-cloud.ts';
import type { ContractLab } from '#test/support/contract-lab.ts';
import { kubernetes } from '#test/support/kubernetes.ts';
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
        rescaled: null,
      });
    });

    it('keep what they were before a recovery changed them, until it is undone; others may scale them meanwhile', async () => {
      const { workloads } = at().ports;
      const { name } = deployment();
      const rescaling = { before: 0, after: 2, execution: 'arn:aws:states:us-west-2:123456789012:execution:m:one' };
      expect((await status())?.rescaled).toBeNull();
      for (const _ of [1, 2]) await workloads.rescale('standby', name, rescaling);
      expect(await status()).toMatchObject({ wanted: 2, rescaled: rescaling });
      const scale = `/apis/apps/v1/namespaces/${at().plan.workloads.namespace}/deployments/${name}/scale`;
      await kubernetes(at().lab, 'standby', scale, 'PATCH', { spec: { replicas: 1 } });
      expect(await status()).toMatchObject({ wanted: 1, rescaled: rescaling });
      await workloads.rescale('standby', name, { ...rescaling, after: 0 });
      expect(await status()).toMatchObject({ wanted: 0, rescaled: { ...rescaling, after: 0 } });
      for (const _ of [1, 2]) await workloads.scale('standby', name, 0);
      expect(await status()).toMatchObject({ wanted: 0, rescaled: null });
    });

    it('say that no right is missing, as kubectl does', async () => {
      expect(await at().ports.workloads.rightsMissing('standby')).toEqual([]);
    });

    it('say what the cluster has room for: nodes less their pods, quotas less their use', async () => {
      const { workloads } = at().ports;
      const { name, replicas } = deployment();
      const asked = { cpuMillis: 250, memoryBytes: 256 * 2 ** 20 };
      // A pod that is ending takes room until it is gone.
      const { empty, full } = await waitFor('the pods of the test before to be gone', async () => {
        const [empty, full] = await Promise.all([workloads.room('standby', [name]), workloads.room('primary', [name])]);
        return (empty.nodes[0]?.pods ?? 0) - (full.nodes[0]?.pods ?? 0) === replicas && { empty, full };
      });
      expect(empty).toMatchObject({ quotas: [], requests: [{ deployment: name, ...asked }] });
      const [before, after] = [empty.nodes[0], full.nodes[0]];
      if (!before || !after) throw new Error('a cluster without a node');
      expect(before.cpuMillis - after.cpuMillis).toBe(replicas * asked.cpuMillis);
      expect(before.memoryBytes - after.memoryBytes).toBe(replicas * asked.memoryBytes);

      const { namespace } = at().plan.workloads;
      const quota = { metadata: { name: 'team' }, spec: { hard: { 'requests.cpu': '1', pods: '4' } } };
      const node = { path: `/api/v1/nodes/${before.name}`, method: 'PATCH' };
      await kubernetes(at().lab, 'standby', `/api/v1/namespaces/${namespace}/resourcequotas`, 'POST', quota);
      await kubernetes(at().lab, 'standby', node.path, node.method, { spec: { unschedulable: true } });
      await expect(workloads.room('standby', [name])).resolves.toMatchObject({
        nodes: [],
        quotas: [{ name: 'team', cpuMillis: 1_000, pods: 4 }],
      });
      await kubernetes(at().lab, 'standby', node.path, node.method, { spec: { unschedulable: false } });
      await kubernetes(at().lab, 'standby', `/api/v1/namespaces/${namespace}/resourcequotas/team`, 'DELETE');
      await expect(workloads.room('standby', ['no-such'])).rejects.toMatchObject({ name: 'WorkloadNotFoundError' });
    });

    it('have autoscalers whose minimum is raised and put back; what it was stays on the object', async () => {
      const { workloads } = at().ports;
      const { name } = deployment();
      const path = `/apis/autoscaling/v2/namespaces/${at().plan.workloads.namespace}/horizontalpodautoscalers`;
      const seen = async () =>
        (await workloads.autoscalers('standby', [name]))[0] ?? {
          name: '',
          deployment: '',
          min: 0,
          max: 0,
          minBefore: null,
        };
      expect(await workloads.autoscalers('standby', [name])).toEqual([]);
      const spec = (target: string) => ({
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: target },
        maxReplicas: 6,
      });
      for (const target of [name, 'other'])
        await kubernetes(at().lab, 'standby', path, 'POST', {
          metadata: { name: `hpa-${target}` },
          spec: spec(target),
        });
      const before = { name: `hpa-${name}`, deployment: name, min: 1, max: 6, minBefore: null };
      expect(await workloads.autoscalers('standby', [name])).toEqual([before]);
      for (const min of [3, 3, 4]) await workloads.raiseMinimum('standby', await seen(), min);
      expect(await seen()).toEqual({ ...before, min: 4, minBefore: 1 });
      await workloads.raiseMinimum('standby', await seen(), 2);
      expect((await seen()).min).toBe(4);
      await expect(workloads.raiseMinimum('standby', await seen(), 7)).rejects.toMatchObject({
        name: 'CallRefusedError',
      });
      for (const _ of [1, 2]) await workloads.restoreMinimum('standby', await seen());
      expect(await seen()).toEqual(before);
      for (const target of [name, 'other']) await kubernetes(at().lab, 'standby', `${path}/hpa-${target}`, 'DELETE');
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
      // A second restart would start as many again; old replicas that still drain may end meanwhile.
      expect(pids()).toBeLessThanOrEqual(before);
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
    });
  });

export const describeMissingCluster = (at: () => ContractCloud) =>
  it('workloads of a cluster that EKS does not know are named', async () => {
    const { plan } = at();
    const clusters = { primary: 'nowhere', standby: 'nowhere' };
    const elsewhere = at().portsFor({ ...plan, workloads: { ...plan.workloads, clusters } });
    await expect(elsewhere.workloads.status('standby', ['x'])).rejects.toMatchObject({
      name: 'WorkloadNotFoundError',
    });
  });
