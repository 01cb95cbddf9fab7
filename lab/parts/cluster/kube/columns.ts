import type { KubeObject, Pod, PodTemplate } from './types.ts';

/** One column of `kubectl get`; priority 1 shows with `-o wide` only. */
export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer';
  readonly priority: 0 | 1;
  readonly cell: (object: KubeObject) => string | number;
}

export const column = (
  name: string,
  cell: Column['cell'],
  type: Column['type'] = 'string',
  priority: Column['priority'] = 0,
): Column => ({ name, cell, type, priority });

/** As kubectl writes durations: 8s, 3m20s, 5h, 12d. */
export const ageOf = (object: KubeObject): string => {
  const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(object.metadata.creationTimestamp ?? '')) / 1000));
  if (Number.isNaN(seconds)) return '<unknown>';
  const [minutes, hours, days] = [Math.floor(seconds / 60), Math.floor(seconds / 3600), Math.floor(seconds / 86_400)];
  if (seconds < 120) return `${seconds}s`;
  if (minutes < 10) return seconds % 60 ? `${minutes}m${seconds % 60}s` : `${minutes}m`;
  if (minutes < 180) return `${minutes}m`;
  return hours < 48 ? `${hours}h` : `${days}d`;
};

export const podStatus = (pod: Pod): string => {
  if (pod.metadata.deletionTimestamp) return 'Terminating';
  const waiting = pod.status?.containerStatuses?.find((status) => status.state.waiting)?.state.waiting;
  return waiting ? String(waiting.reason) : (pod.status?.phase ?? 'Pending');
};

export const restarts = (pod: Pod): number =>
  (pod.status?.containerStatuses ?? []).reduce((sum, status) => sum + status.restartCount, 0);

export const containers = (spec: PodTemplate['spec']): string => spec.containers.map(({ name }) => name).join(',');

export const images = (spec: PodTemplate['spec']): string => spec.containers.map(({ image }) => image ?? '').join(',');
