import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stays, waitFor } from '#test/support/wait-for.ts';
import { backends, get, isAlive, type Started, startCluster } from './support.ts';

const namespace = 'production';
const name = 'svg-ai-api';
const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);

const scale = ({ apps }: Started, replicas: number) =>
  apps.patchNamespacedDeploymentScale({ name, namespace, body: { spec: { replicas } } }, merge);

const serving = (started: Started, count: number) =>
  waitFor(`${count} replicas behind the load balancer`, async () => (await backends(started.front)).length === count, {
    everyMs: 5,
  });

describe('a cluster', () => {
  let started: Started;
  beforeAll(async () => {
    started = await startCluster(40, 0);
  });
  afterAll(() => started?.cluster.stop());

  it('has no replica and says so to clients', async () => {
    expect(await get(started.front, '/ready')).toMatchObject({ status: 503, body: { reason: 'no-ready-replica' } });
    const deployment = await started.apps.readNamespacedDeployment({ name, namespace });
    expect(deployment.spec?.replicas).toBe(0);
    expect(started.cluster.pids()).toHaveLength(1);
  });

  it('scales from 0 to 3 replicas that answer through the load balancer', async () => {
    const result = await scale(started, 3);
    expect(result.spec?.replicas).toBe(3);
    await serving(started, 3);
    const pods = new Set<unknown>();
    for (let call = 0; call < 9; call += 1) pods.add((await get(started.front, '/ready')).body.pod);
    expect(pods.size).toBe(3);
    expect(started.cluster.pids()).toHaveLength(4);
    const { status } = await waitFor('the status to say so', async () => {
      const deployment = await started.apps.readNamespacedDeployment({ name, namespace });
      return deployment.status?.availableReplicas === 3 && deployment;
    });
    expect(status).toMatchObject({ replicas: 3, readyReplicas: 3, updatedReplicas: 3 });
    expect(status?.unavailableReplicas).toBeUndefined();
    expect(status?.conditions?.find(({ type }) => type === 'Available')?.status).toBe('True');
  });

  it('a changed ConfigMap reaches the replicas by a restart only, and no request fails meanwhile', async () => {
    const before = await backends(started.front);
    const data = { host: '127.40.2.99' };
    await started.core.patchNamespacedConfigMap({ name: 'db-config', namespace, body: { data } }, merge);
    const old = started.addresses.b.database.host;
    expect((await get(started.front, '/health')).body).toMatchObject({ databaseHost: old });

    const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() };
    const body = { spec: { template: { metadata: { annotations } } } };
    const patched = await started.apps.patchNamespacedDeployment({ name, namespace, body }, merge);
    const generation = patched.metadata?.generation ?? 0;
    const statuses: number[] = [];
    await waitFor(
      'the rollout to be complete',
      async () => {
        statuses.push((await get(started.front, '/ready')).status);
        const { status } = await started.apps.readNamespacedDeployment({ name, namespace });
        return (
          (status?.observedGeneration ?? 0) >= generation &&
          status?.updatedReplicas === 3 &&
          status.replicas === 3 &&
          status.availableReplicas === 3
        );
      },
      { everyMs: 2 },
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
    const after = await backends(started.front);
    expect(after.map(({ pod }) => pod)).not.toEqual(expect.arrayContaining([before[0]?.pod]));
    expect((await get(started.front, '/health')).body).toMatchObject({ databaseHost: '127.40.2.99' });
  });

  it('sends nothing to a replica before it is ready, and takes it out when it stops answering', async () => {
    const [victim] = await backends(started.front);
    const pod = await started.core.readNamespacedPod({ name: victim?.pod ?? '', namespace });
    const pid = Number(pod.metadata?.annotations?.['lab/pid']);
    process.kill(pid, 'SIGSTOP');
    try {
      await waitFor('the frozen replica to be taken out', async () => (await backends(started.front)).length === 2, {
        withinMs: 9_000,
      });
      const answers = await Promise.all(Array.from({ length: 6 }, () => get(started.front, '/ready')));
      expect(answers.every(({ status, body }) => status === 200 && body.pod !== victim?.pod)).toBe(true);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await serving(started, 3);
  }, 20_000);

  it('notices that a replica died and starts it again', async () => {
    const [victim] = await backends(started.front);
    const read = () => started.core.readNamespacedPod({ name: victim?.pod ?? '', namespace });
    const pid = Number((await read()).metadata?.annotations?.['lab/pid']);
    process.kill(pid, 'SIGKILL');
    const status = await waitFor('the restart', async () => {
      const container = (await read()).status?.containerStatuses?.[0];
      return container?.ready && container.restartCount === 1 && container;
    });
    expect(status.lastState?.terminated).toMatchObject({ exitCode: 128 });
    await serving(started, 3);
    expect(isAlive(pid)).toBe(false);
  });

  it('replaces a pod that is deleted', async () => {
    const [victim] = await backends(started.front);
    await started.core.deleteNamespacedPod({ name: victim?.pod ?? '', namespace });
    await waitFor('the pod to be gone', async () => {
      const { items } = await started.core.listNamespacedPod({ namespace, labelSelector: `app=${name}` });
      return items.length === 3 && !items.some((pod) => pod.metadata?.name === victim?.pod);
    });
    await serving(started, 3);
  });

  it('refuses a write on an old version, and a missing object, as a Kubernetes API does', async () => {
    const read = await started.core.readNamespacedConfigMap({ name: 'db-config', namespace });
    await started.core.replaceNamespacedConfigMap({
      name: 'db-config',
      namespace,
      body: { ...read, data: { ...read.data, x: '1' } },
    });
    const stale = started.core.replaceNamespacedConfigMap({
      name: 'db-config',
      namespace,
      body: { ...read, data: {} },
    });
    await expect(stale).rejects.toMatchObject({ code: 409 });
    await expect(started.core.readNamespacedConfigMap({ name: 'none', namespace })).rejects.toMatchObject({
      code: 404,
    });
    await expect(started.core.listNamespacedSecret({ namespace })).rejects.toMatchObject({ code: 403 });
    await expect(started.batch.deleteNamespacedJob({ name: 'none', namespace })).rejects.toMatchObject({ code: 404 });
  });

  it('refuses a caller without a valid token', async () => {
    const { rejectUnauthorized } = { rejectUnauthorized: false };
    const { request } = await import('node:https');
    const call = (authorization?: string) =>
      new Promise<{ code: number; body: string }>((resolve, reject) => {
        const headers = authorization ? { authorization } : {};
        const sent = request(
          `${started.cluster.endpoint}/apis/apps/v1/deployments`,
          { headers, rejectUnauthorized },
          (answer) => {
            let body = '';
            answer.on('data', (chunk) => {
              body += chunk;
            });
            answer.on('end', () => resolve({ code: answer.statusCode ?? 0, body }));
          },
        );
        sent.on('error', reject);
        sent.end();
      });
    for (const header of [undefined, 'Bearer wrong', `Bearer ${started.cluster.token}x`]) {
      const { code, body } = await call(header);
      expect(code).toBe(401);
      expect(JSON.parse(body)).toMatchObject({ kind: 'Status', reason: 'Unauthorized', code: 401 });
    }
    expect((await call(`Bearer ${started.cluster.token}`)).code).toBe(200);
  });

  it('treats a Scale without replicas as 0: Go leaves a zero out', async () => {
    const current = await started.apps.readNamespacedDeploymentScale({ name, namespace });
    await started.apps.replaceNamespacedDeploymentScale({ name, namespace, body: { ...current, spec: {} } });
    await serving(started, 0);
    await waitFor('the processes to end', () => started.cluster.pids().length === 1);
  });
});

describe('faults', () => {
  it('a frozen cluster does not answer and goes on after the thaw', async () => {
    const started = await startCluster(41, 1);
    try {
      await serving(started, 1);
      started.cluster.freeze();
      let answered = false;
      const pending = get(started.front, '/ready').then((answer) => {
        answered = true;
        return answer;
      });
      await stays('no answer from the frozen cluster', () => !answered, 500);
      started.cluster.thaw();
      expect((await pending).status).toBe(200);
    } finally {
      await started.cluster.stop();
    }
    expect(started.cluster.pids()).toEqual([]);
  });

  it('kill leaves no process of the region and closes its ports', async () => {
    const started = await startCluster(41, 3);
    await serving(started, 3);
    const pids = started.cluster.pids();
    expect(pids).toHaveLength(4);
    await started.cluster.kill();
    expect(started.cluster.pids()).toEqual([]);
    expect(pids.filter(isAlive)).toEqual([]);
    await expect(get(started.front, '/ready')).rejects.toThrow();
    await started.cluster.stop();
  });

  it('says which address is taken', async () => {
    const started = await startCluster(41, 0);
    try {
      await expect(startCluster(41, 0)).rejects.toThrow(/EADDRINUSE/);
    } finally {
      await started.cluster.stop();
    }
  });
});
