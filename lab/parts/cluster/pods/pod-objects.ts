import { createHash } from 'node:crypto';
import { now } from '../kube/store.ts';
import type {
  Condition,
  ContainerStatus,
  Deployment,
  KubeObject,
  OwnerReference,
  Pod,
  PodTemplate,
} from '../kube/types.ts';
import type { ReplicaState } from './replica.ts';

/** Go clients sort members, others keep their order: the same template has to be the same text. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );

/** A new template, also one that only got a `restartedAt` annotation, is a new hash: a new ReplicaSet and new pods. */
export const templateHash = (template: PodTemplate): string =>
  createHash('sha256').update(canonical(template)).digest('hex').slice(0, 10);

export const HASH_LABEL = 'pod-template-hash';
/** What `kubectl rollout history` and `undo` go by. */
export const REVISION = 'deployment.kubernetes.io/revision';

export const revisionOf = ({ metadata }: KubeObject): number => Number(metadata.annotations?.[REVISION] ?? 0);

const ownedBy = ({ apiVersion, kind, metadata }: KubeObject): OwnerReference => ({
  apiVersion,
  kind,
  name: metadata.name,
  uid: metadata.uid ?? '',
  controller: true,
  blockOwnerDeletion: true,
});

export const replicaSetOf = (deployment: Deployment, hash: string, revision: number): KubeObject => {
  const { name, namespace = '' } = deployment.metadata;
  const { template, selector, replicas } = deployment.spec;
  const labels = { ...template.metadata?.labels, [HASH_LABEL]: hash };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels,
      annotations: { [REVISION]: String(revision) },
      ownerReferences: [ownedBy(deployment)],
    },
    spec: {
      replicas,
      selector: { matchLabels: { ...selector.matchLabels, [HASH_LABEL]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
};

export const podOf = (
  replicaSet: KubeObject,
  template: PodTemplate,
  name: string,
  node: string,
  podIP: string,
): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    namespace: replicaSet.metadata.namespace ?? '',
    labels: { ...replicaSet.metadata.labels },
    annotations: { ...template.metadata?.annotations },
    ownerReferences: [ownedBy(replicaSet)],
  },
  spec: { ...template.spec, nodeName: node },
  status: { phase: 'Pending', podIP, hostIP: podIP },
});

const condition = (type: string, met: boolean): Condition => ({ type, status: met ? 'True' : 'False' });

const containerState = (state: ReplicaState): Record<string, Record<string, unknown>> => {
  if (state.phase === 'waiting') return { waiting: { reason: state.reason, message: state.message } };
  if (state.phase === 'starting' && state.pid === undefined) return { waiting: { reason: 'ContainerCreating' } };
  return { running: { startedAt: state.startedAt } };
};

const containerStatus = (name: string, image: string, state: ReplicaState): ContainerStatus => {
  const last = state.lastExit;
  const terminated = last && {
    exitCode: last.code,
    reason: last.code === 0 ? 'Completed' : 'Error',
    finishedAt: last.at,
  };
  return {
    name,
    image,
    imageID: image,
    ready: state.ready,
    started: state.phase === 'running',
    restartCount: state.restarts,
    state: containerState(state),
    lastState: terminated ? { terminated } : {},
  };
};

/**
 * The pod's status as its processes are, one state for each container; ready when all are. Process id and real port of the first are annotations: a
 * person in the lab wants to find them.
 */
export const withState = (pod: Pod, states: readonly ReplicaState[]): Pod => {
  const [first] = states;
  const ready = states.length > 0 && states.every((state) => state.ready);
  const { annotations, ...metadata } = pod.metadata;
  const { 'lab/pid': _pid, 'lab/port': _port, ...others } = annotations ?? {};
  return {
    ...pod,
    metadata: {
      ...metadata,
      annotations: {
        ...others,
        ...(first?.pid === undefined ? {} : { 'lab/pid': String(first.pid) }),
        ...(first?.port === undefined ? {} : { 'lab/port': String(first.port) }),
      },
    },
    status: {
      ...pod.status,
      phase: first?.startedAt ? 'Running' : 'Pending',
      startTime: pod.status?.startTime ?? now(),
      conditions: [
        condition('PodScheduled', true),
        condition('Initialized', true),
        condition('ContainersReady', ready),
        condition('Ready', ready),
      ],
      containerStatuses: states.map((state, index) => {
        const { name = '', image = '' } = pod.spec.containers[index] ?? {};
        return containerStatus(name, image, state);
      }),
    },
  };
};
