import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { groupMembers } from '#lab/parts/cluster/process-group.ts';
import { waitFor } from '#test/support/wait-for.ts';
import { backends, isAlive, startCluster } from './support.ts';

const namespace = 'production';
const name = 'svg-ai-api';
const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);

describe('what goes wrong', () => {
  it('a missing ConfigMap keeps pods waiting with the reason, and they start when it is there', async () => {
    const { cluster, core, apps, front } = await startCluster(42, 0);
    try {
      const config = await core.readNamespacedConfigMap({ name: 'db-config', namespace });
      await core.deleteNamespacedConfigMap({ name: 'db-config', namespace });
      await apps.patchNamespacedDeploymentScale({ name, namespace, body: { spec: { replicas: 1 } } }, merge);
      const reason = () =>
        core
          .listNamespacedPod({ namespace })
          .then(({ items }) => items[0]?.status?.containerStatuses?.[0]?.state?.waiting?.reason);
      await waitFor('the reason', async () => (await reason()) === 'CreateContainerConfigError');
      expect(await backends(front)).toEqual([]);
      const metadata = { name: 'db-config', namespace };
      await core.createNamespacedConfigMap({ namespace, body: { metadata, data: config.data ?? {} } });
      await waitFor('the replica', async () => (await backends(front)).length === 1);
    } finally {
      await cluster.stop();
    }
  });

  it('a program that cannot start is in CrashLoopBackOff, and the old replicas serve on', async () => {
    const { cluster, core, apps, front } = await startCluster(42, 2);
    try {
      const serving = async () => (await backends(front)).map(({ pod }) => pod).sort();
      await waitFor('two replicas', async () => (await serving()).length === 2);
      const before = await serving();
      const env = [{ name: 'DATABASE_PORT', value: 'not-a-port' }];
      const strategic = setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch);
      const template = { spec: { containers: [{ name: 'api', env: [{ ...env[0], valueFrom: null }] }] } };
      await apps.patchNamespacedDeployment({ name, namespace, body: { spec: { template } } }, strategic);
      await waitFor('the crash loop', async () => {
        const { items } = await core.listNamespacedPod({ namespace });
        const statuses = items.flatMap((pod) => pod.status?.containerStatuses ?? []);
        return statuses.some((one) => one.restartCount >= 3 && one.state?.waiting?.reason === 'CrashLoopBackOff');
      });
      expect(await serving()).toEqual(before);
    } finally {
      await cluster.stop();
    }
  });

  it.skipIf(process.platform !== 'linux')(
    "marks every process as the lab's, so that the next start finds what a killed lab left",
    async () => {
      process.env.CONTINUITY_LAB = '/tmp/a-lab';
      const { cluster, front } = await startCluster(42, 1);
      try {
        await waitFor('the replica', async () => (await backends(front)).length === 1);
        const marked = cluster.pids().map((pid) => readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0'));
        expect(marked).toHaveLength(2);
        for (const environment of marked) expect(environment).toContain('CONTINUITY_LAB=/tmp/a-lab');
      } finally {
        delete process.env.CONTINUITY_LAB;
        await cluster.stop();
      }
    },
  );

  it('the cluster process alone is killed: its replicas do not outlive it', async () => {
    const { cluster, front } = await startCluster(42, 2);
    await waitFor('two replicas', async () => (await backends(front)).length === 2);
    const pids = cluster.pids();
    process.kill(cluster.pgid, 'SIGKILL');
    await waitFor('the whole group to be gone', () => !pids.some(isAlive));
    await cluster.stop();
  });

  it('whoever started it is killed: the whole group goes', async () => {
    const support = fileURLToPath(new URL('start-and-wait.ts', import.meta.url));
    const owner = spawn(process.execPath, [support, '42'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const pgid = await new Promise<number>((resolve) => {
      createInterface({ input: owner.stdout }).on('line', (line) => resolve(Number(line)));
    });
    expect(groupMembers(pgid).length).toBeGreaterThan(1);
    owner.kill('SIGKILL');
    await waitFor('the group to be gone', () => groupMembers(pgid).length === 0);
  });
});
