import { isDeepStrictEqual } from 'node:util';
import type { Condition, Deployment, DeploymentStatus, Pod } from '../kube/types.ts';

const isReady = (pod: Pod): boolean =>
  pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;

/** A condition keeps its times while nothing about it changes. */
const settle = (before: readonly Condition[] | undefined, next: Condition, at: string): Condition => {
  const old = before?.find((condition) => condition.type === next.type);
  if (!old) return { ...next, lastUpdateTime: at, lastTransitionTime: at };
  const { lastUpdateTime, lastTransitionTime, ...rest } = old;
  const same = isDeepStrictEqual(rest, next);
  return {
    ...next,
    lastUpdateTime: same ? (lastUpdateTime ?? at) : at,
    lastTransitionTime: old.status === next.status ? (lastTransitionTime ?? at) : at,
  };
};

/**
 * What `kubectl rollout status` and `kubectl wait` read. Counts of zero are left out, as Go leaves them out. Terminating pods
 * do not count. https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status
 */
export const deploymentStatus = (
  deployment: Deployment,
  current: readonly Pod[],
  old: readonly Pod[],
  at: string,
): DeploymentStatus => {
  const { replicas: wanted } = deployment.spec;
  const total = current.length + old.length;
  const ready = [...current, ...old].filter(isReady).length;
  const unavailable = Math.max(0, Math.max(wanted, total) - ready);
  const complete = current.length === wanted && total === wanted && ready >= wanted;
  const enough = ready >= wanted && unavailable === 0;
  const progressing: Condition = {
    type: 'Progressing',
    status: 'True',
    reason: complete ? 'NewReplicaSetAvailable' : 'ReplicaSetUpdated',
    message: `Deployment "${deployment.metadata.name}" ${complete ? 'has successfully progressed.' : 'is progressing.'}`,
  };
  const available: Condition = {
    type: 'Available',
    status: enough || ready >= wanted ? 'True' : 'False',
    reason: ready >= wanted ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
    message: `Deployment ${ready >= wanted ? 'has' : 'does not have'} minimum availability.`,
  };
  const counts = {
    replicas: total,
    updatedReplicas: current.length,
    readyReplicas: ready,
    availableReplicas: ready,
    unavailableReplicas: unavailable,
  };
  return {
    observedGeneration: deployment.metadata.generation ?? 1,
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
    conditions: [available, progressing].map((condition) => settle(deployment.status?.conditions, condition, at)),
  };
};

export { isReady };
