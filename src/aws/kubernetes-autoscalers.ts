import type { Autoscaler } from '#domain/capacity.ts';
import type { KubernetesApi } from './kubernetes-api.ts';

/** Holds what spec.minReplicas was before a recovery raised it. */
const BEFORE = 'continuity/min-replicas-before';

/** https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/ */
interface HorizontalPodAutoscaler {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly scaleTargetRef: { readonly kind: string; readonly name: string };
    readonly minReplicas?: number;
    readonly maxReplicas: number;
  };
}

const beforeOf = (annotations: Readonly<Record<string, string>> = {}): number | null => {
  const kept = Number(annotations[BEFORE]);
  return Number.isInteger(kept) ? kept : null;
};

const toAutoscaler = ({ metadata, spec }: HorizontalPodAutoscaler): Autoscaler => ({
  name: metadata.name,
  deployment: spec.scaleTargetRef.name,
  min: spec.minReplicas ?? 1,
  max: spec.maxReplicas,
  minBefore: beforeOf(metadata.annotations),
});

/** The autoscalers of a namespace; see the port for what each call promises. */
export const kubernetesAutoscalers = (api: KubernetesApi, namespace: string) => {
  const path = `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers`;
  const patch = async ({ name }: Autoscaler, before: string | null, minReplicas: number): Promise<void> => {
    await api.patch(`${path}/${name}`, { metadata: { annotations: { [BEFORE]: before } }, spec: { minReplicas } });
  };
  return {
    list: async (deployments: readonly string[]): Promise<readonly Autoscaler[]> => {
      const { items } = (await api.get(path)) as { readonly items: readonly HorizontalPodAutoscaler[] };
      return items
        .filter(({ spec: { scaleTargetRef } }) => scaleTargetRef.kind === 'Deployment')
        .map(toAutoscaler)
        .filter(({ deployment }) => deployments.includes(deployment));
    },
    raise: async (autoscaler: Autoscaler, min: number): Promise<void> => {
      if (autoscaler.min >= min) return;
      await patch(autoscaler, String(autoscaler.minBefore ?? autoscaler.min), min);
    },
    restore: async (autoscaler: Autoscaler): Promise<void> => {
      if (autoscaler.minBefore !== null) await patch(autoscaler, null, autoscaler.minBefore);
    },
  };
};
