import { createWriteStream, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plan } from '#domain/plan.ts';
import type { Side } from '#domain/side.ts';
import { type LabAddresses, labAddresses } from '#lab/addresses.ts';
import { type Cloud, lambdaCache, type RegionalCloud, startCloud } from '#lab/cloud.ts';
import type { LabTime, Log, Part } from '#lab/contract.ts';
import { createFaults, type Faults } from '#lab/faults.ts';
import { invoking } from '#lab/iam/need.ts';
import { kubeconfigs } from '#lab/kubeconfigs.ts';
import { roleCredentials } from '#lab/services/lambda/instance-environment.ts';
import type { KeptInstances } from '#lab/services/lambda/kept-instances.ts';
import { schedulerIn } from '#lab/services/scheduler/scheduler.ts';
import { deployStack, type Stack } from '#lab/stack/deploy.ts';
import { type StackServices, standardTargets } from '#lab/stack/resources.ts';
import { loadTemplate, type StackPackage } from '#lab/stack/template.ts';
import type { LabStatus, RegionStatus } from '#lab/status.ts';
import { labTime } from '#lab/time.ts';
import { startWorld, type World } from '#lab/world.ts';

export interface LabOptions {
  /** The project's folder: .build/plan.json and the packaged stacks are read from it. */
  readonly root: string;
  /** Logs and kubeconfigs. */
  readonly folder: string;
  /** Data directories of the databases. */
  readonly data: string;
  readonly slot: number;
  /**
   * Folder under `root` with the plan.json, pipeline/ and witness/ of another packaging of the plan: `.build/record-change`. Default: the plan's
   * own, in .build and .serverless.
   */
  readonly packaged?: string;
  readonly addresses?: LabAddresses;
  readonly timeScale?: number;
  /** False: the stacks are there, but nothing is scheduled and nothing warmed: no probe looks, so no alarm starts anything. Default true. */
  readonly pipeline?: boolean;
  /**
   * False: readiness checks are not scheduled, only `warm` makes them: at a high time scale some thirty functions would be asked every few
   * seconds. Default true.
   */
  readonly readiness?: boolean;
  /** Functions' processes of the lab before, on the same slot; this one leaves its own there. Without it they start and end with the lab. */
  readonly instances?: KeptInstances;
}

export interface Lab extends Part {
  readonly world: World;
  readonly cloud: Cloud;
  readonly faults: Faults;
  readonly stacks: readonly Stack[];
  readonly addresses: LabAddresses;
  readonly plan: Plan;
  status(): Promise<LabStatus>;
  /** Every function has a warm process, with `except` all but those whose names match; and what is scheduled begins. */
  warm(options?: { readonly except?: RegExp }): Promise<void>;
}

/** Functions that are warmed side by side. */
const WARMED_AT_ONCE = 3;

const startLog = (folder: string): { log: Log; close(): void } => {
  const out = createWriteStream(join(folder, 'events.log'), { flags: 'w' });
  return {
    log: (source, message, data) =>
      void out.write(`${new Date().toISOString()} ${source}: ${message}${data ? ` ${JSON.stringify(data)}` : ''}\n`),
    close: () => out.end(),
  };
};

/** Physical names by what the resource is for: `...-ledger-...` -> as the template names them. */
const named = (stacks: readonly Stack[], type: string): Record<string, string> =>
  Object.fromEntries(
    stacks.flatMap(({ resources }) =>
      [...resources].filter(([, resource]) => resource.type === type).map(([id, resource]) => [id, resource.ref]),
    ),
  );

const isReadiness = ({ Target }: { readonly Target: { readonly Input?: string | undefined } | undefined }): boolean =>
  Target?.Input === JSON.stringify({ readiness: true });

