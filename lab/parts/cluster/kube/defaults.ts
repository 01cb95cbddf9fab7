import { invalid } from './kube-error.ts';
import { AUTOSCALERS, DEPLOYMENTS, type Resource, SERVICES } from './resources.ts';
import { matchesLabels } from './selectors.ts';
import type { Autoscaler, Deployment, KubeObject } from './types.ts';

/** https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/deployment-v1/#DeploymentSpec */
const deploymentDefaults = (object: KubeObject): KubeObject => {
  const spec = object.spec as Partial<Deployment['spec']> & Pick<Deployment['spec'], 'selector' | 'template'>;
  const { selector, template } = spec;
  if (!matchesLabels(selector.matchLabels, template.metadata?.labels)) {
    const problem = '`selector` does not match template `labels`';
    throw invalid('Deployment.apps', object.metadata.name, 'spec.template.metadata.labels', problem);
  }
  const type = spec.strategy?.type ?? 'RollingUpdate';
  const rollingUpdate = { maxUnavailable: '25%', maxSurge: '25%', ...spec.strategy?.rollingUpdate };
  return {
    ...object,
    spec: {
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      ...spec,
      replicas: spec.replicas ?? 1,
      strategy: type === 'Recreate' ? { type } : { type, rollingUpdate },
      template: {
        ...template,
        spec: {
          restartPolicy: 'Always',
          terminationGracePeriodSeconds: 30,
          dnsPolicy: 'ClusterFirst',
          ...template.spec,
        },
      },
    },
  };
};

/** https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/#HorizontalPodAutoscalerSpec */
const autoscalerDefaults = (object: KubeObject): KubeObject => {
  const { metrics = [], ...spec } = object.spec as Partial<Autoscaler['spec']>;
  const target = { type: 'Utilization', averageUtilization: 80 } as const;
  const byDefault = [{ type: 'Resource', resource: { name: 'cpu', target } }] as const;
  return { ...object, spec: { minReplicas: 1, ...spec, metrics: metrics.length === 0 ? byDefault : metrics } };
};

/** Fills in what this server depends on; the shape has been checked. @throws KubeError 422 */
export const admit = (resource: Resource, object: KubeObject): KubeObject => {
  if (resource === DEPLOYMENTS) return deploymentDefaults(object);
  if (resource === AUTOSCALERS) return autoscalerDefaults(object);
  if (resource === SERVICES) return { ...object, spec: { type: 'ClusterIP', ...(object.spec as object | undefined) } };
  return object;
};
