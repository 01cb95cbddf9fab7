import { randomUUID } from 'node:crypto';
import type { Plan } from '#domain/plan.ts';
import type { DatabaseSession } from '#ports/database-session.ts';
import type { ProbeAnswer, ServiceProbe } from '#ports/service-probe.ts';

/** The `client` of every row that the pipeline writes through the application. */
export const PROBE_CLIENT = 'continuity-probe';

/** The application bounds its own work to 1.9 s. */
const TIMEOUT_MS = 2_500;

interface Asks {
  readonly plan: Plan;
  readonly ports: { readonly serviceProbe: ServiceProbe; readonly databaseSession: DatabaseSession };
}

export interface StandbyAnswer {
  /** What is not as it should be, one line each; empty when the standby serves. */
  readonly problems: readonly string[];
  /** The row that was written: a new id each time, since a repeated one would prove no write. */
  readonly id: string;
  readonly read: { readonly status: number; readonly ms: number; readonly region: string | null };
  readonly write: { readonly status: number; readonly ms: number; readonly region: string | null };
}

const problemsOf = (what: string, answer: ProbeAnswer, region: string): string[] => {
  if (answer.status < 200 || answer.status > 299) {
    return [`${what} was answered ${answer.status} ${JSON.stringify(answer.body ?? null).slice(0, 200)}`];
  }
  return answer.region === region
    ? []
    : [`${what} was answered by ${answer.region ?? 'an unnamed region'}, not by ${region}`];
};

const seen = ({ status, ms, region }: ProbeAnswer) => ({ status, ms, region });

/**
 * A read and a write through the application at `base`, both answered by the standby region, and the written row found in the standby
 * database by SQL. Throws UnreachableError.
 */
export const askStandby = async ({ plan, ports }: Asks, base: string, host?: string): Promise<StandbyAnswer> => {
  const options = { timeoutMs: TIMEOUT_MS, ...(host === undefined ? {} : { host }) };
  const { readPath, writePath } = plan.service;
  const region = plan.regions.standby;
  const id = randomUUID();
  const read = await ports.serviceProbe.read(base, readPath, options);
  const write = await ports.serviceProbe.write(base, writePath, { id, client: PROBE_CLIENT }, options);
  const problems = [...problemsOf(`GET ${readPath}`, read, region), ...problemsOf(`POST ${writePath}`, write, region)];
  if (problems.length === 0 && (await ports.databaseSession.countPresent('standby', [id])) !== 1) {
    problems.push(`the written row ${id} is not in the standby database`);
  }
  return { problems, id, read: seen(read), write: seen(write) };
};
