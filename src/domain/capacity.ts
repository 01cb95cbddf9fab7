import type { Plan } from '#domain/plan.ts';
import type { PeakReplicas, Reading } from '#domain/reading.ts';
import type { Instant } from '#domain/side.ts';

/** What one replica asks for, and what a node or a quota has left. CPU in thousandths of a core, memory in bytes. */
export interface Amount {
  readonly cpuMillis: number;
  readonly memoryBytes: number;
  readonly pods: number;
}

/** What a cluster can take now, as its API says it. */
export interface Room {
  /** Left on each node that is ready and takes pods. */
  readonly nodes: readonly (Amount & { readonly name: string })[];
  /** Left of each ResourceQuota of the namespace; a member is absent where the quota does not bound it. */
  readonly quotas: readonly (Partial<Amount> & { readonly name: string })[];
  /** What a replica of each deployment asks for. */
  readonly requests: readonly (Omit<Amount, 'pods'> & { readonly deployment: string })[];
}

export interface Target {
  readonly name: string;
  readonly replicas: number;
  /** `plan`: the floor; `peak`: more were seen in the primary. */
  readonly from: 'plan' | 'peak';
  readonly seenAt: Instant | null;
}

/** How long a peak counts. Milliseconds. */
const PEAK_MS = 7 * 86_400_000;

/** The higher one, or the newer one when the older is too old to count. */
export const peakOf = (
  before: readonly PeakReplicas[],
  seen: readonly Omit<PeakReplicas, 'at'>[],
  at: Instant,
): readonly PeakReplicas[] => {
  const young = before.filter((peak) => Date.parse(at) - Date.parse(peak.at) < PEAK_MS);
  const names = [...new Set([...young, ...seen].map(({ name }) => name))].sort();
  return names.flatMap((name) => {
    const peak = young.find((one) => one.name === name);
    const now = seen.find((one) => one.name === name);
    if (now && now.replicas >= (peak?.replicas ?? 0)) return [{ name, replicas: now.replicas, at }];
    return peak ? [peak] : [];
  });
};

/** Replicas that the standby has to run: the most that were seen in the primary in the last week, and never fewer than the plan says. */
export const targetsOf = (plan: Pick<Plan, 'workloads'>, readings: readonly Reading[]): readonly Target[] =>
  plan.workloads.deployments.map(({ name, replicas }): Target => {
    const peaks = readings.flatMap(({ peak }) => peak ?? []).filter((one) => one.name === name);
    const highest = peaks.reduce<PeakReplicas | null>((a, b) => (a && a.replicas >= b.replicas ? a : b), null);
    return highest && highest.replicas > replicas
      ? { name, replicas: highest.replicas, from: 'peak', seenAt: highest.at }
      : { name, replicas, from: 'plan', seenAt: null };
  });

/** A HorizontalPodAutoscaler of one deployment. */
export interface Autoscaler {
  readonly name: string;
  readonly deployment: string;
  /** Replicas that it never goes below, and never beyond. It leaves a deployment of no replicas alone. */
  readonly min: number;
  readonly max: number;
  /** What `min` was before a recovery raised it; null where none did, or it was put back. */
  readonly minBefore: number | null;
}

export const autoscalerOf = (autoscalers: readonly Autoscaler[], deployment: string): Autoscaler | null =>
  autoscalers.find((one) => one.deployment === deployment) ?? null;

/** What the deployment can have at most: an autoscaler takes away what is beyond its maximum. */
export const withinMax = (replicas: number, autoscaler: Autoscaler | null): number =>
  Math.min(replicas, autoscaler?.max ?? replicas);

export interface Wanted {
  readonly deployment: string;
  /** Replicas beyond those that run already. */
  readonly more: number;
}

const NO_REQUEST = { cpuMillis: 0, memoryBytes: 0 };

const requestOf = ({ requests }: Room, name: string): Amount => ({
  ...(requests.find(({ deployment }) => deployment === name) ?? NO_REQUEST),
  pods: 1,
});

/** How many of the replicas find a node: each on the first that has room, the largest first. A bound from below: the scheduler may do better. */
export const placed = (room: Room, wanted: readonly Wanted[]): number => {
  const left = room.nodes.map((node) => ({ ...node }));
  const replicas = wanted
    .flatMap(({ deployment, more }) => Array.from({ length: more }, () => requestOf(room, deployment)))
    .sort((a, b) => b.cpuMillis - a.cpuMillis || b.memoryBytes - a.memoryBytes);
  let count = 0;
  for (const { cpuMillis, memoryBytes } of replicas) {
    const node = left.find((one) => one.pods >= 1 && one.cpuMillis >= cpuMillis && one.memoryBytes >= memoryBytes);
    if (!node) continue;
    node.pods -= 1;
    node.cpuMillis -= cpuMillis;
    node.memoryBytes -= memoryBytes;
    count += 1;
  }
  return count;
};

const UNITS = { cpuMillis: 'm CPU', memoryBytes: ' bytes of memory', pods: ' pods' } as const;

/** What the namespace's quotas do not allow, in words; empty when they allow it all. */
export const overQuota = (room: Room, wanted: readonly Wanted[]): readonly string[] => {
  const needs = wanted.map(({ deployment, more }) => ({ more, request: requestOf(room, deployment) }));
  return room.quotas.flatMap((quota) =>
    (Object.keys(UNITS) as (keyof typeof UNITS)[]).flatMap((what) => {
      const free = quota[what];
      const need = needs.reduce((sum, { more, request }) => sum + more * request[what], 0);
      return free === undefined || need <= free
        ? []
        : [`quota ${quota.name} has ${free}${UNITS[what]} left, ${need} are needed`];
    }),
  );
};
