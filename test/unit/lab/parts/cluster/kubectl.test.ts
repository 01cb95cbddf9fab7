import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasKubectl, kubectl, type Started, startCluster } from './support.ts';

/** The commands of the reference plan and those that a person tries first, by a client that we did not write. */
describe.skipIf(!hasKubectl)('kubectl', () => {
  let started: Started;
  let run: (...args: string[]) => Promise<string>;
  beforeAll(async () => {
    started = await startCluster(44, 0);
    run = kubectl(started.cluster);
  });
  afterAll(() => started?.cluster.stop());

  it('scales every deployment and waits for the rollout', async () => {
    expect(await run('scale', 'deployment', '--all', '--replicas=3', '-n', 'production')).toContain(
      'svg-ai-api scaled',
    );
    expect(await run('rollout', 'status', 'deployment/svg-ai-api', '--timeout=15s')).toContain(
      'successfully rolled out',
    );
    expect(await run('get', 'deployments')).toMatch(/svg-ai-api\s+3\/3\s+3\s+3/);
    expect((await run('get', 'pods', '-l', 'app=svg-ai-api', '-o', 'name')).trim().split('\n')).toHaveLength(3);
  });

  it('patches the ConfigMap and restarts', async () => {
    expect(await run('patch', 'configmap', 'db-config', '--patch', '{"data":{"host":"127.44.2.11"}}')).toContain(
      'patched',
    );
    expect(await run('rollout', 'restart', 'deployment', 'svg-ai-api')).toContain('restarted');
    expect(await run('rollout', 'status', 'deployment/svg-ai-api', '--timeout=15s')).toContain(
      'successfully rolled out',
    );
    expect(await run('get', 'configmap', 'db-config', '-o', 'jsonpath={.data.host}')).toBe('127.44.2.11');
  });

  it('describes, waits, reads logs, sets env, lists all', async () => {
    expect(await run('describe', 'deployment', 'svg-ai-api')).toMatch(/Available\s+True\s+MinimumReplicasAvailable/);
    expect(await run('describe', 'pods')).toMatch(/Controlled By:\s+ReplicaSet\/svg-ai-api-/);
    expect(await run('wait', '--for=condition=Available', 'deployment/svg-ai-api', '--timeout=10s')).toContain(
      'condition met',
    );
    expect(await run('logs', 'deployment/svg-ai-api')).toContain('"listening"');
    expect(await run('set', 'env', 'deployment/svg-ai-api', 'EXTRA=1')).toContain('env updated');
    expect(await run('get', 'all')).toContain('replicaset.apps/svg-ai-api-');
    expect(await run('api-resources', '-o', 'name')).toContain('deployments.apps');
  });

  // `kubectl auth can-i` itself speaks protobuf.
  it('is told that it may do everything', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'review-'));
    const file = join(folder, 'review.json');
    const resourceAttributes = { verb: 'patch', group: 'apps', resource: 'deployments', subresource: 'scale' };
    writeFileSync(file, JSON.stringify({ kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } }));
    const reviews = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    expect(JSON.parse(await run('create', '--raw', reviews, '-f', file))).toMatchObject({ status: { allowed: true } });
    rmSync(folder, { recursive: true });
  });

  it('goes back to the revision before', async () => {
    const variables = () =>
      run('get', 'deploy', 'svg-ai-api', '-o', 'jsonpath={.spec.template.spec.containers[0].env[*].name}');
    expect(await variables()).toContain('EXTRA');
    expect(await run('rollout', 'history', 'deployment/svg-ai-api')).toMatch(/^3\s/m);
    expect(await run('rollout', 'undo', 'deployment/svg-ai-api')).toContain('rolled back');
    expect(await run('rollout', 'status', 'deployment/svg-ai-api', '--timeout=15s')).toContain(
      'successfully rolled out',
    );
    expect(await variables()).not.toContain('EXTRA');
  });

  it('applies a manifest with validation, twice', async () => {
    const { writeFileSync, mkdtempSync } = await import('node:fs');
    const { tmpdir } = await import('node:os');
    const file = `${mkdtempSync(`${tmpdir()}/continuity-apply-`)}/cm.yaml`;
    const manifest = (value: string) =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: flags, namespace: production}\ndata: {a: "${value}"}\n`;
    writeFileSync(file, manifest('1'));
    expect(await run('apply', '-f', file)).toContain('created');
    expect(await run('apply', '-f', file)).toContain('unchanged');
    writeFileSync(file, manifest('2'));
    expect(await run('apply', '-f', file)).toContain('configured');
    expect(await run('get', 'cm', 'flags', '-o', 'jsonpath={.data.a}')).toBe('2');
  });

  it('deletes the training job, and says NotFound the second time', async () => {
    expect(await run('delete', 'job', 'ppo-training')).toContain('deleted');
    await expect(run('delete', 'job', 'ppo-training')).rejects.toThrow(/NotFound/);
  });

  it('scales to 0 under a precondition and refuses when it does not hold', async () => {
    await expect(run('scale', 'deploy/svg-ai-api', '--current-replicas=7', '--replicas=0')).rejects.toThrow(
      /Expected replicas/i,
    );
    expect(await run('scale', 'deploy/svg-ai-api', '--current-replicas=3', '--replicas=0')).toContain('scaled');
    expect(await run('get', 'deploy', 'svg-ai-api', '-o', 'jsonpath={.spec.replicas}')).toBe('0');
  });
});
