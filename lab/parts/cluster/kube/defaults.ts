import { invalid } from './kube-error.ts';
import { DEPLOYMENTS, type Resource, SERVICES } from './resources.ts';
import { matchesLabels } from './selectors.ts';
import type { Deployment, KubeObject } from './types.ts';

/** https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/deployment-v1/#DeploymentSpec */
const deploymentDefaults = (object: KubeObject): KubeObject => {
  const { name } = object.metadata;
  const spec = object.spec as Partial<Deployment['spec']> | undefined;
  if (!spec?.template?.spec?.containers?.length)
    throw invalid('Deployment.apps', name, 'spec.template.spec.containers', 'Required value');
  if (!matchesLabels(spec.selector?.matchLabels, spec.template.metadata?.labels) || !spec.selector) {
    throw invalid(
      'Deployment.apps',
      name,
      'spec.template.metadata.labels',
      '`selector` does not match template `labels`',
    );
  }
  const replicas = spec.replicas ?? 1;
  if (!Number.isInteger(replicas) || replicas < 0) {
    throw invalid('Deployment.apps', name, 'spec.replicas', 'must be greater than or equal to 0');
  }
  const type = spec.strategy?.type ?? 'RollingUpdate';
  const rollingUpdate = { maxUnavailable: '25%', maxSurge: '25%', ...spec.strategy?.rollingUpdate };
  return {
    ...object,
    spec: {
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      ...spec,
      replicas,
      strategy: type === 'Recreate' ? { type } : { type, rollingUpdate },
      template: {
        ...spec.template,
        spec: {
          restartPolicy: 'Always',
          terminationGracePeriodSeconds: 30,
          dnsPolicy: 'ClusterFirst',
          ...spec.template.spec,
        },
      },
    },
  };
};

/** Fills in and checks what this server depends on. @throws KubeError 422 */
export const admit = (resource: Resource, object: KubeObject): KubeObject => {
  if (resource === DEPLOYMENTS) return deploymentDefaults(object);
  if (resource === SERVICES) return { ...object, spec: { type: 'ClusterIP', ...(object.spec as object | undefined) } };
  return object;
};
