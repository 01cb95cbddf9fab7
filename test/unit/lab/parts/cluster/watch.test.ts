import { KubeConfig, makeInformer, PatchStrategy, setHeaderOptions, type V1Pod, Watch } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '#test/support/wait-for.ts';
import { type Started, startCluster } from './support.ts';

const namespace = 'production';
const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);

describe('watches', () => {
  let started: Started;
  let config: KubeConfig;
  beforeAll(async () => {
    started = await startCluster(45, 0);
    config = new KubeConfig();
    config.loadFromString(started.cluster.kubeconfig());
  });
  afterAll(() => started?.cluster.stop());

  const setFlag = (value: string, labels: Record<string, string | null> = {}) =>
    started.core.patchNamespacedConfigMap(
      {
        name: 'flags',
        namespace,
        body: { metadata: { labels }, data: { value } },
      },
      merge,
    );

  it('an informer follows pods from none to two and back', async () => {
    const list = () => started.core.listNamespacedPod({ namespace });
    const informer = makeInformer<V1Pod>(config, `/api/v1/namespaces/${namespace}/pods`, list);
    const seen = new Map<string, boolean>();
    const ready = (pod: V1Pod) =>
      pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
    const keep = (pod: V1Pod) => void seen.set(pod.metadata?.name ?? '', ready(pod));
    informer.on('add', keep);
    informer.on('update', keep);
    informer.on('delete', (pod) => void seen.delete(pod.metadata?.name ?? ''));
    await informer.start();
    try {
      const scale = (replicas: number) =>
        started.apps.patchNamespacedDeploymentScale(
          { name: 'svg-ai-api', namespace, body: { spec: { replicas } } },
          merge,
        );
      await scale(2);
      await waitFor('two ready pods in the cache', () => [...seen.values()].filter(Boolean).length === 2);
      await scale(0);
      await waitFor('an empty cache', () => seen.size === 0);
    } finally {
      await informer.stop();
    }
  });

  it('starts after the version that it is given, and reports what leaves the selector as deleted', async () => {
    const metadata = { name: 'flags', namespace, labels: { team: 'a' } };
    await started.core.createNamespacedConfigMap({ namespace, body: { metadata, data: { value: '0' } } });
    await setFlag('1');
    const list = await started.core.listNamespacedConfigMap({ namespace });
    await setFlag('2');
    const events: string[] = [];
    const watch = new Watch(config);
    const query = { labelSelector: 'team=a', resourceVersion: list.metadata?.resourceVersion };
    const controller = await watch.watch(
      `/api/v1/namespaces/${namespace}/configmaps`,
      query,
      (type, object: { data: { value: string } }) => events.push(`${type} ${object.data.value}`),
      () => undefined,
    );
    try {
      await setFlag('3');
      await setFlag('4', { team: null });
      await setFlag('5');
      await setFlag('6', { team: 'a' });
      await waitFor('the last change', () => events.at(-1)?.endsWith(' 6'));
    } finally {
      controller.abort();
    }
    expect(events).toEqual(['MODIFIED 2', 'MODIFIED 3', 'DELETED 4', 'ADDED 6']);
  });
});
