import type { Plan } from '#domain/plan.ts';

const swapped = <T>({ primary, standby }: { readonly primary: T; readonly standby: T }) => ({
  primary: standby,
  standby: primary,
});

/**
 * The plan as the stack of the other region sees it: what is named primary is its standby, and the other way round. `regions.home`, and with it the
 * order of the records, stays. Turned twice it is the plan again.
 */
export const turned = (plan: Plan): Plan => ({
  ...plan,
  regions: { ...plan.regions, ...swapped(plan.regions) },
  network: { ...plan.network, ...swapped({ primary: plan.network.primary, standby: plan.network.standby }) },
  database: { ...plan.database, instances: swapped(plan.database.instances) },
  cache: { ...plan.cache, replicationGroups: swapped(plan.cache.replicationGroups) },
  storage: { ...plan.storage, buckets: plan.storage.buckets.map((bucket) => ({ ...bucket, ...swapped(bucket) })) },
  workloads: { ...plan.workloads, clusters: swapped(plan.workloads.clusters) },
  traffic: { ...plan.traffic, records: plan.traffic.records.map((record) => ({ ...record, ...swapped(record) })) },
});

/** The stack whose region the records name first: it gives the service back to it. */
export const isReturn = ({ regions }: Pick<Plan, 'regions'>): boolean => regions.standby === regions.home;

/** The plan for the stack in `region`, or what is wrong with asking for one there. */
export const towards = (plan: Plan, region: string): Plan | string => {
  const { primary, standby, directions } = plan.regions;
  if (region === standby) return plan;
  if (region !== primary) return `${region} is no region that the plan fails over to; allowed: ${standby}, ${primary}`;
  return directions === 'both'
    ? turned(plan)
    : `regions.directions is one: the plan fails over to ${standby} alone; allowed: --region ${standby}, or directions: both`;
};
