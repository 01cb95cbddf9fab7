import { diagnose } from '#domain/diagnosis.ts';
import type { RecoveryRequest } from '#domain/request.ts';
import { pipeline } from '#pipeline/pipeline.ts';
import type { Clock } from '#ports/clock.ts';
import type { Readings } from '#ports/readings.ts';
import { database, databaseSession, readings, serviceProbe } from '#src/composition.ts';
import { type Observes, observeService } from './shared/observe-service.ts';

interface Step extends Observes {
  readonly ports: Observes['ports'] & { readonly readings: Readings };
  readonly clock: Clock;
  readonly request: RecoveryRequest;
}

/**
 * The verdict on what every vantage point last reported and on what the standby sees right now: `recover`, `more-evidence` or `none`, with the
 * rule that gave it. Unknown is not dead.
 */
export const assessEvidence = async (step: Step) => {
  const { ports, plan, clock, request } = step;
  const at = clock.now();
  const [reported, live] = await Promise.all([
    ports.readings.list(plan.plan),
    observeService(step, { replication: true, write: request.mode !== 'dry-run' }),
  ]);
  const now = {
    plan: plan.plan,
    vantage: 'standby',
    at,
    signals: live.signals,
    badSince: null,
    lastHealthy: null,
  } as const;
  return diagnose([...reported, now], {
    now: clock.now(),
    maxAgeMs: plan.detection.readingsValidForSeconds * 1_000,
    needed: plan.detection.vantagesNeeded,
    trigger: request.trigger,
  });
};

export const handler = pipeline({ ports: { readings, serviceProbe, databaseSession, database } }).handler(
  assessEvidence,
);
