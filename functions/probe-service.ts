import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { peakOf } from '#domain/capacity.ts';
import { sampleOf } from '#domain/healthy-sample.ts';
import type { HealthySample, Reading, Signal } from '#domain/reading.ts';
import { badSince, serviceSignals, writesAfter } from '#domain/reading-history.ts';
import type { Instant } from '#domain/side.ts';
import { event } from '#pipeline/event.ts';
import type { Claims } from '#ports/claims.ts';
import type { Clock } from '#ports/clock.ts';
import type { HealthMetric, HealthMetrics } from '#ports/health-metrics.ts';
import type { Readings } from '#ports/readings.ts';
import type { Workloads } from '#ports/workloads.ts';
import { attempt } from '#src/attempt.ts';
import {
  claims,
  database,
  databaseSession,
  healthMetrics,
  readings,
  serviceProbe,
  workloads,
} from '#src/composition.ts';
import { type Observation, type Observes, observeService } from './shared/observe-service.ts';

const WITHIN_MS = 2_000;

interface Call extends Observes {
  readonly ports: Observes['ports'] & {
    readonly claims: Claims;
    readonly readings: Readings;
    readonly healthMetrics: HealthMetrics;
    readonly workloads: Pick<Workloads, 'status'>;
  };
  readonly environment: { readonly SITE: 'standby' | 'witness' };
  readonly clock: Clock;
}

/** Where the database stood, when everything was well and both sides answered; else null. */
const healthySample = ({ signals, primary, standby }: Observation, at: Instant): HealthySample | null => {
  if (primary === null || standby === null || signals.some((signal) => signal.state !== 'good')) return null;
  return sampleOf(primary, standby, at);
};

/** 1 when reads and writes are good, 0 when one is bad, null when the probe does not know. */
const healthy = (signals: readonly Signal[]): 0 | 1 | null => {
  const http = serviceSignals(signals);
  if (http.some((signal) => signal.state === 'bad')) return 0;
  return http.every((signal) => signal.state === 'good') ? 1 : null;
};

/** The heartbeat that bounds the loss after a failover. Not while a recovery runs: the primary may be behind its fence. */
const beat = async ({ ports, plan }: Call): Promise<void> => {
  const claim = await ports.claims.read(plan.plan);
  if (claim?.holder != null) return;
  await ports.databaseSession.beat('primary', claim?.epoch ?? 0);
};

/** Replicas that are wanted in the primary now; none when its cluster does not answer. What the standby has to carry one day. */
const wantedNow = async ({
  ports,
  plan,
}: Call): Promise<readonly { readonly name: string; readonly replicas: number }[]> => {
  const names = plan.workloads.deployments.map(({ name }) => name);
  const answer = await attempt(() => ports.workloads.status('primary', names), WITHIN_MS);
  return answer.outcome === 'answered' ? answer.value.map(({ name, wanted }) => ({ name, replicas: wanted })) : [];
};

/**
 * One look at the service from one vantage point: a reading, and the metric that the alarm watches (no datapoint when the probe does not
 * know). A bad service is a result; only what keeps the reading from being stored is an error.
 */
export const probeService = async (call: Call) => {
  const { ports, plan, clock, environment } = call;
  const vantage = environment.SITE;
  const at = clock.now();
  const fromStandby = vantage === 'standby';
  const [observed, previous, wanted] = await Promise.all([
    observeService(call, { replication: fromStandby }),
    ports.readings.last(plan.plan, vantage),
    fromStandby ? wantedNow(call) : null,
    fromStandby ? attempt(() => beat(call), WITHIN_MS) : null,
  ]);
  const primaryAt = observed.primaryAt ?? previous?.primaryAt;
  const reading: Reading = {
    plan: plan.plan,
    vantage,
    at,
    signals: observed.signals,
    badSince: badSince(observed.signals, previous?.badSince ?? null, at),
    serviceBadSince: badSince(serviceSignals(observed.signals), previous?.serviceBadSince ?? null, at),
    writes: writesAfter(observed.signals, previous?.writes ?? null, at, observed.wroteTo === plan.regions.standby),
    lastHealthy: healthySample(observed, at) ?? previous?.lastHealthy ?? null,
    ...(primaryAt ? { primaryAt } : {}),
    ...(wanted === null ? {} : { peak: peakOf(previous?.peak ?? [], wanted, at) }),
  };
  const value = healthy(observed.signals);
  const metric = (name: string, one: 0 | 1): HealthMetric => ({
    name,
    value: one,
    unit: 'None',
    dimensions: { Plan: plan.plan, Vantage: vantage },
    at,
    ...(plan.detection.probeEverySeconds < 60 ? { highResolution: true } : {}),
  });
  await Promise.all([
    ports.readings.put(reading),
    ports.healthMetrics.put([
      ...(value === null ? [] : [metric('ServiceHealthy', value)]),
      // Also when it does not know: its silence is another alarm, which pages and starts nothing.
      metric('ProbeReported', 1),
    ]),
  ]);
  return reading;
};

/** What the schedule hands over: EventBridge Scheduler has no finer grain than a minute, so one run looks several times. */
const schedule = z.looseObject({
  looks: z.int().min(1).max(6).default(1),
  everySeconds: z.number().positive().max(60).default(60),
});

/** Looks at its times, counted from the first. A look that fails does not keep the next one from being made; the last failure is thrown. */
export const lookTimes = async (
  { looks, everySeconds }: z.output<typeof schedule>,
  look: () => Promise<Reading>,
  signal: AbortSignal,
): Promise<Reading> => {
  const started = performance.now();
  const results: PromiseSettledResult<Reading>[] = [];
  for (let done = 0; done < looks; done += 1) {
    const wait = started + done * everySeconds * 1_000 - performance.now();
    if (wait > 0) await delay(wait, undefined, { signal });
    results.push(...(await Promise.allSettled([look()])));
  }
  const failed = results.findLast((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return (results.at(-1) as PromiseFulfilledResult<Reading>).value;
};

export const handler = event({
  name: 'ProbeService',
  parse: schedule,
  ports: { claims, readings, serviceProbe, databaseSession, database, healthMetrics, workloads },
  environment: ['SITE'],
}).handler((call) => lookTimes(call.event, () => probeService(call), call.signal));
