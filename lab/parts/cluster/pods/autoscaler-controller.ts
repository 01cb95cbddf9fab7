import { isDeepStrictEqual } from 'node:util';
import type { Log } from '#lab/contract.ts';
import { requested } from '../kube/quota.ts';
import { AUTOSCALERS, DEPLOYMENTS, PODS } from '../kube/resources.ts';
import { matchesLabels } from '../kube/selectors.ts';
import { now as kubeNow, type Store } from '../kube/store.ts';
import type { Autoscaler, AutoscalerStatus, Condition, Deployment, KubeObject, Pod } from '../kube/types.ts';
import { cpuSeconds } from './cpu-time.ts';
import { isReady } from './deployment-status.ts';
import { desiredReplicas, type Recommendation } from './desired-replicas.ts';

export interface AutoscalerControllerOptions {
  readonly store: Store;
  /** Declared seconds to real milliseconds. */
  readonly ms: (declaredSeconds: number) => number;
  readonly log: Log;
}

/** Kubernetes' own defaults: a look each 15 s, scaled down after 300 s without a higher recommendation. */
const EVERY_SECONDS = 15;
const STABILIZATION_SECONDS = 300;
/** CPU time has ticks of 10 ms: over less than some of them nothing can be said. */
const LEAST_MS = 100;

interface Sample {
  readonly pid: string;
  readonly seconds: number;
  readonly at: number;
}

const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace}/${metadata.name}`;

const condition = (type: string, met: boolean, reason: string, message: string): Condition => ({
  type,
  status: met ? 'True' : 'False',
  reason,
  message,
});

/** HorizontalPodAutoscalers -> `replicas` of their Deployments, by the CPU that the pods' processes really take. Returns the function that ends it. */
export const startAutoscalers = ({ store, ms, log }: AutoscalerControllerOptions): (() => void) => {
  const samples = new Map<string, Sample>();
  const recommended = new Map<string, readonly Recommendation[]>();

  const podsOf = ({ metadata, spec }: Deployment): readonly Pod[] =>
    (store.list(PODS, metadata.namespace) as Pod[]).filter(
      (pod) => !pod.metadata.deletionTimestamp && matchesLabels(spec.selector.matchLabels, pod.metadata.labels),
    );

  /** Thousandths of a core since the look before; undefined for a pod that is new, not ready, or not measured. */
  const usageOf = (pod: Pod, at: number): number | undefined => {
    const key = keyOf(pod);
    const before = samples.get(key);
    const pid = pod.metadata.annotations?.['lab/pid'];
    const seconds = pid === undefined || !isReady(pod) ? undefined : cpuSeconds(Number(pid));
    if (pid === undefined || seconds === undefined) {
      samples.delete(key);
      return undefined;
    }
    samples.set(key, { pid, seconds, at });
    if (before?.pid !== pid) return undefined;
    return ((seconds - before.seconds) / ((at - before.at) / 1_000)) * 1_000;
  };

  const utilizationOf = (deployment: Deployment, at: number): number | undefined => {
    const pods = podsOf(deployment);
    const usages = pods.map((pod) => usageOf(pod, at));
    const asked = pods
      .flatMap(({ spec }) => spec.containers)
      .reduce((sum, one) => sum + requested(one, 'cpu') * 1_000, 0);
    if (asked === 0 || usages.length < deployment.spec.replicas) return undefined;
    const used = usages.reduce<number | undefined>(
      (sum, one) => (sum === undefined || one === undefined ? undefined : sum + one),
      0,
    );
    return used === undefined ? undefined : Math.round((used / asked) * 100);
  };

  const look = (autoscaler: Autoscaler): void => {
    const { metadata, spec, status } = autoscaler;
    const key = keyOf(autoscaler);
    const deployment = store.find(DEPLOYMENTS, metadata.namespace, spec.scaleTargetRef.name) as Deployment | undefined;
    const at = performance.now();
    const current = deployment?.spec.replicas ?? 0;
    const utilization = deployment && utilizationOf(deployment, at);
    const scaleDown = spec.behavior?.scaleDown ?? {};
    const { desired, recommendations } = desiredReplicas({
      now: at,
      current,
      min: spec.minReplicas,
      max: spec.maxReplicas,
      utilization,
      target: spec.metrics[0]?.resource.target.averageUtilization ?? 80,
      stabilizationMs: ms(scaleDown.stabilizationWindowSeconds ?? STABILIZATION_SECONDS),
      scalesDown: scaleDown.selectPolicy !== 'Disabled',
      before: recommended.get(key) ?? [],
    });
    recommended.set(key, recommendations);
    const active =
      deployment === undefined
        ? condition('ScalingActive', false, 'FailedGetScale', `no deployment ${spec.scaleTargetRef.name}`)
        : current === 0
          ? condition('ScalingActive', false, 'ScalingDisabled', 'scaling is disabled since the replica count is 0')
          : utilization === undefined
            ? condition('ScalingActive', false, 'FailedGetResourceMetric', 'a pod of it is not measured yet')
            : condition('ScalingActive', true, 'ValidMetricFound', 'the CPU of its pods is measured');
    const scaled = deployment !== undefined && desired !== current;
    const lastScaleTime = scaled ? kubeNow() : status?.lastScaleTime;
    const next: AutoscalerStatus = {
      ...(metadata.generation === undefined ? {} : { observedGeneration: metadata.generation }),
      currentReplicas: current,
      desiredReplicas: desired,
      ...(lastScaleTime === undefined ? {} : { lastScaleTime }),
      ...(utilization === undefined
        ? {}
        : {
            currentMetrics: [
              { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: utilization } } },
            ],
          }),
      conditions: [active],
    };
    if (!isDeepStrictEqual(next, status)) store.update(AUTOSCALERS, { ...autoscaler, status: next });
    if (!scaled) return;
    log('autoscaler', `${key} scales ${spec.scaleTargetRef.name} from ${current} to ${desired}`, { utilization });
    store.update(DEPLOYMENTS, { ...deployment, spec: { ...deployment.spec, replicas: desired } });
  };

  const lookAtAll = (): void => {
    for (const autoscaler of store.list(AUTOSCALERS) as Autoscaler[]) {
      try {
        look(autoscaler);
      } catch (error) {
        // One that cannot be looked at must not end the region.
        log('autoscaler', `${keyOf(autoscaler)}: ${error instanceof Error ? error.stack : error}`);
      }
    }
  };
  const timer = setInterval(lookAtAll, Math.max(LEAST_MS, ms(EVERY_SECONDS)));
  return () => clearInterval(timer);
};
