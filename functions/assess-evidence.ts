import * as z from 'zod';
import { diagnose, freshness } from '#domain/diagnosis.ts';
import { severityOfIncident } from '#domain/incident-severity.ts';
import type { RecoveryRequest } from '#domain/request.ts';
import { pipeline } from '#pipeline/pipeline.ts';
import type { Alarms } from '#ports/alarms.ts';
import type { Clock } from '#ports/clock.ts';
import type { Readings } from '#ports/readings.ts';
import { attempt } from '#src/attempt.ts';
import { alarms, database, databaseSession, readings, serviceProbe } from '#src/composition.ts';
import { type Observes, observeService } from './shared/observe-service.ts';

const ALARMS_WITHIN_MS = 2_000;

/** The look before this one: a diagnosis has to last. */
const input = z
  .strictObject({
    previous: z.strictObject({ code: z.string(), looks: z.int().positive(), at: z.iso.datetime() }).nullable(),
  })
  .optional();

interface Step extends Observes {
  readonly input?: z.output<typeof input>;
  readonly ports: Observes['ports'] & { readonly readings: Readings; readonly alarms: Alarms };
  readonly clock: Clock;
  readonly request: RecoveryRequest;
}

/**
 * The verdict on what every vantage point last reported, on what the standby sees right now, on what the primary answers of itself and on the
 * alarms' states: `recover`, `other-plan`, `more-evidence` or `none`, with the rule that gave it, and how grave it is. Unknown is not dead.
 */
export const assessEvidence = async (step: Step) => {
  const { input, ports, plan, clock, request } = step;
  const at = clock.now();
  const [reported, live, states] = await Promise.all([
    ports.readings.list(plan.plan),
    observeService(step, { replication: true, write: request.mode !== 'dry-run' }),
    attempt(() => ports.alarms.states(), ALARMS_WITHIN_MS),
  ]);
  const now = {
    plan: plan.plan,
    vantage: 'standby',
    at,
    signals: live.signals,
    badSince: null,
    serviceBadSince: null,
    writes: null,
    lastHealthy: null,
  } as const;
  const verdict = diagnose([...reported, now], {
    ...freshness(plan, clock.now()),
    needed: plan.detection.vantagesNeeded,
    trigger: request.trigger,
    answers: plan.detection.answers,
    alarms: states.outcome === 'answered' ? states.value : null,
    previous: input?.previous ?? null,
  });
  return { ...verdict, severity: severityOfIncident(request, verdict) };
};

export const handler = pipeline({
  input,
  ports: { readings, serviceProbe, databaseSession, database, alarms },
  watches: true,
  heeds: true,
}).handler(assessEvidence);
