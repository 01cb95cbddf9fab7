import { invalid } from './kube-error.ts';
import type { Deployment, KubeObject } from './types.ts';

/** The `scale` subresource: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/ (autoscaling/v1 Scale) */
export const scaleOf = (deployment: Deployment): KubeObject => {
  const { name, namespace = '', uid = '', resourceVersion = '', creationTimestamp = '' } = deployment.metadata;
  const labels = Object.entries(deployment.spec.selector.matchLabels ?? {});
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: deployment.spec.replicas },
    status: {
      replicas: deployment.status?.replicas ?? 0,
      selector: labels.map(([key, value]) => `${key}=${value}`).join(','),
    },
  };
};

/** Go leaves `replicas: 0` out of a Scale (`omitempty`): absent means 0 here. @throws KubeError 422 */
export const withScale = (deployment: Deployment, scale: KubeObject): Deployment => {
  const replicas = (scale.spec as { replicas?: number } | undefined)?.replicas ?? 0;
  if (!Number.isInteger(replicas) || replicas < 0) {
    throw invalid('Scale.autoscaling', deployment.metadata.name, 'spec.replicas', 'must be greater than or equal to 0');
  }
  const { resourceVersion } = scale.metadata;
  return {
    ...deployment,
    metadata: { ...deployment.metadata, ...(resourceVersion ? { resourceVersion } : {}) },
    spec: { ...deployment.spec, replicas },
  };
};
