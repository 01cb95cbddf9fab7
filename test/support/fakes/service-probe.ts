import { UnreachableError } from '#domain/errors.ts';
import type { Plan } from '#domain/plan.ts';
import type { Side } from '#domain/side.ts';
import type { ProbeAnswer, ServiceProbe } from '#ports/service-probe.ts';
import type { FakeDatabase } from './database.ts';
import type { FakeTraffic } from './traffic.ts';
import type { FakeWorkloads } from './workloads.ts';

/** The application as its clients see it: a name leads to a load balancer, whose replicas use the database host that they started with. */
export const fakeServiceProbe = (
  plan: Plan,
  { database, traffic, workloads }: { database: FakeDatabase; traffic: FakeTraffic; workloads: FakeWorkloads },
): ServiceProbe => {
  const serve = (base: string, use: (side: Side) => void): ProbeAnswer => {
    const { hostname } = new URL(base);
    const region = traffic.sideOf(hostname);
    if (region === null) throw new UnreachableError(`getaddrinfo ENOTFOUND ${hostname}`);
    const cluster = workloads.clusters[region];
    const replicas = [...cluster.deployments.values()].filter(({ ready }) => ready > 0);
    if (!cluster.up) throw new UnreachableError(`connect ECONNREFUSED ${hostname}`);
    const answered = { ms: 1, region: plan.regions[region] };
    const host = replicas[0]?.host;
    if (host === undefined) return { ...answered, status: 503, region: null, body: { error: 'no replica' } };
    try {
      use(host === database.hostOf('primary') ? 'primary' : 'standby');
    } catch (error) {
      return { ...answered, status: 503, body: { error: String(error) } };
    }
    return { ...answered, status: 200, body: {} };
  };
  return {
    read: async (base) =>
      serve(base, (side) => {
        if (!database.servers[side].up) throw new UnreachableError('the database does not answer');
      }),
    write: async (base, _path, body) => serve(base, (side) => database.insert(side, (body as { id: string }).id)),
  };
};