/** Who the pods of a region are to the third site. They are there before the stacks: they go by the names that the package gives. */
const podsOf = ({ template }: StackPackage, { site }: LabAddresses) => {
  const nameOf = (id: string, property: string): string => {
    const name = template.Resources[id]?.Properties?.[property];
    if (typeof name !== 'string') throw new Error(`the packaged third site has no ${id} with a ${property}`);
    return name;
  };
  const role = (side: Side): string => nameOf(side === 'primary' ? 'PrimaryLeaseRole' : 'StandbyLeaseRole', 'RoleName');
  return {
    role,
    leaseTable: nameOf('LeaseTable', 'TableName'),
    identity: (side: Side): Readonly<Record<string, string>> => {
      const { accessKeyId, secretAccessKey } = roleCredentials(role(side));
      return {
        AWS_ENDPOINT_URL: `http://${site.door.host}:${site.door.port}`,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_EC2_METADATA_DISABLED: 'true',
      };
    },
  };
};

/** A run that looks several times waits between its looks, which are declared durations. */
const scaled = (time: LabTime, input: string | undefined): string | undefined => {
  const { everySeconds, ...more } = JSON.parse(input ?? '{}') as { readonly everySeconds?: number };
  return everySeconds === undefined ? input : JSON.stringify({ ...more, everySeconds: time.ms(everySeconds) / 1_000 });
};

/** Function -> the role that its readiness schedule runs it in. */
type ReadinessRoles = Map<string, string>;

/**
 * Makes the schedules disabled that the options do not want: all, or those of the readiness checks, whose roles it notes. Where nothing is scheduled
 * silence is no alarm: alarms that wait for it act on nothing.
 */
const scheduledAs = (
  services: StackServices,
  roles: ReadinessRoles,
  { pipeline = true, readiness = true }: LabOptions,
  time: LabTime,
  begin: (start: (region: RegionalCloud) => void) => void,
): StackServices => {
  const { scheduler, cloudwatch } = services;
  return {
    ...services,
    ...(scheduler && {
      scheduler: {
        createSchedule: (input) => {
          if (isReadiness(input)) roles.set(input.Target?.Arn ?? '', input.Target?.RoleArn ?? '');
          const Target = input.Target && { ...input.Target, Input: scaled(time, input.Target.Input) };
          const schedule = { ...input, Target };
          if (pipeline && (readiness || !isReadiness(input)))
            begin((region) => region.scheduler.updateSchedule(schedule));
          return scheduler.createSchedule({ ...schedule, State: 'DISABLED' });
        },
      },
    }),
    ...(cloudwatch && {
      cloudwatch: {
        ...cloudwatch,
        // Of those that watch for silence: until something is scheduled there is nothing else.
        putMetricAlarm: (input) => {
          if (input.TreatMissingData !== 'breaching') cloudwatch.putMetricAlarm(input);
          else if (pipeline) begin((region) => region.cloudwatch.putMetricAlarm(input));
          else cloudwatch.putMetricAlarm({ ...input, ActionsEnabled: false });
        },
      },
    }),
  };
};

