import { randomUUID } from 'node:crypto';
import { ServiceUnavailableError, UnreachableError } from '#domain/errors.ts';
import type { Plan } from '#domain/plan.ts';
import type { ServerAddress, Signal, SignalName } from '#domain/reading.ts';
import { serviceUrl } from '#domain/service-url.ts';
import type { Database } from '#ports/database.ts';
import type { DatabaseSession, Position } from '#ports/database-session.ts';
import type { ProbeAnswer, ServiceProbe } from '#ports/service-probe.ts';
import { attempt, beforeTheServer } from '#src/attempt.ts';
import { PROBE_CLIENT } from './ask-service.ts';

/** All signals are asked at once; none is waited for longer. */
const WITHIN_MS = 2_600;
const HTTP_TIMEOUT_MS = 1_500;
/** The application bounds its own work to 2 s: one that lives says so within this, also when its database hangs. */
const APPLICATION_TIMEOUT_MS = 2_400;

export interface Observes {
  readonly plan: Plan;
  readonly ports: {
    readonly serviceProbe: ServiceProbe;
    readonly databaseSession: DatabaseSession;
    readonly database: Database;
  };
}

export interface Observation {
  readonly signals: readonly Signal[];
  /** Region that took the write; null when none did, or it does not say. */
  readonly wroteTo: string | null;
  readonly primary: Position | null;
  /** Where the primary's database is; null when nobody knew. */
  readonly primaryAt: ServerAddress | null;
  /** null from a vantage that does not look at replication, or when it did not answer. */
  readonly standby: Position | null;
}

/** What an answer that did not come in time is. */
type Late = (said: string) => Error;

type Judged = Pick<Signal, 'state' | 'detail'>;

/** Not answering is `bad`; any other error is the probe's own (permission, secret, throttle) and says nothing: `unknown`. */
const signal = async <T>(
  name: SignalName,
  ask: () => Promise<T>,
  judge: (value: T) => Judged,
  { whenUnreachable = 'bad', late }: { readonly whenUnreachable?: Signal['state']; readonly late?: Late } = {},
): Promise<{ signal: Signal; value: T | null }> => {
  const answer = await attempt(ask, WITHIN_MS, late);
  const { ms } = answer;
  if (answer.outcome === 'answered') return { signal: { name, ms, ...judge(answer.value) }, value: answer.value };
  const state = answer.outcome === 'unreachable' ? whenUnreachable : 'unknown';
  return { signal: { name, ms, state, detail: answer.detail }, value: null };
};

/** A 5xx is the service's; a 4xx says that the probe asks wrongly. */
const judgeHttp = ({ status, region }: ProbeAnswer): Judged => ({
  state: status >= 500 ? 'bad' : status >= 200 && status <= 299 ? 'good' : 'unknown',
  detail: `HTTP ${status}${region === null ? '' : ` from ${region}`}`,
});

/** A load balancer that answers by itself has no application behind it; the application names its region, well or ill. */
const judgeApplication = ({ status, region }: ProbeAnswer): Judged => ({
  state: region !== null ? 'good' : status >= 500 ? 'bad' : 'unknown',
  detail: `HTTP ${status}${region === null ? ' without an application' : ` from ${region}`}`,
});

/**
 * What one vantage point sees of the service: read and write through its name, a connection to the primary database, the primary's own
 * application behind its own load balancer, and, with `replication`, the replica's link to the primary. Without `write` it changes nothing:
 * for a dry run. Takes 3 s at most and never throws.
 */
export const observeService = async (
  { plan, ports }: Observes,
  { replication, write: writes = true }: { readonly replication: boolean; readonly write?: boolean },
): Promise<Observation> => {
  const { record, readPath, writePath, healthPath } = plan.service;
  const base = serviceUrl(plan, record);
  const http = { timeoutMs: HTTP_TIMEOUT_MS };
  const balancer = plan.traffic.records.find(({ name }) => name === record)?.primary ?? record;
  const order = { id: randomUUID(), client: PROBE_CLIENT };
  let primaryAt: ServerAddress | null = null;
  const [read, write, primary, application, link] = await Promise.all([
    signal('http-read', () => ports.serviceProbe.read(base, readPath, http), judgeHttp),
    writes ? signal('http-write', () => ports.serviceProbe.write(base, writePath, order, http), judgeHttp) : null,
    signal(
      'database-connect',
      async () => {
        primaryAt = await ports.databaseSession.locate('primary').catch((error) => {
          throw beforeTheServer(error);
        });
        return ports.databaseSession.position('primary');
      },
      (position) => ({
        state: 'good',
        detail: `at ${position.lsn}${position.inRecovery ? ', in recovery' : ''}`,
      }),
      { late: (said) => (primaryAt === null ? new ServiceUnavailableError(said) : new UnreachableError(said)) },
    ),
    signal(
      'primary-application',
      () =>
        ports.serviceProbe.read(serviceUrl(plan, balancer), healthPath, {
          host: record,
          timeoutMs: APPLICATION_TIMEOUT_MS,
        }),
      judgeApplication,
    ),
    replication
      ? signal(
          'replication',
          async () => ({
            instance: await ports.database.describe('standby'),
            position: await ports.databaseSession.position('standby'),
          }),
          ({ instance }) => ({
            state: instance.replication === 'replicating' ? 'good' : 'bad',
            detail: `${instance.id}: ${instance.replication ?? 'no replica'}`,
          }),
          { whenUnreachable: 'unknown' },
        )
      : null,
  ]);
  return {
    signals: [read, write, primary, application, link].flatMap((one) => (one ? [one.signal] : [])),
    wroteTo: write?.signal.state === 'good' ? (write.value?.region ?? null) : null,
    primary: primary.value,
    primaryAt,
    standby: link?.value?.position ?? null,
  };
};
