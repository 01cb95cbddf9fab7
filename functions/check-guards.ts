import * as z from 'zod';
import { approvalNeed } from '#domain/approval.ts';
import { targetsOf } from '#domain/capacity.ts';
import { estimateDataLoss, lastSample, writesUntil } from '#domain/data-loss.ts';
import { firstBadAt, freshness } from '#domain/diagnosis.ts';
import { GuardsRefusedError } from '#domain/errors.ts';
import { checkGuards as answersOf, type Looked, refusalOf } from '#domain/guards.ts';
import { promotionBegun } from '#domain/incident.ts';
import type { Plan } from '#domain/plan.ts';
import { NO_INCIDENT, type RecoveryRequest } from '#domain/request.ts';
import { SEVERITY_LEVELS } from '#domain/severity.ts';
import { pipeline } from '#pipeline/pipeline.ts';
import type { Claims } from '#ports/claims.ts';
import type { Clock } from '#ports/clock.ts';
import type { Database } from '#ports/database.ts';
import type { DatabaseSession } from '#ports/database-session.ts';
import type { Readings } from '#ports/readings.ts';
import type { StandingOrders } from '#ports/standing-orders.ts';
import type { Traffic } from '#ports/traffic.ts';
import type { Workloads } from '#ports/workloads.ts';
import { attempt } from '#src/attempt.ts';
import { claims, database, databaseSession, readings, standingOrders, traffic, workloads } from '#src/composition.ts';
import { readPositions } from './shared/positions.ts';

const WITHIN_MS = 8_000;

const level = z.literal(SEVERITY_LEVELS);

/** How grave the last look at the evidence found it. */
const input = z.strictObject({
  severity: z.strictObject({ level, rule: z.string(), reason: z.string(), seen: level }),
});

interface Step {
  readonly ports: {
    readonly claims: Pick<Claims, 'read'>;
    readonly standingOrders: Pick<StandingOrders, 'read'>;
    readonly readings: Readings;
    readonly database: Database;
    readonly databaseSession: DatabaseSession;
    readonly workloads: Workloads;
    readonly traffic: Traffic;
  };
  readonly clock: Clock;
  readonly plan: Plan;
  readonly request: RecoveryRequest;
  readonly run: { readonly execution: string };
}

/** A guard says what could not be looked up, and refuses. */
const looked = async <T>(call: () => Promise<T>): Promise<Looked<T>> => {
  const answer = await attempt(call, WITHIN_MS);
  return answer.outcome === 'answered' ? { value: answer.value } : { error: answer.detail };
};

/** Collects what the guards look at, and gives every guard's answer with the data-loss estimate. Changes nothing and refuses nothing. */
export const askGuards = async (step: Step) => {
  const { ports, plan, request, run, clock } = step;
  const names = plan.workloads.deployments.map((deployment) => deployment.name);
  const [orders, claim, reported, standby, deployments, room, autoscalers, records, positions] = await Promise.all([
    looked(() => ports.standingOrders.read(plan.plan)),
    looked(() => ports.claims.read(plan.plan)),
    looked(() => ports.readings.list(plan.plan)),
    looked(() => ports.database.describe('standby')),
    looked(() => ports.workloads.status('standby', names)),
    looked(() => ports.workloads.room('standby', names)),
    looked(() => ports.workloads.autoscalers('standby', names)),
    looked(() => ports.traffic.read()),
    readPositions(ports.databaseSession, false),
  ]);
  // Where the service is well, a dry run supposes that the region dies now: after the samples that were just read.
  const seen = 'value' in reported ? reported.value : [];
  const now = clock.now();
  const supposed = request.incident.id === NO_INCIDENT && firstBadAt(seen, freshness(plan, now)) === null;
  const startedAt = supposed ? now : request.incident.startedAt;
  const promotedBefore = 'value' in claim && promotionBegun(claim.value, request.incident.id);
  const facts = {
    now,
    trigger: request.trigger,
    execution: run.execution,
    orders,
    claim,
    startedAt,
    readings: reported,
    standby,
    workloads: deployments,
    room,
    autoscalers,
    traffic: records,
    promotedBefore,
  };
  const guards = answersOf(plan, facts, request.overrides);
  const dataLoss = estimateDataLoss(writesUntil(seen, startedAt), lastSample(seen), positions.standby);
  return { guards, promotedBefore, standby: positions.standby, dataLoss, targets: targetsOf(plan, seen) };
};

/**
 * Every guard's answer, whether an earlier run of the incident let the promotion begin, the data-loss estimate, and whether people have to approve (by
 * the plan's policy for this trigger and severity, or because the request asks): on record before the first change. Throws GuardsRefusedError with
 * every reason.
 */
export const checkGuards = async (step: Step & { readonly input: z.output<typeof input> }) => {
  const asked = await askGuards(step);
  const refusal = refusalOf(asked.guards);
  if (refusal !== null) throw new GuardsRefusedError(refusal);
  return { ...asked, approval: approvalNeed(step.plan, step.request, step.input.severity) };
};

export const handler = pipeline({
  input,
  ports: { claims, standingOrders, readings, database, databaseSession, workloads, traffic },
  watches: true,
  attests: true,
}).handler(checkGuards);