/** Boots the two regions and the third site, and deploys the packaged stacks in them. */
export const startLab = async (options: LabOptions): Promise<Lab> => {
  const begun = performance.now();
  const { root, folder, data, slot } = options;
  const addresses = options.addresses ?? labAddresses(slot);
  const time = labTime(options.timeScale);
  const made = join(root, options.packaged ?? '.build');
  const plan = JSON.parse(readFileSync(join(made, 'plan.json'), 'utf8')) as Plan;
  if (plan.service.scheme !== 'http')
    throw new Error('service.scheme is https: the lab has no certificate for the service and speaks http alone');
  await mkdir(folder, { recursive: true });
  await mkdir(data, { recursive: true, mode: 0o755 });
  const { log, close } = startLog(folder);

  const [pipeline, witness] = await Promise.all([
    loadTemplate(options.packaged === undefined ? join(root, '.serverless') : join(made, 'pipeline')),
    loadTemplate(join(made, 'witness')),
  ]);
  const pods = podsOf(witness, addresses);
  const world = await startWorld({ root, data, plan, addresses, time, log, pods });
  let cloud: Cloud | undefined;
  try {
    cloud = await startCloud({
      folder,
      cache: lambdaCache(root),
      plan,
      addresses,
      time,
      log,
      world,
      instances: options.instances,
    });
    const running = cloud;
    const services = running.stackServices;
    const readinessRoles: ReadinessRoles = new Map();
    // A probe that looks while its function starts sees a slow service, and an alarm of it would fail over before anybody has begun.
    const toBegin: (() => void)[] = [];
    const deploy = (pack: StackPackage, region: string): Promise<Stack> =>
      deployStack(pack, {
        region,
        stackName: `${pack.service}-${pack.stage}`,
        targets: standardTargets(
          scheduledAs(services(region), readinessRoles, options, time, (start) =>
            toBegin.push(() => {
              const regional = running.regions.get(region);
              if (regional) start(regional);
            }),
          ),
        ),
      });
    const stacks = [await deploy(pipeline, plan.regions.standby), await deploy(witness, plan.regions.witness)];
    let warmed = options.pipeline === false;
    const faults: Faults = createFaults({
      folder,
      addresses,
      world,
      door: running.door,
      plan,
      podRole: pods.role,
      killFunctions: (region) => running.lambda.killRegion(region),
      showBackingUp: (side, on) => running.rds.setBackingUp(plan.database.instances[side], on),
      promoted: async () => !(await world.databases.standby.isStandby()),
    });
    const files = await kubeconfigs(folder, world.clusters);
    const bootMs = Math.round(performance.now() - begun);
    log('lab', `ready in ${bootMs} ms`);

    const regionStatus = async (side: 'primary' | 'standby'): Promise<RegionStatus> => {
      const { database, loadBalancer, cluster } = side === 'primary' ? addresses.a : addresses.b;
      const processes = [...(await world.databases[side].pids()), ...world.clusters[side].pids()];
      return {
        region: plan.regions[side],
        side,
        up: faults.regionUp(side),
        database,
        loadBalancer,
        cluster,
        processes,
      };
    };
    return {
      world,
      cloud: running,
      faults,
      stacks,
      addresses,
      plan,
      warm: async ({ except } = {}) => {
        const wanted = running.lambda.functions().filter(({ name }) => !except?.test(name));
        // As the readiness schedules of the stack do, in their roles: pays what a process pays once. Each is small, and waits often.
        const ask = async ({ arn, region }: { readonly arn: string; readonly region: string }) => {
          const roleArn = readinessRoles.get(arn);
          if (roleArn !== undefined) running.authority.inRole(schedulerIn(region), roleArn, [invoking(arn)]);
          await running.lambda.invoke(arn, { readiness: true });
        };
        const names = wanted.map(({ arn }) => arn);
        await running.lambda.warm(names, { parallel: WARMED_AT_ONCE, ask });
        for (const begin of toBegin.splice(0)) begin();
        warmed = true;
      },
      status: async () => {
        const [primary, standbyStatus] = await Promise.all([regionStatus('primary'), regionStatus('standby')]);
        const all = running.lambda.functions();
        return {
          slot,
          pid: process.pid,
          timeScale: time.scale,
          bootMs,
          folder,
          regions: { primary, standby: standbyStatus },
          endpoints: {
            aws: running.door.url,
            dns: addresses.site.dns,
            smtp: addresses.site.smtp,
            webhook: `http://${addresses.site.webhook.host}:${addresses.site.webhook.port}`,
            control: `http://${addresses.site.control.host}:${addresses.site.control.port}`,
          },
          credentials: { accessKeyId: 'LABPERSON', secretAccessKey: 'secret-person' },
          kubeconfig: files,
          databases: {
            primary: world.databases.primary.connectionString('postgres'),
            standby: world.databases.standby.connectionString('postgres'),
          },
          stateMachines: named(stacks, 'AWS::StepFunctions::StateMachine'),
          tables: named(stacks, 'AWS::DynamoDB::Table'),
          warmed,
          functions: { warm: all.filter((fn) => fn.pool.pids().length > 0).length, all: all.length },
          alarms: Object.fromEntries(
            [...running.regions.values()].flatMap(({ cloudwatch }) =>
              cloudwatch.describeAlarms().map((alarm) => [alarm.AlarmName ?? '', alarm.StateValue ?? '']),
            ),
          ),
          faults: faults.active(),
        };
      },
      stop: async () => {
        await running.stop();
        await world.stop();
        close();
      },
    };
  } catch (error) {
    await cloud?.stop();
    await world.stop();
    close();
    throw error;
  }
};
