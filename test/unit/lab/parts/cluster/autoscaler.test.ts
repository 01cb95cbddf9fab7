import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AutoscalingV2Api, KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stays, waitFor } from '#test/support/wait-for.ts';
import { hasKubectl, kubectl, type Started, startCluster } from './support.ts';

const name = 'svg-ai-api';
const namespace = 'production';
/** Of 300 declared seconds at the default time scale. */
const WINDOW_MS = 5_000;

describe('an autoscaler', () => {
  let started: Started;
  let autoscaling: AutoscalingV2Api;
  beforeAll(async () => {
    started = await startCluster(47, 0);
    const config = new KubeConfig();
    config.loadFromString(started.cluster.kubeconfig());
    autoscaling = config.makeApiClient(AutoscalingV2Api);
  });
  afterAll(() => started?.cluster.stop());

  const replicas = async () => (await started.apps.readNamespacedDeployment({ name, namespace })).spec?.replicas;
  const scale = async (to: number) => {
    const body = await started.apps.readNamespacedDeploymentScale({ name, namespace });
    await started.apps.replaceNamespacedDeploymentScale({ name, namespace, body: { ...body, spec: { replicas: to } } });
  };
  const create = (spec: object) =>
    autoscaling.createNamespacedHorizontalPodAutoscaler({
      namespace,
      body: { metadata: { name }, spec: { scaleTargetRef: { kind: 'Deployment', name }, ...spec } as never },
    });

  it('is refused with a metric that nothing measures here, and with a maximum below its minimum', async () => {
    const external = { type: 'External', external: {} };
    await expect(create({ maxReplicas: 3, metrics: [external] })).rejects.toMatchObject({ code: 422 });
    await expect(create({ minReplicas: 4, maxReplicas: 3 })).rejects.toMatchObject({ code: 422 });
  });

  it('leaves a deployment of no replicas alone, takes idle replicas away after its window, and keeps its minimum', async () => {
    const made = await create({ maxReplicas: 5 });
    expect(made.spec).toMatchObject({
      minReplicas: 1,
      metrics: [{ resource: { target: { averageUtilization: 80 } } }],
    });
    await stays('no replicas wanted', async () => (await replicas()) === 0, 1_000);
    await scale(3);
    await waitFor('idle replicas to be taken away', async () => (await replicas()) === 1, { withinMs: 3 * WINDOW_MS });
    await autoscaling.patchNamespacedHorizontalPodAutoscaler({
      name,
      namespace,
      body: [{ op: 'replace', path: '/spec/minReplicas', value: 3 }],
    });
    await waitFor('the minimum to be wanted', async () => (await replicas()) === 3, { withinMs: WINDOW_MS });
  }, 60_000);

  it.skipIf(!hasKubectl)(
    'is seen and made by kubectl',
    async () => {
      const run = kubectl(started.cluster);
      const seen = /svg-ai-api\s+Deployment\/svg-ai-api\s+cpu: .*%\/80%\s+3\s+5\s+3/;
      await waitFor('kubectl to show it', async () => seen.test(await run('get', 'hpa')), { withinMs: WINDOW_MS });
      expect(await run('describe', 'hpa', name)).toMatch(/Min replicas:\s+3/);
      await run('delete', 'hpa', name);
      const file = join(mkdtempSync(join(tmpdir(), 'continuity-apply-')), 'hpa.yaml');
      const target = `{apiVersion: apps/v1, kind: Deployment, name: ${name}}`;
      const spec = `{scaleTargetRef: ${target}, minReplicas: 2, maxReplicas: 4}`;
      const head = `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: ${name}}`;
      writeFileSync(
        file,
        `${head}
spec: ${spec}
`,
      );
      expect(await run('apply', '-f', file)).toContain('created');
      expect(await run('apply', '-f', file)).toMatch(/unchanged|configured/);
      expect(await run('get', 'hpa', name, '-o', 'jsonpath={.spec.minReplicas}-{.spec.maxReplicas}')).toBe('2-4');
    },
    60_000,
  );
});
