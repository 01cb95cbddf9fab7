import { execFile } from 'node:child_process';
import dns from 'node:dns';
import { readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { DisableRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { afterAll, afterEach, beforeEach, expect } from 'vitest';
import type { Plan } from '#domain/plan.ts';
import type { Reading } from '#domain/reading.ts';
import type { Side } from '#domain/side.ts';
import type { Transition } from '#domain/transition.ts';
import { type Clients, startClients } from '#lab/clients.ts';
import { type Lab, startLab } from '#lab/lab.ts';
import { createCachingResolver } from '#lab/parts/dns/caching-resolver.ts';
import { claimFolder, clearRemains, runFolder, running } from '#lab/run-folder.ts';
import { keepInstances } from '#lab/services/lambda/kept-instances.ts';
import { labTime } from '#lab/time.ts';
import type { ExecutionSummary } from '#ports/executions.ts';
import { keepUses } from './iam-uses.ts';
import { unlistedIn } from './independence.ts';
import { type LabPorts, labEnvironmentOf, labPorts, pointSdkAt, stackRef } from './lab-ports.ts';
import { labSecrets, leaksInLogs } from './lab-secrets.ts';
import { patient } from './patient.ts';
import type { Secrets } from './secrets.ts';
import { watchStandstills } from './standstill.ts';
import { slowness, waitFor } from './wait-for.ts';

/** A declared minute takes half a second, and a whole one where the machine is slow: what is scheduled then costs half as much of it. */
export const TIME_SCALE = slowness > 1 ? 60 : 120;
const STEADY_MS = 30_000;
const RECOVERY_MS = 40_000;
/** Of one story, from the fault to the checks at its end. */
export const STORY_MS = 90_000 * slowness;

/** Lines that no scenario may leave in its logs, whatever its steps prove. */
const NEVER = /failed inside the lab|the engine failed|InternalFailure|unhandled|uncaught|LedgerEntryLost/i;

export type Described = Awaited<ReturnType<LabPorts['executions']['describe']>>;

/** What a story has at hand: one lab of its own, healthy when the story begins. */
export interface ScenarioLab {
  readonly lab: Lab;
  readonly plan: Plan;
  readonly ports: LabPorts;
  /** What may stand in no log and in no record. */
  readonly secrets: Secrets;
  /** The recovery's state machine. */
  readonly machineArn: string;
  /** Gives the time of the kill, ms since the epoch. */
  killRegion(side: Side): Promise<number>;
  /** From now on no alarm starts anything. */
  disableAlarmRule(): Promise<void>;
  executions(): Promise<readonly ExecutionSummary[]>;
  /** The one execution that there is, as soon as there is one. */
  started(): Promise<string>;
  /** Waits until the execution (default: the first that starts) has ended. */
  recoveryOf(arn?: string, withinMs?: number): Promise<Described>;
  record(arn: string): Promise<readonly Transition[]>;
  /** The entry with which the state was left the first time. Throws when it was not. */
  left(arn: string, state: string): Promise<Transition>;
  /** Steady writers through DNS. Stopped at the end of the file if the story does not. */
  writers(options?: { readonly count?: number; readonly everyMs?: number }): Clients;
  /** The same, inside a region: they go to its load balancer, whatever DNS says. */
  writersIn(side: Side): Clients;
}

const isHealthy = ({ cloud, plan }: Lab): boolean => {
  const alarms = [...cloud.regions.values()].flatMap(({ cloudwatch }) => cloudwatch.describeAlarms());
  const health = alarms.filter(({ AlarmName }) => AlarmName?.includes('-healthy-'));
  return health.length >= plan.detection.vantagesNeeded && health.every(({ StateValue }) => StateValue === 'OK');
};

/** An alarm is OK after one good look at the service. Whether the standby may be promoted is judged by a look at replication. */
const isSampled = (readings: readonly Reading[]): boolean =>
  readings.length >= 2 && readings.some(({ lastHealthy }) => lastHealthy !== null && lastHealthy.lagSeconds < 10);

const storyOf = async (lab: Lab, writers: Set<Clients>): Promise<ScenarioLab> => {
  const { plan } = lab;
  const ports = patient(labPorts(plan, labEnvironmentOf(lab)));
  const secrets = await labSecrets(lab, ports);
  const machineArn = stackRef(lab, 'FailoverStateMachine');
  const executions = () => ports.executions.list(machineArn, 100);
  const started = () =>
    waitFor('an execution to start', async () => (await executions())[0]?.arn, { withinMs: RECOVERY_MS });
  return {
    lab,
    plan,
    ports,
    secrets,
    machineArn,
    executions,
    started,
    killRegion: async (side) => (await lab.faults.break('kill-region', { side })).at,
    disableAlarmRule: async () => {
      const events = new EventBridgeClient({ region: plan.regions.standby });
      await events.send(new DisableRuleCommand({ Name: stackRef(lab, 'AlarmRule') }));
    },
    recoveryOf: async (known, withinMs = RECOVERY_MS) => {
      const arn = known ?? (await started());
      return waitFor(
        `the end of ${arn}`,
        async () => {
          const about = await ports.executions.describe(arn);
          return about.status === 'RUNNING' ? undefined : about;
        },
        { withinMs },
      );
    },
    record: (arn) => ports.ledger.read(arn),
    left: async (arn, state) => {
      const entries = await ports.ledger.read(arn);
      const found = entries.find((entry) => entry.state === state && entry.kind === 'left');
      if (!found) throw new Error(`${state} was not left: ${entries.map((entry) => `${entry.state} ${entry.kind}`)}`);
      return found;
    },
    writers: (options = {}) => {
      const resolver = createCachingResolver({ server: lab.addresses.site.dns, time: labTime(TIME_SCALE) });
      const { record, port, writePath } = plan.service;
      const clients = startClients({
        name: record,
        port,
        path: writePath,
        lookup: (name) => resolver.lookup(name),
        ...options,
      });
      writers.add(clients);
      return clients;
    },
    writersIn: (side) => {
      const { host, port } = side === 'primary' ? lab.addresses.a.loadBalancer : lab.addresses.b.loadBalancer;
      const { record, writePath } = plan.service;
      const clients = startClients({ name: record, port, path: writePath, lookup: async () => ({ address: host }) });
      writers.add(clients);
      return clients;
    },
  };
};

/** From now on nothing is scheduled: no probe looks. Resolves when those that were looking are done. */
export const disableProbes = async ({ lab }: ScenarioLab): Promise<void> => {
  for (const { scheduler } of lab.cloud.regions.values()) scheduler.stop();
  await waitFor(
    'the probes to be done',
    () =>
      lab.cloud.lambda.functions().every(({ name, running }) => !name.includes('ProbeService') || running.size === 0),
    { withinMs: 20_000 },
  );
};

const forbiddenLines = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.log'))
    .flatMap(({ parentPath, name }) => {
      const lines = readFileSync(join(parentPath, name), 'utf8').split('\n');
      return lines.filter((line) => NEVER.test(line)).map((line) => `${name}: ${line.slice(0, 400)}`);
    });

/** Functions that a recovery calls only when it goes another way than straight on: a story that goes it pays their cold start. */
const ASIDE =
  /(RequestApproval|EscalateApproval|DecideByLink|RenewFence|LiftFence|PlanChanges|RecordDeath|ArchiveRecord)$/;

/** `SCENARIOS_UNTIL=<seconds since the epoch>`: a story that would begin later is skipped, and the run says so. For CI, which has to end. */
const isLate = (): boolean => Date.now() / 1_000 > Number(process.env.SCENARIOS_UNTIL ?? Number.POSITIVE_INFINITY);

export interface ScenarioOptions {
  /** How traffic moves, where that is not as the plan has it: the stacks are packaged for it, and the lab deploys those. */
  readonly strategy?: Plan['traffic']['strategy'];
  /** No function's process knows anything from an earlier story. */
  readonly cold?: boolean;
}

/** Packages what the stacks would be by that strategy, and gives their folder. Nothing when the sources did not change since. */
const packagedFor = async (strategy: Plan['traffic']['strategy']): Promise<string> => {
  await promisify(execFile)(process.execPath, ['scripts/package.ts', '--quiet', '--strategy', strategy]);
  return `.build/${strategy}`;
};

/** All stories, one after the other, are told on the same addresses: only there a lab goes on with the processes of the one before. */
const SLOT = 60;
const instances = keepInstances();

/**
 * One lab for the scenario file, healthy from both vantage points and with every function warm when its first story begins. A story that failed leaves
 * its logs in `.lab/<its name>`, and the next one, or the same one told again, has a lab of its own. So does a file whose logs hold a line that should
 * never be there.
 */
export const useScenarioLab = ({ strategy, cold = false }: ScenarioOptions = {}): (() => ScenarioLab) => {
  const root = process.cwd();
  const run = runFolder(root, SLOT);
  const before = { ...process.env };
  const servers = dns.getServers();
  const writers = new Set<Clients>();
  let lab: Lab | undefined;
  let story: ScenarioLab | undefined;
  /** Name of the last story, if it failed. */
  let failed: string | undefined;
  let file = '';
  /** The addresses and the folder are this file's: not before it was looked whether another run of stories has them. */
  let claimed = false;
  let steadyAt = 0;
  const late = isLate();
  const standstills = watchStandstills();

  const down = async (): Promise<void> => {
    if (!claimed) return;
    await Promise.all([...writers].map((clients) => clients.stop()));
    writers.clear();
    await lab?.stop();
    lab = undefined;
    story = undefined;
    if (failed !== undefined) await instances.end();
    await clearRemains(run, instances.pids());
    dns.setServers(servers);
    for (const key of Object.keys(process.env)) if (!(key in before)) delete process.env[key];
    Object.assign(process.env, before);
  };

  const up = async (): Promise<void> => {
    const other = running(run);
    if (other && other.pid !== process.pid)
      throw new Error(`slot ${SLOT} is taken by process ${other.pid}: another run tells stories in this checkout`);
    claimed = true;
    if (cold) await instances.end();
    await clearRemains(run, instances.pids());
    rmSync(run.folder, { recursive: true, force: true });
    claimFolder(run, '');
    // Its processes carry the mark: what a killed test leaves, the next run of it ends.
    process.env.CONTINUITY_LAB = run.folder;
    lab = await startLab({
      root,
      folder: run.folder,
      data: run.data,
      slot: SLOT,
      timeScale: TIME_SCALE,
      readiness: false,
      instances,
      ...(strategy && { packaged: await packagedFor(strategy) }),
    });
    const { host, port } = lab.addresses.site.dns;
    dns.setServers([`${host}:${port}`]);
    pointSdkAt(lab.cloud.door.url);
    // What roles are used for is told of every function, also of being asked whether it is ready.
    await lab.warm(process.env.IAM_USES ? {} : { except: ASIDE });
    // Those of the lab before that this one has no use for.
    await instances.end();
    const booted = lab;
    await waitFor('the service to be healthy from both vantage points', () => isHealthy(booted), {
      withinMs: STEADY_MS,
    });
    story = await storyOf(lab, writers);
    const { ports, plan } = story;
    await waitFor('a healthy sample to be stored', async () => isSampled(await ports.readings.list(plan.plan)), {
      withinMs: STEADY_MS,
    });
    // What stood still before that was the start.
    standstills.again();
    // What came before were checks of readiness.
    steadyAt = Date.now();
  };

  const keepLogs = (name: string): void => {
    if (!claimed) return;
    const kept = join(root, '.lab', name.replaceAll(/[^\w-]+/g, '-').slice(0, 100));
    rmSync(kept, { recursive: true, force: true });
    renameSync(run.folder, kept);
    console.error(`logs of the scenario: ${kept}`);
  };

  beforeEach(
    async ({ skip, task }) => {
      file = basename(task.file.name, '.test.ts');
      skip(late, 'no time left for this story');
      if (story && failed === undefined) return;
      if (failed !== undefined) {
        await down();
        keepLogs(failed);
      }
      failed = undefined;
      await up();
    },
    (STEADY_MS + (strategy ? 90_000 : 30_000)) * slowness,
  );

  afterEach(({ task }) => {
    const never = story === undefined ? [] : forbiddenLines(run.folder);
    if (task.result?.state !== 'fail' && never.length === 0) return;
    failed = task.name;
    const standstill = standstills.tooLong();
    // vitest.config.ts tells a story once more that ends with this.
    if (standstill && !isLate()) {
      console.error(`${task.name}: ${[...never, ...(task.result?.errors ?? []).map(({ stack }) => stack)].join('\n')}`);
      throw new Error(`${standstill} in this story, so that its failure proves nothing: it is told once more`);
    }
    expect(never, 'lines that should never be there').toEqual([]);
  });

  afterAll(async () => {
    if (late) return;
    const told = lab;
    const secrets = story?.secrets;
    const calls = told?.cloud.door.calls.list({ since: steadyAt }) ?? [];
    if (told) keepUses(told, file);
    await down();
    const never = told === undefined ? [] : forbiddenLines(run.folder);
    const leaks = secrets === undefined ? [] : leaksInLogs(run.folder, secrets);
    if (failed !== undefined || never.length > 0 || leaks.length > 0) keepLogs(failed ?? file);
    else rmSync(run.folder, { recursive: true, force: true });
    expect(never, 'lines that should never be there').toEqual([]);
    expect(leaks, 'secrets in the logs of functions').toEqual([]);
    if (told && failed === undefined)
      expect(unlistedIn(told, calls), 'calls that the static walk does not list').toEqual([]);
  }, 30_000 * slowness);

  return () => {
    if (!story) throw new Error('the lab of this scenario is not up');
    return story;
  };
};
