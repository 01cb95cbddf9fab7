import { describe, expect, it } from 'vitest';
import { admit } from '#lab/parts/cluster/kube/defaults.ts';
import { CONFIG_MAPS, DEPLOYMENTS } from '#lab/parts/cluster/kube/resources.ts';
import { checkScale } from '#lab/parts/cluster/kube/scale.ts';
import { checkShape } from '#lab/parts/cluster/kube/shapes.ts';
import { applicationManifests } from '#lab/parts/cluster/manifests.ts';

const manifests = applicationManifests({ replicas: 2, database: { host: '127.0.0.1', port: 5432 } });
const deployment = manifests.find(({ kind }) => kind === 'Deployment') as unknown as { spec: Record<string, unknown> };
const withSpec = (spec: object) => ({ ...deployment, spec: { ...deployment.spec, ...spec } });

describe('shapes', () => {
  it("takes the sample service's deployment and fills in what Kubernetes would", () => {
    const { replicas: _, strategy: __, ...spec } = deployment.spec;
    const admitted = admit(DEPLOYMENTS, checkShape(DEPLOYMENTS, { ...deployment, spec }));
    expect(admitted.spec).toMatchObject({
      replicas: 1,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      progressDeadlineSeconds: 600,
    });
  });

  it('takes null for absent', () => {
    const object = { metadata: { name: 'a', namespace: 'n', labels: null, creationTimestamp: null }, data: null };
    expect(checkShape(CONFIG_MAPS, object).metadata).toEqual({ name: 'a', namespace: 'n' });
  });

  it.each([
    ['no containers', withSpec({ template: { spec: { containers: [] } } }), 'spec.template.spec.containers'],
    [
      'a container that is null',
      withSpec({ template: { spec: { containers: [null] } } }),
      'spec.template.spec.containers.0',
    ],
    ['negative replicas', withSpec({ replicas: -1 }), 'spec.replicas'],
    ['replicas as text', withSpec({ replicas: '3' }), 'spec.replicas'],
    ['a selector of numbers', withSpec({ selector: { matchLabels: { app: 1 } } }), 'spec.selector.matchLabels.app'],
    ['a strategy that does not exist', withSpec({ strategy: { type: 'BlueGreen' } }), 'spec.strategy.type'],
    ['a name with capitals', { ...deployment, metadata: { name: 'API' } }, 'metadata.name'],
  ])('refuses %s and names the member', (_, object, field) => {
    expect(() => checkShape(DEPLOYMENTS, object)).toThrow(
      expect.objectContaining({ code: 422, reason: 'Invalid', message: expect.stringContaining(field) }),
    );
  });

  it('refuses a selector that does not match the template', () => {
    const object = checkShape(DEPLOYMENTS, withSpec({ selector: { matchLabels: { app: 'other' } } }));
    expect(() => admit(DEPLOYMENTS, object)).toThrow(expect.objectContaining({ code: 422 }));
  });

  it.each([null, 5, 'text', [], [{}]])('refuses %j, which is no object', (value) => {
    expect(() => checkShape(CONFIG_MAPS, value)).toThrow(expect.objectContaining({ code: 400 }));
  });

  it('refuses a scale below 0 or not a whole number', () => {
    for (const replicas of [-1, 1.5, '3']) {
      expect(() => checkScale({ metadata: { name: 'a' }, spec: { replicas } })).toThrow(
        expect.objectContaining({ code: 422 }),
      );
    }
  });
});
