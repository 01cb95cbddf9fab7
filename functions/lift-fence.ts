import * as z from 'zod';
import { promotionBegun } from '#domain/incident.ts';
import { serves } from '#domain/instance-status.ts';
import type { Plan } from '#domain/plan.ts';
import type { RecoveryRequest } from '#domain/request.ts';
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

const WITHIN_MS = 5_000;

const method = z.looseObject({
  method: z.string(),
  before: z.record(z.string(), z.number().int().nonnegative()).optional(),
});

/** What FencePrimary gave, null when it gave nothing; and why the run stops. */
const input = z.strictObject({ fence: z.looseObject({ methods: z.array(method) }).nullable(), failure });

interface Step {
  readonly input: {
    readonly failure: z.output<typeof failure>;
    readonly fence: {
      readonly methods: readonly { readonly before?: Readonly<Record<string, number>> | undefined }[];
    } | null;
  };
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

/** A fence that was repeated found zero replicas before it: then the plan's number counts. */
const wantedOf = ({ input: { fence }, plan }: Step): readonly (readonly [string, number])[] => {
  const before = fence?.methods.find((one) => one.before !== undefined)?.before ?? {};
  return plan.workloads.deployments.map(({ name, replicas }) => [name, before[name] || replicas] as const);
};

const liftWorkloads = async (step: Step): Promise<Lift> => {
  const wanted = wantedOf(step);
  const names = wanted.map(([name]) => name);
  const answer = await attempt(async () => {
    await Promise.all(wanted.map(([name, replicas]) => step.ports.workloads.scale('primary', name, replicas)));
    return step.ports.workloads.status('primary', names);
  }, WITHIN_MS);
  if (answer.outcome !== 'answered')
    return { method: 'workloads-back', outcome: answer.outcome, detail: answer.detail };
  const wrong = wanted.filter(([name, replicas]) => answer.value.find((one) => one.name === name)?.wanted !== replicas);
  const said = wanted.map(([name, replicas]) => `${name}: ${replicas}`).join(', ');
  return wrong.length === 0
    ? { method: 'workloads-back', outcome: 'lifted', detail: `replicas wanted: ${said}` }
    : {
        method: 'workloads-back',
        outcome: 'failed',
        detail: `not as wanted: ${wrong.map(([name]) => name).join(', ')}`,
      };
};

const replicasBefore = z.looseObject({
  deployments: z.array(z.looseObject({ name: z.string(), before: z.number().int().nonnegative() })),
});

/** What autoscalers of the standby had as their minimum before this run raised it; it is on the objects themselves. */
const restoreMinimums = async ({ ports, plan }: Step): Promise<readonly string[]> => {
  const names = plan.workloads.deployments.map(({ name }) => name);
  const raised = (await ports.workloads.autoscalers('standby', names)).filter(({ minBefore }) => minBefore !== null);
  await Promise.all(raised.map((autoscaler) => ports.workloads.restoreMinimum('standby', autoscaler)));
  return raised.map(({ name, minBefore }) => `${name} from ${minBefore}`);
};

/** The standby's replicas as they were before this run scaled it up, by its record; nothing when it did not. */
const scaleBack = async (step: Step): Promise<readonly Lift[]> => {
  const method = 'standby-back';
  const { ports, run } = step;
  const answer = await attempt(async () => {
    const entries = await ports.ledger.read(run.execution);
    const own = entries.filter(({ state }) => state === 'ScaleUpWorkloads');
    const minimums = own.length === 0 ? [] : await restoreMinimums(step);
    const scaled = own.find(({ kind }) => kind === 'left')?.result;
    const before = replicasBefore.safeParse(scaled).data?.deployments ?? [];
    await Promise.all(before.map((one) => ports.workloads.scale('standby', one.name, one.before)));
    return [...minimums, ...before.map((one) => `${one.name}: ${one.before}`)];
  }, WITHIN_MS);
  if (answer.outcome !== 'answered') return [{ method, outcome: answer.outcome, detail: answer.detail }];
  return answer.value.length === 0
    ? []
    : [{ method, outcome: 'lifted', detail: `replicas wanted: ${answer.value.join(', ')}` }];
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
 * Undoes the fence of a run that stops before its promotion: the application may log in to the old primary again, has its write lease, its replicas
 * come back, and the standby is scaled back to what it was.
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
