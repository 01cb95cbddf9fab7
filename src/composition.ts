import { cloudwatchAlarms } from '#aws/cloudwatch-alarms.ts';
import { cloudwatchHealthMetrics } from '#aws/cloudwatch-health-metrics.ts';
import { cloudwatchTraffic } from '#aws/cloudwatch-traffic.ts';
import { resolveNow } from '#aws/dns-answers.ts';
import { dynamoApprovals } from '#aws/dynamo-approvals.ts';
import { dynamoClaims } from '#aws/dynamo-claims.ts';
import { dynamoControls } from '#aws/dynamo-controls.ts';
import { dynamoIncidents } from '#aws/dynamo-incidents.ts';
import { dynamoLedger } from '#aws/dynamo-ledger.ts';
import { dynamoReadings } from '#aws/dynamo-readings.ts';
import { dynamoStandingOrders } from '#aws/dynamo-standing-orders.ts';
import { dynamoWriteLease } from '#aws/dynamo-write-lease.ts';
import { eksWorkloads } from '#aws/eks-workloads.ts';
import { httpServiceProbe } from '#aws/http-service-probe.ts';
import { lambdaThirdSite } from '#aws/lambda-third-site.ts';
import { pgDatabaseSession } from '#aws/pg-database-session.ts';
import { rdsDatabase } from '#aws/rds-database.ts';
import { route53Traffic } from '#aws/route53-traffic.ts';
import { s3Evidence } from '#aws/s3-evidence.ts';
import { secretsmanagerLinkKey } from '#aws/secretsmanager-link-key.ts';
import { sfnExecutions } from '#aws/sfn-executions.ts';
import { sfnTaskTokens } from '#aws/sfn-task-tokens.ts';
import { snsAnnouncer } from '#aws/sns-announcer.ts';
import { systemClock } from '#aws/system-clock.ts';
import { CallRefusedError } from '#domain/errors.ts';
import { digest } from '#domain/ledger-chain.ts';
import type { PortFactory } from '#pipeline/port-factory.ts';
import type { Alarms } from '#ports/alarms.ts';
import type { Announcer } from '#ports/announcer.ts';
import type { Approvals } from '#ports/approvals.ts';
import type { Claims } from '#ports/claims.ts';
import type { Clock } from '#ports/clock.ts';
import type { Controls } from '#ports/controls.ts';
import type { Database } from '#ports/database.ts';
import type { DatabaseSession } from '#ports/database-session.ts';
import type { EvidenceStore } from '#ports/evidence.ts';
import type { Executions } from '#ports/executions.ts';
import type { HealthMetrics } from '#ports/health-metrics.ts';
import type { Incidents } from '#ports/incidents.ts';
import type { Ledger } from '#ports/ledger.ts';
import type { LinkKey } from '#ports/link-key.ts';
import type { Names } from '#ports/names.ts';
import type { Readings } from '#ports/readings.ts';
import type { ServiceProbe } from '#ports/service-probe.ts';
import type { StandingOrders } from '#ports/standing-orders.ts';
import type { TaskTokens } from '#ports/task-tokens.ts';
import type { ThirdSite } from '#ports/third-site.ts';
import type { Traffic } from '#ports/traffic.ts';
import type { Workloads } from '#ports/workloads.ts';
import type { WriteLease } from '#ports/write-lease.ts';
import { lastKnownIn } from '#src/last-known.ts';

/**
 * Environment and plan -> ports: the only file that knows every adapter. Each factory is a plain constant, so that a bundle keeps only
 * those that its handler imports, with their SDK clients. Tables, topic and machines live in the standby region (design, point 11).
 */
export const clock: PortFactory<Clock> = { variables: [], create: () => systemClock() };

export const ledger: PortFactory<Ledger, 'LEDGER_TABLE'> = {
  variables: ['LEDGER_TABLE'],
  create: ({ LEDGER_TABLE }, plan) => dynamoLedger({ region: plan.regions.standby, table: LEDGER_TABLE }),
  touch: (port, plan) =>
    port.rehearse({
      execution: 'readiness',
      plan: plan.plan,
      incident: null,
      state: 'readiness',
      kind: 'entered',
      at: new Date().toISOString(),
      attempt: 0,
      actor: 'pipeline',
      inputDigest: digest(null),
    }),
};

/** For who may read the record and not write it. */
export const ledgerReader: PortFactory<Pick<Ledger, 'read'>, 'LEDGER_TABLE'> = {
  variables: ['LEDGER_TABLE'],
  create: ({ LEDGER_TABLE }, plan) => dynamoLedger({ region: plan.regions.standby, table: LEDGER_TABLE }),
  touch: (port) => port.read('readiness', 1),
};

export const claims: PortFactory<Claims, 'STATE_TABLE'> = {
  variables: ['STATE_TABLE'],
  create: ({ STATE_TABLE }, plan) => dynamoClaims({ region: plan.regions.standby, table: STATE_TABLE }),
  touch: (port, plan) => port.read(plan.plan),
};

export const controls: PortFactory<Controls, 'STATE_TABLE'> = {
  variables: ['STATE_TABLE'],
  create: ({ STATE_TABLE }, plan) => dynamoControls({ region: plan.regions.standby, table: STATE_TABLE }),
  touch: (port) => port.read('readiness'),
};

export const standingOrders: PortFactory<StandingOrders, 'STATE_TABLE'> = {
  variables: ['STATE_TABLE'],
  create: ({ STATE_TABLE }, plan) => dynamoStandingOrders({ region: plan.regions.standby, table: STATE_TABLE }),
  touch: (port, plan) => port.read(plan.plan),
};

