import { setTimeout as delay } from 'node:timers/promises';
import { type Cloud, cloud } from '#cli/cloud.ts';
import { type BareResult, runBare } from '#cli/drill/bare.ts';
import { countLost, type LossCount } from '#cli/drill/lost-writes.ts';
import { milestoneLog, progressLines } from '#cli/drill/progress.ts';
import { type Watched, watchRecovery } from '#cli/drill/watch.ts';
import { RunError } from '#cli/exit.ts';
import { labEnvironment } from '#cli/lab-environment.ts';
import { endedWords, type LabHandle } from '#cli/lab-process.ts';
import { labUp } from '#cli/lab-up.ts';
import type { Terminal } from '#cli/terminal.ts';
import type { Plan } from '#domain/plan.ts';
import { type Clients, type LoadSummary, startClients } from '#lab/clients.ts';
import { createCachingResolver } from '#lab/parts/dns/caching-resolver.ts';
import type { LabStatus } from '#lab/status.ts';
import { labTime } from '#lab/time.ts';
import { ledger as ledgerFactory } from '#src/composition.ts';
import { type PipelineWork, pipelineWork } from './work.ts';

export interface DrillRun {
  readonly plan: Plan;
  readonly status: LabStatus;
  readonly faultAt: number;
  readonly watched: Watched;
  readonly load: LoadSummary;
  readonly loss: LossCount;
  /** Acknowledged in the standby region in the last second of the load. */
  readonly writesInStandby: boolean;
  readonly work: PipelineWork | null;
  readonly bare: BareResult | null;
}

const STEADY_WITHIN_MS = 60_000;
const STEADY_WRITES = 200;
/** A look is not free: the lab lists its processes for it. */
const STEADY_LOOK_MS = 500;
const RECOVER_WITHIN_MS = 90_000;
/** The load goes on after the end, to see that the standby really keeps the service. */
const AFTERWARDS_MS = 800;

/** Every SDK client, and the recovery's own ports, read these. */
const pointAt = (status: LabStatus): void => {
  Object.assign(process.env, labEnvironment(status));
};

const clientsOf = (plan: Plan, status: LabStatus): Clients => {
  const resolver = createCachingResolver({ server: status.endpoints.dns, time: labTime(status.timeScale) });
  return startClients({
    name: plan.service.record,
    port: plan.service.port,
    path: plan.service.writePath,
    lookup: (name) => resolver.lookup(name),
  });
};

/** Waits until both vantage points have reported the service healthy, functions are warm and the load is acknowledged steadily. */
const untilSteady = async (lab: LabHandle, clients: Clients, signal: AbortSignal): Promise<LabStatus> => {
  const deadline = Date.now() + STEADY_WITHIN_MS;
  for (;;) {
    signal.throwIfAborted();
    const status = await lab.status();
    const health = Object.entries(status.alarms).filter(([name]) => name.includes('healthy'));
    const healthy = health.length > 0 && health.every(([, state]) => state === 'OK');
    const { acknowledged } = clients.summary();
    if (healthy && status.functions.warm === status.functions.all && status.warmed && acknowledged >= STEADY_WRITES)
      return status;
    if (Date.now() > deadline) {
      throw new RunError(
        `the lab was not steady in ${STEADY_WITHIN_MS / 1000} s: alarms ${JSON.stringify(status.alarms)}, ` +
          `${status.functions.warm} of ${status.functions.all} functions warm, ${acknowledged} writes acknowledged`,
      );
    }
    await delay(STEADY_LOOK_MS, undefined, { signal });
  }
};

export interface DrillOptions {
  readonly screen: Terminal;
  readonly signal: AbortSignal;
  /** Leave the lab up afterwards; then there is no bare run to compare with. */
  readonly keep: boolean;
}

/** One drill, from booting the lab to counting what was lost. The lab is down afterwards, whatever happens, unless it is kept. */
export const runDrill = async ({ screen, signal, keep }: DrillOptions): Promise<DrillRun> => {
  const { lab, cleared } = await labUp({ signal });
  if (cleared > 0) screen.line(endedWords(cleared));
  let clients: Clients | undefined;
  let finished = false;
  try {
    const booted = await lab.status();
    pointAt(booted);
    const { plan, executions, machine }: Cloud = await cloud();
    screen.line(
      `lab up in ${booted.bootMs} ms: ${plan.regions.primary} active, ${plan.regions.standby} standby, time scale ${booted.timeScale} ` +
        `(a declared minute takes ${60_000 / booted.timeScale} ms; real work is never scaled)`,
    );
    clients = clientsOf(plan, booted);
    const load = clients;
    const status = await untilSteady(lab, load, signal);
    const machineArn = await machine('regional-failover');
    const ledgerTable = Object.values(status.tables).find((name) => name.endsWith('-ledger')) ?? '';
    const ledger = ledgerFactory.create({ LEDGER_TABLE: ledgerTable }, plan);
    const known = new Set((await executions.list(machineArn, 100)).map(({ arn }) => arn));
    screen.line(
      `steady: ${load.summary().acknowledged} writes acknowledged through ${plan.service.record}; killing ${plan.regions.primary} ...`,
    );

    const { at: faultAt } = (await lab.break('kill-region', { side: 'primary' })) as { at: number };
    const newMilestones = milestoneLog(faultAt);
    const watched = await watchRecovery({
      executions,
      ledger,
      machineArn,
      known,
      withinMs: RECOVER_WITHIN_MS,
      signal,
      onChange: ({ incident, entries, state }) => {
        if (!screen.live) {
          for (const line of newMilestones(entries)) screen.line(line);
          return;
        }
        const { timeScale } = status;
        const { objectives } = plan;
        const input = {
          faultAt,
          now: Date.now(),
          timeScale,
          objectives,
          incident,
          entries,
          state,
          writes: load.summary(),
        };
        screen.draw(progressLines(input, screen.style));
      },
    });
    await delay(AFTERWARDS_MS, undefined, { signal });
    const stoppedAt = Date.now();
    await load.stop();
    const summary = load.summary();
    const loss = await countLost(status.databases.standby, plan.database.applicationTable, load.writes());
    const lastInStandby = summary.lastAt[plan.regions.standby] ?? 0;
    const work = watched.execution === null ? null : pipelineWork(await executions.history(watched.execution));
    screen.settle();
    if (!keep) {
      screen.line('\ncounting what orchestration costs: the same actions, called bare, in a second lab ...');
      await lab.down();
    }
    finished = true;
    const bare = keep ? null : await runBare(signal, (second) => clientsOf(plan, second));
    return {
      plan,
      status,
      faultAt,
      watched,
      load: summary,
      loss,
      writesInStandby: stoppedAt - lastInStandby < 1_000,
      work,
      bare,
    };
  } finally {
    if (!finished) {
      await clients?.stop().catch(() => undefined);
      await lab.down();
    }
  }
};
