import { approvalNeed } from '#domain/approval.ts';
import type { Verdict } from '#domain/diagnosis.ts';
import type { DryRun, PlannedRead, Refusal } from '#domain/dry-run.ts';
import type { GuardReason, Looked } from '#domain/guards.ts';
import { type IncidentSeverity, severityOfIncident } from '#domain/incident-severity.ts';
import type { Plan } from '#domain/plan.ts';
import { type ChangeFacts, planChanges as changesOf } from '#domain/planned-change.ts';
import { NO_INCIDENT, type RecoveryRequest } from '#domain/request.ts';
import { pipeline } from '#pipeline/pipeline.ts';
import type { Alarms } from '#ports/alarms.ts';
import type { Claims } from '#ports/claims.ts';
import type { Clock } from '#ports/clock.ts';
import type { Database } from '#ports/database.ts';
import type { DatabaseSession } from '#ports/database-session.ts';
import type { Ledger } from '#ports/ledger.ts';
import type { Readings } from '#ports/readings.ts';
import type { ServiceProbe } from '#ports/service-probe.ts';
import type { StandingOrders } from '#ports/standing-orders.ts';
import type { Traffic } from '#ports/traffic.ts';
import type { Workloads } from '#ports/workloads.ts';
import type { WriteLease } from '#ports/write-lease.ts';
import { attempt } from '#src/attempt.ts';
import {
  alarms,
  claims,
  database,
  databaseSession,
  ledger,
  readings,
  serviceProbe,
  standingOrders,
  traffic,
  workloads,
  writeLease,
} from '#src/composition.ts';
import { assessEvidence } from './assess-evidence.ts';
import { askGuards } from './check-guards.ts';

/** Longer than the adapters' own time-outs. All is asked at once. */
const WITHIN_MS = 8_000;
/** For what the primary answers: it may be gone. */
const PRIMARY_WITHIN_MS = 5_000;

interface Step {
  readonly ports: {
    readonly alarms: Alarms;
    readonly claims: Claims;
    readonly readings: Readings;
    readonly database: Database;
    readonly databaseSession: DatabaseSession;
    readonly serviceProbe: ServiceProbe;
    readonly workloads: Workloads;
    readonly traffic: Traffic;
    readonly ledger: Ledger;
    readonly standingOrders: StandingOrders;
    readonly writeLease: Pick<WriteLease, 'read'>;
  };
  readonly clock: Clock;
  readonly plan: Plan;
  readonly request: RecoveryRequest;
  readonly run: { readonly execution: string };
  readonly environment: { readonly NOTICE_TOPIC_ARN: string; readonly APPROVAL_TOPIC_ARN: string };
}

type Assessed = Verdict & { readonly severity: IncidentSeverity };

const MOST_ANSWER = 300;

/** Looks, and keeps on the list what was looked at. */
const reader =
  (reads: PlannedRead[]) =>
  async <T>(what: string, call: () => Promise<T>, withinMs = WITHIN_MS): Promise<Looked<T>> => {
    const got = await attempt(call, withinMs);
    const answer = got.outcome === 'answered' ? JSON.stringify(got.value ?? null) : got.detail;
    reads.push({ what, outcome: got.outcome, answer: answer.slice(0, MOST_ANSWER), ms: got.ms });
    return got.outcome === 'answered' ? { value: got.value } : { error: got.detail };
  };

const refusalsOf = (evidence: Looked<Verdict>, guards: Looked<readonly GuardReason[]>): readonly Refusal[] => [
  ...('error' in evidence
    ? [{ by: 'evidence', reason: evidence.error }]
    : evidence.value.outcome === 'recover'
      ? []
      : [
          {
            by: evidence.value.rule,
            reason: `${evidence.value.code}: ${evidence.value.reason.replace(`${evidence.value.rule} `, '')}`,
          },
        ]),
  ...('error' in guards
    ? [{ by: 'guards', reason: guards.error }]
    : guards.value.filter(({ passed }) => !passed).map(({ id, reason }) => ({ by: id, reason }))),
];

/** Where nothing is seen that this recovery answers, a dry run supposes an outage, as its guards suppose that the region dies now. */
const supposed = (request: RecoveryRequest, evidence: Looked<Assessed>): IncidentSeverity =>
  'value' in evidence && evidence.value.outcome === 'recover'
    ? evidence.value.severity
    : severityOfIncident(request, null);

/**
 * What a recovery would do if it began now: everything its steps would look at, by the same functions, every refusal at once, whether people would
 * be asked, and each change with its parameters in the order of the steps. Goes through to the end also when it would be refused. Changes
 * nothing (design, point 15).
 */
export const planChanges = async (step: Step): Promise<DryRun> => {
  const { ports, plan, request, run, environment } = step;
  const names = plan.workloads.deployments.map(({ name }) => name);
  const { configMap, key } = plan.workloads.databaseConfig;
  const reads: PlannedRead[] = [];
  const read = reader(reads);
  const [
    evidence,
    asked,
    claim,
    primaryPosition,
    primaryWorkloads,
    standbyWorkloads,
    standbyAutoscalers,
    standbyInstance,
    config,
    records,
    lease,
  ] = await Promise.all([
    read('evidence: readings of every vantage point, and the standby now', () => assessEvidence(step)),
    read('guards', () => askGuards(step)),
    read('claim', () => ports.claims.read(plan.plan)),
    read('position of the primary database', () => ports.databaseSession.position('primary'), PRIMARY_WITHIN_MS),
    read('deployments of the primary cluster', () => ports.workloads.status('primary', names), PRIMARY_WITHIN_MS),
    read('deployments of the standby cluster', () => ports.workloads.status('standby', names)),
    read('autoscalers of the standby cluster', () => ports.workloads.autoscalers('standby', names)),
    read('standby instance', () => ports.database.describe('standby')),
    read(`ConfigMap ${configMap} of the standby cluster`, () => ports.workloads.readConfig('standby', configMap, key)),
    read(`records of zone ${plan.traffic.zoneId}`, () => ports.traffic.read()),
    read('write lease at the third site', () => ports.writeLease.read(plan.plan)),
  ]);
  const severity = supposed(request, evidence);
  const approval = approvalNeed(plan, request, severity);
  const facts: ChangeFacts = {
    execution: run.execution.split(':').at(-1) ?? run.execution,
    claim,
    incident: request.incident.id === NO_INCIDENT ? null : request.incident.id,
    primaryPosition,
    primaryWorkloads,
    standbyWorkloads,
    standbyAutoscalers,
    standbyInstance,
    config,
    records,
    lease,
    targets: 'value' in asked ? asked.value.targets : [],
    approval,
    topic: environment.NOTICE_TOPIC_ARN,
    approvalTopic: environment.APPROVAL_TOPIC_ARN,
  };
  const guards: Looked<readonly GuardReason[]> = 'value' in asked ? { value: asked.value.guards } : asked;
  const refusals = refusalsOf(evidence, guards);
  return {
    wouldGo: refusals.length === 0,
    refusals,
    evidence: 'value' in evidence ? evidence.value : null,
    guards: 'value' in guards ? guards.value : [],
    dataLoss: 'value' in asked ? asked.value.dataLoss : null,
    severity,
    approval,
    changes: changesOf(plan, facts),
    reads,
  };
};

export const handler = pipeline({
  stage: 'requested',
  ports: {
    alarms,
    claims,
    readings,
    database,
    databaseSession,
    serviceProbe,
    standingOrders,
    workloads,
    traffic,
    ledger,
    writeLease,
  },
  environment: ['NOTICE_TOPIC_ARN', 'APPROVAL_TOPIC_ARN'],
}).handler(planChanges);
