import type { Autoscaler, Room } from '#domain/capacity.ts';
import { UnreachableError, WorkloadNotFoundError } from '#domain/errors.ts';
import type { Plan } from '#domain/plan.ts';
import type { Rescaling } from '#domain/rescaling.ts';
import type { Side } from '#domain/side.ts';
import type { Workloads } from '#ports/workloads.ts';

export interface FakeDeployment {
  wanted: number;
  rescaled: Rescaling | null;
  ready: number;
  updated: number;
  /** More than `updated` while replicas of an old template still serve. */
  total: number;
  stamp: string | null;
  restarts: number;
  /** The database host that its replicas were started with. */
  host: string | null;
}

export interface FakeCluster {
  up: boolean;
  readonly deployments: Map<string, FakeDeployment>;
  readonly config: Map<string, string>;
  nodes: Room['nodes'];
  quotas: Room['quotas'];
  rightsMissing: string[];
  autoscalers: Autoscaler[];
}

export interface FakeWorkloads extends Workloads {
  readonly clusters: Readonly<Record<Side, FakeCluster>>;
  /** False: the controller does nothing, replicas stay as they are. */
  settles: boolean;
}

/** Two clusters whose controller settles one look after a change: the first status after it is still the old one. */
export const fakeWorkloads = (plan: Plan, hosts: Readonly<Record<Side, string>>): FakeWorkloads => {
  const { configMap, key } = plan.workloads.databaseConfig;
  const cluster = (side: Side): FakeCluster => ({
    up: true,
    nodes: [{ name: 'node-1', cpuMillis: 16_000, memoryBytes: 2 ** 35, pods: 40 }],
    quotas: [],
    rightsMissing: [],
    autoscalers: [],
    config: new Map([[`${configMap}.${key}`, hosts.primary]]),
    deployments: new Map(
      plan.workloads.deployments.map(({ name, replicas }) => {
        const count = side === 'primary' ? replicas : 0;
        const counts = { wanted: count, ready: count, updated: count, total: count };
        return [name, { ...counts, rescaled: null, stamp: null, restarts: 0, host: hosts.primary }];
      }),
    ),
  });
  const clusters = { primary: cluster('primary'), standby: cluster('standby') };
  const reach = (side: Side): FakeCluster => {
    if (!clusters[side].up) throw new UnreachableError(`cluster ${plan.workloads.clusters[side]} does not answer`);
    return clusters[side];
  };
  const find = (side: Side, name: string): FakeDeployment => {
    const found = reach(side).deployments.get(name);
    if (!found) throw new WorkloadNotFoundError(`deployment ${name} is not in ${plan.workloads.clusters[side]}`);
    return found;
  };
  const workloads: FakeWorkloads = {
    clusters,
    settles: true,
    status: async (side, names) => {
      const seen = names.map((name) => {
        const { wanted, ready, updated, total, rescaled } = find(side, name);
        return { name, wanted, ready, updated, total, observed: true, rescaled };
      });
      if (workloads.settles) {
        for (const name of names) {
          const one = find(side, name);
          Object.assign(one, { ready: one.wanted, updated: one.wanted, total: one.wanted });
        }
      }
      return seen;
    },
    rightsMissing: async (side) => reach(side).rightsMissing,
    room: async (side, names) => ({
      nodes: reach(side).nodes,
      quotas: reach(side).quotas,
      requests: names.map((deployment) => {
        find(side, deployment);
        return { deployment, cpuMillis: 250, memoryBytes: 2 ** 28 };
      }),
    }),
    autoscalers: async (side, names) => reach(side).autoscalers.filter(({ deployment }) => names.includes(deployment)),
    raiseMinimum: async (side, { name }, min) => {
      reach(side).autoscalers = reach(side).autoscalers.map((one) =>
        one.name === name && one.min < min ? { ...one, min, minBefore: one.minBefore ?? one.min } : one,
      );
    },
    restoreMinimum: async (side, { name }) => {
      reach(side).autoscalers = reach(side).autoscalers.map((one) =>
        one.name === name && one.minBefore !== null ? { ...one, min: one.minBefore, minBefore: null } : one,
      );
    },
    rescale: async (side, name, rescaling) => {
      Object.assign(find(side, name), { wanted: rescaling.after, rescaled: rescaling });
    },
    scale: async (side, name, replicas) => {
      Object.assign(find(side, name), { wanted: replicas, rescaled: null });
    },
    readConfig: async (side, map, name) => reach(side).config.get(`${map}.${name}`) ?? null,
    writeConfig: async (side, map, name, value) => {
      reach(side).config.set(`${map}.${name}`, value);
    },
    restart: async (side, name, stamp) => {
      const one = find(side, name);
      if (one.stamp === stamp) return;
      const host = reach(side).config.get(`${configMap}.${key}`) ?? null;
      Object.assign(one, { stamp, restarts: one.restarts + 1, updated: 0, host });
    },
  };
  return workloads;
};