export const incidents: PortFactory<Incidents, 'STATE_TABLE'> = {
  variables: ['STATE_TABLE'],
  create: ({ STATE_TABLE }, plan) => dynamoIncidents({ region: plan.regions.standby, table: STATE_TABLE }),
  touch: (port, plan) => port.current(plan.plan),
};

export const readings: PortFactory<Readings, 'STATE_TABLE'> = {
  variables: ['STATE_TABLE'],
  create: ({ STATE_TABLE }, plan) => dynamoReadings({ region: plan.regions.standby, table: STATE_TABLE }),
  touch: (port, plan) => port.list(plan.plan),
};

export const database: PortFactory<Database> = {
  variables: [],
  create: (_, plan) => rdsDatabase(plan),
  touch: (port) => port.describe('standby'),
};

export const databaseSession: PortFactory<DatabaseSession, 'STATE_TABLE'> = {
  variables: ['STATE_TABLE'],
  create: ({ STATE_TABLE }, plan) =>
    pgDatabaseSession(plan, lastKnownIn(plan, dynamoReadings({ region: plan.regions.standby, table: STATE_TABLE }))),
  touch: (port) => port.position('standby'),
};

export const workloads: PortFactory<Workloads> = {
  variables: [],
  create: (_, plan) => eksWorkloads(plan),
  touch: async (port, plan) => {
    const { deployments, clusters } = plan.workloads;
    const names = deployments.map(({ name }) => name);
    const [missing] = await Promise.all([
      port.rightsMissing('standby'),
      port.room('standby', names),
      port.autoscalers('standby', names),
    ]);
    if (missing.length > 0)
      throw new CallRefusedError(
        `${clusters.standby} lacks rights: ${missing.join(', ')} (kubernetes/rights.yml has them)`,
      );
  },
};

export const traffic: PortFactory<Traffic> = {
  variables: [],
  create: (_, plan) => (plan.traffic.strategy === 'health-switch' ? cloudwatchTraffic(plan) : route53Traffic(plan)),
  touch: (port) => port.read(),
};

export const names: PortFactory<Names> = { variables: [], create: () => ({ resolve: resolveNow }) };

export const thirdSite: PortFactory<ThirdSite, 'RESOLVER_FUNCTION'> = {
  variables: ['RESOLVER_FUNCTION'],
  create: ({ RESOLVER_FUNCTION }, plan) =>
    lambdaThirdSite({ region: plan.regions.witness, functionName: RESOLVER_FUNCTION }),
  touch: (port, plan) => port.resolve([plan.service.record]),
};

/** At the third site: it stays when either region goes. */
export const writeLease: PortFactory<WriteLease, 'LEASE_TABLE'> = {
  variables: ['LEASE_TABLE'],
  create: ({ LEASE_TABLE }, plan) =>
    dynamoWriteLease({ region: plan.regions.witness, table: LEASE_TABLE }, plan.regions),
  touch: (port, plan) => port.read(plan.plan),
};

export const serviceProbe: PortFactory<ServiceProbe> = { variables: [], create: () => httpServiceProbe() };

export const announcer: PortFactory<Announcer, 'NOTICE_TOPIC_ARN'> = {
  variables: ['NOTICE_TOPIC_ARN'],
  create: ({ NOTICE_TOPIC_ARN }, plan) => snsAnnouncer({ region: plan.regions.standby, topicArn: NOTICE_TOPIC_ARN }),
};

export const alarms: PortFactory<Alarms, 'ALARM_PREFIX'> = {
  variables: ['ALARM_PREFIX'],
  create: ({ ALARM_PREFIX }, plan) => cloudwatchAlarms({ region: plan.regions.standby, prefix: ALARM_PREFIX }),
};

export const healthMetrics: PortFactory<HealthMetrics> = {
  variables: [],
  create: (_, plan) => cloudwatchHealthMetrics({ region: plan.regions.standby }),
};

export const evidence: PortFactory<EvidenceStore, 'EVIDENCE_BUCKET'> = {
  variables: ['EVIDENCE_BUCKET'],
  create: ({ EVIDENCE_BUCKET }, plan) => s3Evidence({ region: plan.regions.standby, bucket: EVIDENCE_BUCKET }),
  touch: (port) => port.check(),
};

export const executions: PortFactory<Executions> = {
  variables: [],
  create: (_, plan) => sfnExecutions({ region: plan.regions.standby }),
};

export const approvals: PortFactory<Approvals, 'STATE_TABLE'> = {
  variables: ['STATE_TABLE'],
  create: ({ STATE_TABLE }, plan) => dynamoApprovals({ region: plan.regions.standby, table: STATE_TABLE }),
  touch: (port) => port.read('readiness'),
};

export const taskTokens: PortFactory<TaskTokens> = {
  variables: [],
  create: (_, plan) => sfnTaskTokens({ region: plan.regions.standby }),
};

/** To one approver at a time: subscriptions of its topic take what carries their id. */
export const personalAnnouncer: PortFactory<Announcer, 'APPROVAL_TOPIC_ARN'> = {
  variables: ['APPROVAL_TOPIC_ARN'],
  create: ({ APPROVAL_TOPIC_ARN }, plan) =>
    snsAnnouncer({ region: plan.regions.standby, topicArn: APPROVAL_TOPIC_ARN }),
};

export const linkKey: PortFactory<LinkKey, 'LINK_KEY_ARN'> = {
  variables: ['LINK_KEY_ARN'],
  create: ({ LINK_KEY_ARN }, plan) => secretsmanagerLinkKey({ region: plan.regions.standby, secret: LINK_KEY_ARN }),
  touch: (port) => port.get(),
};
