import { ageOf, type Column, column, containers, images, podStatus, restarts } from './columns.ts';
import type { Autoscaler, ConfigMap, Deployment, KubeObject, Pod, Service } from './types.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

export interface Resource {
  readonly group: '' | 'apps' | 'batch' | 'autoscaling';
  readonly version: 'v1' | 'v2';
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly Verb[];
  readonly subresources: readonly string[];
  readonly columns: readonly Column[];
}

const READ: readonly Verb[] = ['get', 'list', 'watch'];
const ALL: readonly Verb[] = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

const resource = (kind: string, more: Partial<Resource> = {}): Resource => {
  const singular = kind.toLowerCase();
  return {
    group: '',
    version: 'v1',
    plural: `${singular}s`,
    singular,
    kind,
    namespaced: true,
    shortNames: [],
    categories: [],
    verbs: ALL,
    subresources: [],
    ...more,
    columns: [column('Name', (object) => object.metadata.name), ...(more.columns ?? []), column('Age', ageOf)],
  };
};

type Status<T> = T & { status?: Record<string, number | undefined> };
const count = (object: KubeObject, member: string): number => (object as Status<KubeObject>).status?.[member] ?? 0;

export const NAMESPACES = resource('Namespace', {
  namespaced: false,
  shortNames: ['ns'],
  verbs: READ,
  columns: [column('Status', () => 'Active')],
});

/** One machine carries the region's pods. `kubectl cordon` keeps new ones away from the count of what it can take. */
export const NODES = resource('Node', {
  namespaced: false,
  shortNames: ['no'],
  verbs: [...READ, 'patch', 'update'],
  columns: [
    column('Status', (object) =>
      (object.spec as { unschedulable?: boolean } | undefined)?.unschedulable ? 'Ready,SchedulingDisabled' : 'Ready',
    ),
  ],
});

/** Counted, and never enforced. */
export const RESOURCE_QUOTAS = resource('ResourceQuota', { shortNames: ['quota'] });

export const CONFIG_MAPS = resource('ConfigMap', {
  shortNames: ['cm'],
  columns: [column('Data', (object) => Object.keys((object as ConfigMap).data ?? {}).length, 'integer')],
});

/** Made by Deployments only. A deleted pod is stopped and replaced. */
export const PODS = resource('Pod', {
  shortNames: ['po'],
  categories: ['all'],
  verbs: [...READ, 'delete'],
  subresources: ['log'],
  columns: [
    column('Ready', (object) => {
      const statuses = (object as Pod).status?.containerStatuses ?? [];
      return `${statuses.filter((status) => status.ready).length}/${(object as Pod).spec.containers.length}`;
    }),
    column('Status', (object) => podStatus(object as Pod)),
    column('Restarts', (object) => restarts(object as Pod), 'integer'),
    column('IP', (object) => (object as Pod).status?.podIP ?? '<none>', 'string', 1),
    column('Node', (object) => (object as Pod).spec.nodeName ?? '<none>', 'string', 1),
  ],
});

export const SERVICES = resource('Service', {
  shortNames: ['svc'],
  categories: ['all'],
  columns: [
    column('Type', (object) => (object as Service).spec.type ?? 'ClusterIP'),
    column('Cluster-IP', (object) => String((object as Service).spec.clusterIP ?? 'None')),
  ],
});

/** Nothing is written here; `kubectl describe` asks for it. */
export const EVENTS = resource('Event', { shortNames: ['ev'], verbs: READ });

export const DEPLOYMENTS = resource('Deployment', {
  group: 'apps',
  shortNames: ['deploy'],
  categories: ['all'],
  subresources: ['scale', 'status'],
  columns: [
    column('Ready', (object) => `${count(object, 'readyReplicas')}/${(object as Deployment).spec.replicas}`),
    column('Up-to-date', (object) => count(object, 'updatedReplicas'), 'integer'),
    column('Available', (object) => count(object, 'availableReplicas'), 'integer'),
    column('Containers', (object) => containers((object as Deployment).spec.template.spec), 'string', 1),
    column('Images', (object) => images((object as Deployment).spec.template.spec), 'string', 1),
  ],
});

export const REPLICA_SETS = resource('ReplicaSet', {
  group: 'apps',
  shortNames: ['rs'],
  categories: ['all'],
  verbs: READ,
  columns: [
    column('Desired', (object) => Number((object.spec as { replicas?: number }).replicas ?? 0), 'integer'),
    column('Current', (object) => count(object, 'replicas'), 'integer'),
    column('Ready', (object) => count(object, 'readyReplicas'), 'integer'),
  ],
});

/** Kept and deleted as objects; nothing runs them. */
export const JOBS = resource('Job', {
  group: 'batch',
  categories: ['all'],
  columns: [
    column('Status', (object) => (count(object, 'succeeded') ? 'Complete' : 'Running')),
    column('Completions', (object) => `${count(object, 'succeeded')}/1`),
  ],
});

/** Scales Deployments by the CPU time that their pods' processes really take. */
export const AUTOSCALERS = resource('HorizontalPodAutoscaler', {
  group: 'autoscaling',
  version: 'v2',
  shortNames: ['hpa'],
  categories: ['all'],
  subresources: ['status'],
  columns: [
    column('Reference', (object) => {
      const { kind, name } = (object as Autoscaler).spec.scaleTargetRef;
      return `${kind}/${name}`;
    }),
    column('Targets', (object) => {
      const { spec, status } = object as Autoscaler;
      const now = status?.currentMetrics?.[0]?.resource.current.averageUtilization;
      return `cpu: ${now === undefined ? '<unknown>' : `${now}%`}/${spec.metrics[0]?.resource.target.averageUtilization}%`;
    }),
    column('MinPods', (object) => (object as Autoscaler).spec.minReplicas, 'integer'),
    column('MaxPods', (object) => (object as Autoscaler).spec.maxReplicas, 'integer'),
    column('Replicas', (object) => (object as Autoscaler).status?.currentReplicas ?? 0, 'integer'),
  ],
});

export const RESOURCES: readonly Resource[] = [
  NAMESPACES,
  NODES,
  RESOURCE_QUOTAS,
  CONFIG_MAPS,
  PODS,
  SERVICES,
  EVENTS,
  DEPLOYMENTS,
  REPLICA_SETS,
  JOBS,
  AUTOSCALERS,
];

export const groupVersion = ({ group, version }: Resource): string => (group ? `${group}/${version}` : version);
