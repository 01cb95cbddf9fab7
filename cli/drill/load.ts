import type { Plan } from '#domain/plan.ts';
import { type Clients, startClients } from '#lab/clients.ts';
import { createCachingResolver } from '#lab/parts/dns/caching-resolver.ts';
import type { LabStatus } from '#lab/status.ts';
import { labTime } from '#lab/time.ts';

/** Steady writers on the plan's service in this lab, as its users are: through DNS, honouring the TTL. */
export const clientsOf = (plan: Plan, status: LabStatus): Clients => {
  const resolver = createCachingResolver({ server: status.endpoints.dns, time: labTime(status.timeScale) });
  return startClients({
    name: plan.service.record,
    port: plan.service.port,
    path: plan.service.writePath,
    lookup: (name) => resolver.lookup(name),
  });
};
