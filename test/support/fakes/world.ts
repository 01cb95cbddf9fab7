import type { Plan } from '#domain/plan.ts';
import type { RecoveryRequest } from '#domain/request.ts';
import { fakeClock } from './clock.ts';
import { fakeDatabase } from './database.ts';
import { examplePlan } from './plan.ts';
import { fakeServiceProbe } from './service-probe.ts';
import {
  fakeAlarms,
  fakeAnnouncer,
  fakeApprovals,
  fakeClaims,
  fakeControls,
  fakeExecutions,
  fakeHealthMetrics,
  fakeIncidents,
  fakeLedger,
  fakeReadings,
  fakeStandingOrders,
  fakeTaskTokens,
} from './state.ts';
import { fakeThirdSite, fakeTraffic } from './traffic.ts';
import { fakeWorkloads } from './workloads.ts';
import { fakeWriteLease } from './write-lease.ts';

export const EXECUTION = 'arn:aws:states:us-west-2:123456789012:execution:regional-failover:svg-ai-INC-2026-1123-001';

/** Two regions in memory, well at first: what happens to one part is seen by every other that depends on it. */
export const world = () => {
  const plan = examplePlan();
  const clock = fakeClock();
  const database = fakeDatabase(plan, clock);
  const workloads = fakeWorkloads(plan, { primary: database.hostOf('primary'), standby: database.hostOf('standby') });
  const traffic = fakeTraffic(plan);
  const ports = {
    database,
    databaseSession: database,
    workloads,
    traffic,
    thirdSite: fakeThirdSite(traffic),
    serviceProbe: fakeServiceProbe(plan, { database, traffic, workloads }),
    claims: fakeClaims(),
    controls: fakeControls(),
    incidents: fakeIncidents(),
    readings: fakeReadings(),
    standingOrders: fakeStandingOrders(),
    ledger: fakeLedger(),
    alarms: fakeAlarms(clock),
    announcer: fakeAnnouncer(),
    approvals: fakeApprovals(),
    taskTokens: fakeTaskTokens(),
    personalAnnouncer: fakeAnnouncer(),
    linkKey: { get: async () => 'k'.repeat(64) },
    healthMetrics: fakeHealthMetrics(),
    executions: fakeExecutions(),
    // Renewed until lately, and over by now: what a region that died a while ago leaves.
    writeLease: fakeWriteLease(plan.plan, {
      overAt: { primary: new Date(Date.parse(clock.now()) - 1_000).toISOString(), standby: null },
    }),
  };
  const incident = { id: 'INC-2026-1123-001', startedAt: clock.now(), detectedAt: clock.now() };
  const request: RecoveryRequest = {
    plan: plan.plan,
    mode: 'failover',
    reason: 'the primary region does not answer',
    trigger: 'alarm',
    actor: 'alarm:service-unhealthy',
    incident,
  };
  const run = { execution: EXECUTION, state: 'Unnamed', attempt: 0, enteredAt: clock.now() };
  return {
    plan,
    clock,
    ports,
    request,
    run,
    /** Of the claim. */
    epoch: 1,
    /** Every process of the primary region is gone. */
    killPrimary: () => {
      database.servers.primary.up = false;
      workloads.clusters.primary.up = false;
    },
    /** They are back, as they were. */
    revivePrimary: () => {
      database.servers.primary.up = true;
      workloads.clusters.primary.up = true;
    },
  };
};

export type World = ReturnType<typeof world>;

/** With a deployment that no cluster has. */
export const withWorker = (plan: Plan): Plan => {
  const deployments = [...plan.workloads.deployments, { name: 'svg-ai-worker', replicas: 1 }];
  return { ...plan, workloads: { ...plan.workloads, deployments } };
};
