import * as z from 'zod';
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

const shape = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    resourceVersion: z.string().optional(),
  }),
  spec: z.looseObject({ replicas: z.int().min(0).nullish() }).nullish(),
});

/** @throws KubeError 422 */
export const checkScale = (value: unknown): KubeObject => {
  const { success, error } = shape.safeParse(value);
  const [issue] = error?.issues ?? [];
  if (!success) throw invalid('Scale.autoscaling', '', issue?.path.join('.') ?? '', issue?.message ?? 'invalid');
  return value as KubeObject;
};

/** Go leaves `replicas: 0` out of a Scale (`omitempty`): absent means 0 here. */
export const withScale = (deployment: Deployment, scale: KubeObject): Deployment => {
  const replicas = (scale.spec as { replicas?: number | null } | null | undefined)?.replicas ?? 0;
  const { resourceVersion } = scale.metadata;
  return {
    ...deployment,
    metadata: { ...deployment.metadata, ...(resourceVersion ? { resourceVersion } : {}) },
    spec: { ...deployment.spec, replicas },
  };
};
