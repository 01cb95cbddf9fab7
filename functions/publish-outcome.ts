import * as z from 'zod';
import { type Failure, type Outcome, outcomeOf } from '#domain/outcome.ts';
import type { Plan } from '#domain/plan.ts';
import type { RecoveryRequest } from '#domain/request.ts';
import type { Transition } from '#domain/transition.ts';
import { pipeline } from '#pipeline/pipeline.ts';
import type { Claims } from '#ports/claims.ts';
import type { Clock } from '#ports/clock.ts';
import type { HealthMetric, HealthMetrics } from '#ports/health-metrics.ts';
import type { Incidents } from '#ports/incidents.ts';
import type { Ledger } from '#ports/ledger.ts';
import { attempt } from '#src/attempt.ts';
import { claims, healthMetrics, incidents, ledger } from '#src/composition.ts';
import { endIncident } from '#src/end-incident.ts';
import { type Failure as Caught, causeLine, failure } from './shared/failure.ts';

const METRICS_WITHIN_MS = 3_000;
const PARALLEL = 'RecoverStandby';

const input = z.strictObject({ failure });

interface Step {
  readonly input: z.output<typeof input>;
  readonly ports: {
    readonly ledger: Ledger;
    readonly incidents: Incidents;
    readonly claims: Claims;
    readonly healthMetrics: HealthMetrics;
  };
  readonly clock: Clock;
  readonly plan: Plan;
  readonly run: { readonly execution: string };
  readonly request: RecoveryRequest | undefined;
}

/** The Parallel says only that a branch failed; the record says which of its states. */
const failureOf = (caught: Caught, entries: readonly Transition[]): Failure | null => {
  if (caught === null) return null;
  const inBranch = caught.state === PARALLEL ? entries.findLast(({ kind }) => kind === 'failed') : undefined;
  return { state: inBranch?.state ?? caught.state, error: caught.error, cause: causeLine(caught.cause) };
};

const causeOf = (outcome: Outcome): string | null => {
  if (outcome.failure === null) return null;
  const { state, cause } = outcome.failure;
  if (outcome.result === 'refused') return cause;
  return `${state}: ${cause}. Done: ${outcome.done.join(', ') || 'nothing'}. Not done: ${outcome.notDone.join(', ') || 'nothing'}.`;
};

const metricsOf = (plan: Plan, outcome: Outcome, at: string): readonly HealthMetric[] => {
  const metric = (name: string, value: number, unit: HealthMetric['unit']): HealthMetric => ({
    name,
    value,
    unit,
    dimensions: { Plan: plan.plan },
    at,
  });
  const rto = outcome.result === 'recovered' ? outcome.clocks?.rto : undefined;
  return [
    metric(outcome.result === 'recovered' ? 'RecoverySucceeded' : 'RecoveryNotSucceeded', 1, 'Count'),
    ...(rto ? [metric('RecoveryTime', rto.elapsedMs, 'Milliseconds')] : []),
  ];
};

/**
 * What became of the run, from its record: done, not done, clocks, and the cause as one line. Being left with it, this state puts it on record,
 * and the record's stream tells everyone. Closes the incident when it is over. Metrics are best effort.
 */
export const publishOutcome = async (step: Step) => {
  const { input, ports, clock, plan, run, request } = step;
  const entries = await ports.ledger.read(run.execution);
  const incident = request?.incident ?? null;
  const now = clock.now();
  const outcome = outcomeOf({
    plan,
    execution: run.execution,
    entries,
    incident,
    failure: failureOf(input.failure, entries),
    now,
  });
  // What ends badly in a dry run has changed nothing, and is no recovery to count.
  if (request?.mode === 'dry-run')
    return { ...outcome, cause: causeOf(outcome), incidentClosed: false, measured: false };
  const closed = await endIncident(ports, plan.plan, outcome, entries, now);
  const measured = await attempt(() => ports.healthMetrics.put(metricsOf(plan, outcome, now)), METRICS_WITHIN_MS);
  return { ...outcome, cause: causeOf(outcome), incidentClosed: closed, measured: measured.outcome === 'answered' };
};

export const handler = pipeline({ stage: 'end', input, ports: { ledger, incidents, claims, healthMetrics } }).handler(
  publishOutcome,
);
