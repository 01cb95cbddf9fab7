import dns from 'node:dns';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DisableRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { Reading } from '#domain/reading.ts';
import { type Lab, startLab } from '#lab/lab.ts';
import { buildImages } from '#lab/parts/cluster/images.ts';
import { claimFolder, clearRemains, runFolder } from '#lab/run-folder.ts';
import type { KeptInstances } from '#lab/services/lambda/kept-instances.ts';
import { PASSWORDS } from '#lab/world.ts';
import {
  approvals,
  claims,
  clock,
  databaseSession,
  executions,
  ledger,
  readings,
  taskTokens,
  traffic,
  workloads,
  writeLease,
} from '#src/composition.ts';
import { startStray, startWriters, type Writers } from './writers.ts';

/** A declared minute takes half a second: small waits, real work. */
const TIME_SCALE = 120;
const PROBE_EVERY_MS = 1_000;
const SEEN_WITHIN_MS = 30_000;

const refOf = (lab: Lab, id: string): string =>
  lab.stacks.map(({ resources }) => resources.get(id)?.ref).find((ref) => ref !== undefined) ?? '';

const portsOf = (lab: Lab) => {
  const environment = {
    LEDGER_TABLE: refOf(lab, 'LedgerTable'),
    STATE_TABLE: refOf(lab, 'StateTable'),
    LEASE_TABLE: refOf(lab, 'LeaseTable'),
  };
  const { plan } = lab;
  return {
    approvals: approvals.create(environment, plan),
    claims: claims.create(environment, plan),
    databaseSession: databaseSession.create(environment, plan),
    executions: executions.create({}, plan),
    ledger: ledger.create(environment, plan),
    readings: readings.create(environment, plan),
    taskTokens: taskTokens.create({}, plan),
    traffic: traffic.create({}, plan),
    workloads: workloads.create({}, plan),
    writeLease: writeLease.create(environment, plan),
    clock: clock.create({}, plan),
  };
};

export type CampaignPorts = ReturnType<typeof portsOf>;

/** One lab in the situation in which the campaign's runs begin. */
export interface LabAtHand {
  readonly lab: Lab;
  readonly ports: CampaignPorts;
  readonly writers: Writers;
  readonly machineArn: string;
  /** The physical function of a state. */
  functionOf(state: string): { readonly arn: string; readonly role: string };
  /** Runs one of the stack's functions as its schedule would. */
  invoke(id: string): Promise<void>;
  /** Leaves nothing; the logs go too, unless they are kept. */
  stop(options: { readonly keepLogs: boolean }): Promise<void>;
  readonly logs: string;
}

/** Every SDK client and every look-up of this process goes to the lab. */
const pointAt = (lab: Lab): void => {
  const { host, port } = lab.addresses.site.dns;
  dns.setServers([`${host}:${port}`]);
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: lab.cloud.door.url,
    AWS_ACCESS_KEY_ID: 'LABPERSON',
    AWS_SECRET_ACCESS_KEY: 'secret-person',
    AWS_EC2_METADATA_DISABLED: 'true',
  });
};

/**
 * A lab of its own in which the primary's application has gone, while its database lives and a stray replica still writes to it: the situation
 * in which a failover can do the most harm. Nothing is scheduled: the probes look because this calls them, and no alarm starts anything.
 */
export const bootLab = async (root: string, slot: number, instances: KeptInstances): Promise<LabAtHand> => {
  const run = runFolder(root, slot);
  await clearRemains(run, instances.pids());
  rmSync(run.folder, { recursive: true, force: true });
  claimFolder(run, '');
  process.env.CONTINUITY_LAB = run.folder;
  const lab = await startLab({
    root,
    folder: run.folder,
    data: run.data,
    slot,
    timeScale: TIME_SCALE,
    pipeline: false,
    instances,
  });
  pointAt(lab);
  const { plan, addresses, world, cloud } = lab;
  await new EventBridgeClient({ region: plan.regions.standby }).send(
    new DisableRuleCommand({ Name: refOf(lab, 'AlarmRule') }),
  );
  const ports = portsOf(lab);
  const { host, port } = addresses.a.database;
  const images = await buildImages(join(root, '.lab', 'cache', 'images'));
  const stray = await startStray(images.application, {
    HOST: addresses.a.pods,
    REGION: plan.regions.primary,
    POD_NAME: 'stray',
    DATABASE_HOST: host,
    DATABASE_PORT: String(port),
    DATABASE_PASSWORD: PASSWORDS.svg_ai_app,
  });
  const writers = startWriters({
    databases: {
      primary: world.databases.primary.connectionString('svg_ai_app'),
      standby: world.databases.standby.connectionString('svg_ai_app'),
    },
    applications: { primary: stray.address, standby: addresses.b.loadBalancer },
    path: plan.service.writePath,
  });

  const probes = lab.stacks.flatMap(({ resources }) => {
    const arn = resources.get('ProbeServiceLambdaFunction')?.attributes.Arn;
    return typeof arn === 'string' ? [arn] : [];
  });
  const look = async (): Promise<void> => {
    await Promise.all(probes.map((arn) => cloud.lambda.invoke(arn, {})));
  };
  let probing = true;
  const probed = async (): Promise<void> => {
    while (probing) {
      await look().catch(() => undefined);
      await delay(PROBE_EVERY_MS);
    }
  };

  const seenBy = async (what: string, condition: (reading: Reading) => boolean): Promise<void> => {
    const deadline = Date.now() + SEEN_WITHIN_MS;
    for (;;) {
      await look();
      const seen = await ports.readings.list(plan.plan);
      if (seen.length >= plan.detection.vantagesNeeded && seen.every(condition)) return;
      if (Date.now() > deadline) throw new Error(`the vantage points did not see that ${what}`);
      await delay(50);
    }
  };
  // A sample of the healthy service first: the guards ask what replication was like before the incident.
  await seenBy(
    'the service is well',
    ({ badSince, vantage, lastHealthy }) => badSince === null && (vantage !== 'standby' || lastHealthy !== null),
  );
  await Promise.all(plan.workloads.deployments.map(({ name }) => ports.workloads.scale('primary', name, 0)));
  await seenBy('the application has gone', ({ badSince }) => badSince !== null);
  const watching = probed();

  return {
    lab,
    ports,
    writers,
    machineArn: refOf(lab, 'FailoverStateMachine'),
    functionOf: (state) => {
      const { arn, roleName } = cloud.lambda.find(refOf(lab, `${state}LambdaFunction`), plan.regions.standby);
      return { arn, role: roleName };
    },
    invoke: async (id) => {
      await cloud.lambda.invoke(refOf(lab, id), {}, { region: plan.regions.standby });
    },
    logs: run.folder,
    stop: async ({ keepLogs }) => {
      probing = false;
      await watching;
      await writers.stop();
      await stray.stop();
      await lab.stop();
      await clearRemains(run, instances.pids());
      if (!keepLogs) rmSync(run.folder, { recursive: true, force: true });
    },
  };
};
