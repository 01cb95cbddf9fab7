import { type World, world } from './world.ts';

/** The primary is dead; the standby is promoted, scaled up and repointed; traffic still goes to the primary. */
export const recoveredStandby = async (): Promise<World> => {
  const at = world();
  const { plan, ports } = at;
  at.killPrimary();
  Object.assign(ports.database.servers.standby, { replicaOf: null, replication: null, inRecovery: false, timeline: 2 });
  for (const { name, replicas } of plan.workloads.deployments) {
    const host = ports.database.hostOf('standby');
    const running = {
      wanted: replicas,
      ready: replicas,
      updated: replicas,
      total: replicas,
      rescaled: null,
      stamp: 'x',
      restarts: 1,
      host,
    };
    ports.workloads.clusters.standby.deployments.set(name, running);
  }
  return at;
};
