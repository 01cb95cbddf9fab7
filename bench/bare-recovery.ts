import { setTimeout as delay } from 'node:timers/promises';
import { pgDatabaseSession } from '#aws/pg-database-session.ts';
import { severityOfIncident } from '#domain/incident-severity.ts';
import type { HealthySample, Reading } from '#domain/reading.ts';
import { NOTHING_STANDS } from '#domain/standing-orders.ts';
import { leaseTable } from '#domain/write-lease.ts';
import { NOTHING_ORDERED } from '#ports/controls.ts';
import { clock, database, serviceProbe, traffic, workloads, writeLease } from '#src/composition.ts';
import { checkGuards } from '../functions/check-guards.ts';
import { confirmFence } from '../functions/confirm-fence.ts';
import { confirmPromotion } from '../functions/confirm-promotion.ts';
import { confirmRepoint } from '../functions/confirm-repoint.ts';
import { confirmWorkloads } from '../functions/confirm-workloads.ts';
import { fencePrimary } from '../functions/fence-primary.ts';
import { plan } from '../functions/pipeline/compiled-plan.ts';
import { promoteReplica } from '../functions/promote-replica.ts';
import { repointApplication } from '../functions/repoint-application.ts';
import { scaleUpWorkloads } from '../functions/scale-up-workloads.ts';
import type { Poll } from '../functions/shared/poll.ts';
import { shiftTraffic } from '../functions/shift-traffic.ts';
import { verifyStandby } from '../functions/verify-standby.ts';
import { joinNetwork } from '../lab/services/lambda/runtime/network.mjs';

/**
 * The recovery's own actions, from the decision to traffic moved, called one after the other in this process (the same two side by side):
 * no state machine, no Lambda, no record. What orchestration costs is the difference. Reads the environment that `continuity lab env` prints.
 * Prints one JSON object: {"bare_ms", "waited_ms"}; `waited_ms` is the part of `bare_ms` spent waiting between polls.
 */
const POLL_MS = 5;

const { LAB_DNS_HOST: host, LAB_DNS_PORT: port } = process.env;
if (host && port) joinNetwork({ dns: { host, port: Number(port) } });

const VERIFY_TRIES = 200;
const STAGE = 'prod';

const ports = {
  database: database.create({}, plan),
  databaseSession: pgDatabaseSession(plan),
  workloads: workloads.create({}, plan),
  traffic: traffic.create({}, plan),
  serviceProbe: serviceProbe.create({}, plan),
  writeLease: writeLease.create({ LEASE_TABLE: leaseTable(plan.plan, STAGE) }, plan),
  // The record, the claim and the readings are the pipeline's own tables: bare there are none.
  readings: { list: async () => [] as Reading[] },
  /** Nobody orders anything of a bare run. */
  controls: { read: async () => NOTHING_ORDERED },
};
const run = { execution: 'bare', state: 'bare', attempt: 0 };
/** Of a claim that there is not: a lab of its own has had no other recovery. */
const step = { ports, plan, run, request: {}, clock: clock.create({}, plan), epoch: 1 };

let waitedMs = 0;

const until = async (look: () => Promise<Poll>): Promise<void> => {
  while (!(await look()).done) {
    waitedMs += POLL_MS;
    await delay(POLL_MS);
  }
};

/** As the machine goes on from it: where nothing answers, the lease is waited out and looked at again. */
const fenced = async () => {
  const first = await fencePrimary(step);
  if (first.waitUntil === null) return first;
  let seen = await confirmFence({ ...step, input: { fence: first } });
  while (!seen.done) {
    waitedMs += POLL_MS;
    await delay(POLL_MS);
    seen = await confirmFence({ ...step, input: { fence: first } });
  }
  return { ...first, ...seen.fence };
};

const verified = async () => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await verifyStandby(step);
    } catch (error) {
      if (tries >= VERIFY_TRIES) throw error;
      waitedMs += POLL_MS;
      await delay(POLL_MS);
    }
  }
};

// What a warm function has already: credentials, endpoints, certificates.
await Promise.all([
  ports.database.describe('standby'),
  ports.databaseSession.position('standby'),
  ports.workloads.status(
    'standby',
    plan.workloads.deployments.map(({ name }) => name),
  ),
  ports.traffic.read(),
  ports.writeLease.read(plan.plan),
]);
/** The guards get the one sample that they need. */
const startedAt = new Date().toISOString();
const request = {
  plan: plan.plan,
  mode: 'failover',
  reason: 'bare',
  trigger: 'person',
  actor: 'person',
  incident: { id: 'INC-2026-0101-001', startedAt, detectedAt: startedAt },
} as const;
const position = await ports.databaseSession.position('standby');
const healthy: HealthySample = {
  at: new Date(Date.parse(startedAt) - 1).toISOString(),
  lagSeconds: 0,
  primaryLsn: position.lsn,
  replicaLsn: position.lsn,
  heartbeatAt: position.heartbeatAt,
};
const reading: Reading = {
  plan: plan.plan,
  vantage: 'standby',
  at: healthy.at,
  signals: [],
  badSince: null,
  serviceBadSince: null,
  writes: null,
  lastHealthy: healthy,
};
const guards = {
  ...step,
  request,
  input: { severity: severityOfIncident(request, null) },
  ports: {
    ...ports,
    claims: { read: async () => null },
    standingOrders: { read: async () => NOTHING_STANDS },
    readings: { put: async () => undefined, last: async () => reading, list: async () => [reading] },
    ledger: {
      append: async () => Promise.reject(new Error('no record')),
      rehearse: async () => undefined,
      prepare: () => undefined,
      read: async () => [],
    },
  },
};

if (process.send) process.send('warm');
await new Promise<void>((resolve) => (process.send ? process.once('message', () => resolve()) : resolve()));

const started = performance.now();
await checkGuards(guards);
const fence = await fenced();
await Promise.all([
  (async () => {
    await promoteReplica({ ...step, input: { fence } });
    await until(() => confirmPromotion(step));
  })(),
  (async () => {
    await scaleUpWorkloads(step);
    await until(() => confirmWorkloads(step));
  })(),
]);
await repointApplication({ ...step, input: { fence } });
await until(() => confirmRepoint(step));
const verification = await verified();
await shiftTraffic({ ...step, input: { verification } });
const bareMs = performance.now() - started;
process.stdout.write(`${JSON.stringify({ bare_ms: Math.round(bareMs), waited_ms: waitedMs })}\n`);
process.exit(0);
