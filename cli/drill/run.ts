import { setTimeout as delay } from 'node:timers/promises';
import { type Cloud, cloud } from '#cli/cloud.ts';
import { clientsOf } from '#cli/drill/load.ts';
import { countLost, type LossCount } from '#cli/drill/lost-writes.ts';
import { milestoneLog, progressLines } from '#cli/drill/progress.ts';
import { type Watched, watchRecovery } from '#cli/drill/watch.ts';
import { RunError, UsageError } from '#cli/exit.ts';
import { labEnvironment } from '#cli/lab-environment.ts';
import { endedWords, type LabHandle } from '#cli/lab-process.ts';
import { labUp } from '#cli/lab-up.ts';
import type { Terminal } from '#cli/terminal.ts';
import type { Plan } from '#domain/plan.ts';
import type { Clients, LoadSummary } from '#lab/clients.ts';
import type { LabStatus } from '#lab/status.ts';
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
  /** null when it did not come so far, or its history could not be read. */
  readonly work: PipelineWork | null;
}

const STEADY_WITHIN_MS = 60_000;
const STEADY_WRITES = 200;
/** A look is not free: the lab lists its processes for it. */
const STEADY_LOOK_MS = 500;
export const RECOVER_WITHIN_MS = 90_000;
/** The load goes on after the end, to see that the standby really keeps the service. */
const AFTERWARDS_MS = 800;

/** Every SDK client, and the recovery's own ports, read these. */
const pointAt = (status: LabStatus): void => {
  Object.assign(process.env, labEnvironment(status));
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

const workOf = (executions: Cloud['executions'], arn: string): Promise<PipelineWork | null> =>
  executions.history(arn).then(pipelineWork, () => null);

export interface DrillOptions {
  readonly screen: Terminal;
  readonly signal: AbortSignal;
  /** Leave the lab up afterwards. */
  readonly keep: boolean;
}

/**
 * One drill, from booting the lab to counting what was lost. The lab is down afterwards, whatever happens, unless it is kept. From the kill on, what
 * cannot be seen or counted is part of the answer: a drill that went badly ends with its report.
 */
export const runDrill = async ({ screen, signal, keep }: DrillOptions): Promise<DrillRun> => {
  const { lab, cleared } = await labUp({ signal });
  if (cleared > 0) screen.line(endedWords(cleared));
  let clients: Clients | undefined;
  let killed = false;
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

    killed = true;
    const { at: faultAt } = (await lab.break('kill-region', { side: 'primary' })) as { at: number };
    const facts = { faultAt, timeScale: status.timeScale, objectives: plan.objectives };
    const newMilestones = milestoneLog();
    const watched = await watchRecovery({
      executions,
      ledger,
      machineArn,
      known,
      withinMs: RECOVER_WITHIN_MS,
      signal,
      onChange: ({ incident, entries, state }) => {
        const seen = { ...facts, incident, entries };
        if (!screen.live) for (const line of newMilestones(seen)) screen.line(line);
        else screen.draw(progressLines({ ...seen, now: Date.now(), state, writes: load.summary() }, screen.style));
      },
    });
    await delay(AFTERWARDS_MS, undefined, { signal });
    const stoppedAt = Date.now();
    await load.stop();
    const summary = load.summary();
    const loss = await countLost({
      databaseUrl: status.databases.standby,
      table: plan.database.applicationTable,
      writes: load.writes(),
    });
    const lastInStandby = summary.lastAt[plan.regions.standby] ?? 0;
    const work = watched.execution === null ? null : await workOf(executions, watched.execution);
    screen.settle();
    if (!keep) await lab.down();
    finished = true;
    return {
      plan,
      status,
      faultAt,
      watched,
      load: summary,
      loss,
      writesInStandby: stoppedAt - lastInStandby < 1_000,
      work,
    };
  } catch (error) {
    if (killed || signal.aborted || error instanceof UsageError || error instanceof RunError) throw error;
    throw new RunError(`the drill did not begin, nothing was killed: ${(error as Error).message}`, { cause: error });
  } finally {
    if (!finished) {
      await clients?.stop().catch(() => undefined);
      await lab.down();
    }
  }
};
