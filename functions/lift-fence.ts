import * as z from 'zod';
import { promotionBegun } from '#domain/incident.ts';
import { serves } from '#domain/instance-status.ts';
import type { Plan } from '#domain/plan.ts';
import type { RecoveryRequest } from '#domain/request.ts';
import { type Undo, undoFences, undoScaleUp } from '#domain/rescaling.ts';
import type { Side } from '#domain/side.ts';
import { lapse } from '#domain/votes.ts';
import { pipeline } from '#pipeline/pipeline.ts';
import type { Approvals } from '#ports/approvals.ts';
import type { Claims } from '#ports/claims.ts';
import type { Clock } from '#ports/clock.ts';
import type { Controls } from '#ports/controls.ts';
import type { Database } from '#ports/database.ts';
import type { DatabaseSession } from '#ports/database-session.ts';
import type { Ledger } from '#ports/ledger.ts';
import type { Workloads } from '#ports/workloads.ts';
import type { WriteLease } from '#ports/write-lease.ts';
import { attempt } from '#src/attempt.ts';
import {
  approvals,
  claims,
  controls,
  database,
  databaseSession,
  ledger,
  workloads,
  writeLease,
} from '#src/composition.ts';
import { failure } from './shared/failure.ts';
import { statusOfEach } from './shared/status-of-each.ts';

const WITHIN_MS = 5_000;

/** Why the run stops. What the fence found is not asked of the run, which may not know: it is on the deployments. */
const input = z.strictObject({ failure });

interface Step {
  readonly input: z.output<typeof input>;
  readonly ports: {
    readonly approvals: Approvals;
    readonly claims: Pick<Claims, 'read'>;
    readonly controls: Pick<Controls, 'abort'>;
    readonly database: Database;
    readonly databaseSession: DatabaseSession;
    readonly ledger: Ledger;
    readonly workloads: Workloads;
    readonly writeLease: Pick<WriteLease, 'grant'>;
  };
  readonly plan: Plan;
  readonly clock: Clock;
  readonly epoch: number;
  readonly request: Pick<RecoveryRequest, 'incident'>;
  readonly run: { readonly execution: string };
}

export interface Lift {
  readonly method: 'database-role' | 'workloads-back' | 'standby-back' | 'write-lease';
  readonly outcome: 'lifted' | 'unreachable' | 'failed';
  readonly detail: string;
}

/**
 * Why the fence has to stay, or null. Whoever lifts it beside a promoted standby has two databases that take writes: so the run is aborted first, and
 * a promotion of it that is still under way in another process is not let begin, or was, and the fence stays.
 */
const mustStay = async (step: Step): Promise<string | null> => {
  const { ports, plan, clock, run } = step;
  const { incident } = step.request;
  const { failure } = step.input;
  const looked = await attempt(async () => {
    const order = {
      by: 'pipeline',
      reason: failure === null ? 'it has failed' : `${failure.error} in ${failure.state}`,
      at: clock.now(),
    };
    if (!(await ports.controls.abort(run.execution, order))) return 'the promotion was let begin by this run';
    const [instance, position, claim] = await Promise.all([
      ports.database.describe('standby'),
      ports.databaseSession.position('standby'),
      ports.claims.read(plan.plan),
    ]);
    // RDS shows a replica in recovery until a promotion that it has accepted is over.
    if (promotionBegun(claim, incident.id)) return `the promotion of ${instance.id} was let begin for ${incident.id}`;
    if (!serves(instance.status)) return `${instance.id} is ${instance.status}: it may be on its way to be promoted`;
    if (instance.replicaOf === null) return `${instance.id} is no replica any more`;
    return position.inRecovery ? null : `${instance.id} takes writes`;
  }, WITHIN_MS);
  return looked.outcome === 'answered' ? looked.value : `the standby could not be looked at: ${looked.detail}`;
};

const liftDatabase = async ({ ports }: Step): Promise<Lift> => {
  const answer = await attempt(() => ports.databaseSession.unfence('primary'), WITHIN_MS);
  if (answer.outcome !== 'answered') return { method: 'database-role', outcome: answer.outcome, detail: answer.detail };
  const { wasFenced, lifted } = answer.value;
  return lifted
    ? { method: 'database-role', outcome: 'lifted', detail: wasFenced ? 'may log in again' : 'could log in already' }
    : { method: 'database-role', outcome: 'failed', detail: 'the application role still may not log in' };
};

/** Only once nothing but the primary can be a writer: the standby is a replica, whose database takes no writes of the application. */
const liftLease = async ({ ports, plan, clock, epoch }: Step): Promise<readonly Lift[]> => {
  const method = 'write-lease';
  if (!plan.fence.methods.includes(method)) return [];
  const answer = await attempt(
    () => ports.writeLease.grant(plan.plan, 'primary', epoch, clock.now(), { unwaited: true }),
    WITHIN_MS,
  );
  return answer.outcome === 'answered'
    ? [{ method, outcome: 'lifted', detail: `granted to the primary, epoch ${answer.value.epoch}` }]
    : [{ method, outcome: answer.outcome, detail: answer.detail }];
};

const namesOf = ({ plan }: Step): readonly string[] => plan.workloads.deployments.map(({ name }) => name);

const say = (undone: readonly Undo[]): string => undone.map(({ name, replicas }) => `${name}: ${replicas}`).join(', ');

/** Sets the replicas, and gives those that do not read back so. */
const undo = async ({ ports }: Step, side: Side, wanted: readonly Undo[]): Promise<readonly Undo[]> => {
  if (wanted.length === 0) return [];
  await Promise.all(wanted.map(({ name, replicas }) => ports.workloads.scale(side, name, replicas)));
  const names = wanted.map(({ name }) => name);
  const after = await ports.workloads.status(side, names);
  return wanted.filter(({ name, replicas }) => after.find((one) => one.name === name)?.wanted !== replicas);
};

const liftWorkloads = async (step: Step): Promise<Lift> => {
  const method = 'workloads-back';
  const answer = await attempt(async () => {
    const { found, missing } = await statusOfEach(step.ports.workloads, 'primary', namesOf(step));
    const wanted = undoFences(found);
    return { found, wanted, missing, wrong: await undo(step, 'primary', wanted) };
  }, WITHIN_MS);
  if (answer.outcome !== 'answered') return { method, outcome: answer.outcome, detail: answer.detail };
  const { found, wanted, missing, wrong } = answer.value;
  if (wrong.length > 0) return { method, outcome: 'failed', detail: `not as wanted: ${say(wrong)}` };
  if (found.length === 0) return { method, outcome: 'failed', detail: missing.join('; ') };
  const back = wanted.length === 0 ? 'no deployment is fenced' : `replicas wanted: ${say(wanted)}`;
  return { method, outcome: 'lifted', detail: [back, ...missing].join('; ') };
};

/** What autoscalers of the standby had as their minimum before this run raised it; it is on the objects themselves. */
const restoreMinimums = async (step: Step): Promise<readonly string[]> => {
  const { ports } = step;
  const raised = (await ports.workloads.autoscalers('standby', namesOf(step))).filter(
    ({ minBefore }) => minBefore !== null,
  );
  await Promise.all(raised.map((autoscaler) => ports.workloads.restoreMinimum('standby', autoscaler)));
  return raised.map(({ name, minBefore }) => `${name} from ${minBefore}`);
};

/** The standby's replicas as they were before this run scaled it up; nothing when it did not try to. */
const scaleBack = async (step: Step): Promise<readonly Lift[]> => {
  const method = 'standby-back';
  const { ports, run } = step;
  const answer = await attempt(async () => {
    const entries = await ports.ledger.read(run.execution);
    if (!entries.some(({ state }) => state === 'ScaleUpWorkloads')) return { undone: [], wrong: [] };
    const minimums = await restoreMinimums(step);
    const { found } = await statusOfEach(ports.workloads, 'standby', namesOf(step));
    const wanted = undoScaleUp(found, run.execution);
    const wrong = await undo(step, 'standby', wanted);
    return { undone: wanted.length === 0 ? minimums : [...minimums, say(wanted)], wrong };
  }, WITHIN_MS);
  if (answer.outcome !== 'answered') return [{ method, outcome: answer.outcome, detail: answer.detail }];
  const { undone, wrong } = answer.value;
  if (wrong.length > 0) return [{ method, outcome: 'failed', detail: `not as wanted: ${say(wrong)}` }];
  return undone.length === 0 ? [] : [{ method, outcome: 'lifted', detail: `replicas wanted: ${undone.join(', ')}` }];
};

/** Whoever decides from now on is told that it is over. Best effort: the run has ended either way. */
const closeRequest = async ({ ports, run }: Step): Promise<string | null> => {
  const closed = await attempt(async () => {
    const request = await ports.approvals.read(run.execution);
    if (request === null) return null;
    const over = lapse(request);
    if (over !== request) await ports.approvals.write(over);
    return over.status;
  }, WITHIN_MS);
  return closed.outcome === 'answered' ? closed.value : closed.detail;
};

/**
 * Undoes the fence of a run that stops before its promotion: the application may log in to the old primary again, has its write lease, the replicas
 * that a fence took come back, and the standby is scaled back to what it was.
 * Each way for itself, each read back; a region that does not answer is an outcome. Changes nothing when the standby is promoted or may be on its
 * way, or when nobody knows: then the fence stays. Repeatable.
 */
export const liftFence = async (step: Step) => {
  const stays = await mustStay(step);
  const methods =
    stays === null
      ? (await Promise.all([liftDatabase(step), liftWorkloads(step), scaleBack(step), liftLease(step)])).flat()
      : [];
  const request = await closeRequest(step);
  return { lifted: stays === null && methods.every(({ outcome }) => outcome === 'lifted'), stays, methods, request };
};

export const handler = pipeline({
  input,
  ports: { approvals, claims, controls, database, databaseSession, ledger, workloads, writeLease },
  mutates: true,
  undoes: true,
}).handler(liftFence);
