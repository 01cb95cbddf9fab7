import { type DataLossEstimate, losesMoreThan, lossBehindFence } from '#domain/data-loss.ts';
import { FenceFailedError } from '#domain/errors.ts';
import { LAG_GUARD } from '#domain/override.ts';
import type { FenceMethodName, RegionMethodName } from '#domain/plan/fence.ts';
import type { Plan } from '#domain/plan.ts';
import type { RecoveryRequest } from '#domain/request.ts';
import { beforeFence, fenceOf } from '#domain/rescaling.ts';
import type { Instant } from '#domain/side.ts';
import { type Lease, leaseFence, overBy } from '#domain/write-lease.ts';
import { pipeline } from '#pipeline/pipeline.ts';
import type { Clock } from '#ports/clock.ts';
import type { DatabaseSession } from '#ports/database-session.ts';
import type { Workloads } from '#ports/workloads.ts';
import type { WriteLease } from '#ports/write-lease.ts';
import { attemptRepeatedly } from '#src/attempt.ts';
import { databaseSession, workloads, writeLease } from '#src/composition.ts';
import { type CatchUp, waitForStandby } from './shared/catch-up.ts';
import { type Positions, readPositions } from './shared/positions.ts';
import { statusOfEach } from './shared/status-of-each.ts';

/** Longer than the adapters' own time-outs (2 s): a bound on their sum, so that a dead region costs seconds. */
const WITHIN_MS = 5_000;

export interface FenceStep {
  readonly ports: {
    readonly databaseSession: DatabaseSession;
    readonly workloads: Workloads;
    readonly writeLease: Pick<WriteLease, 'revoke'>;
  };
  readonly plan: Plan;
  readonly clock: Clock;
  /** Of the claim: what is changed of the lease carries it. */
  readonly epoch: number;
  /** A person may have taken the loss upon themselves. */
  readonly request: Pick<RecoveryRequest, 'overrides'>;
  /** Its name is kept on the deployments that it changes. */
  readonly run: { readonly execution: string };
}

export interface FenceMethod {
  readonly method: FenceMethodName;
  /** `revoked`: taken away, and not over before `until`. */
  readonly outcome: 'fenced' | 'revoked' | 'unreachable' | 'failed';
  readonly detail: string;
  /** Replicas wanted before any fence, by deployment, as the deployments keep it: lifting the fence brings them back from there. */
  readonly before?: Readonly<Record<string, number>>;
  /** From this instant on the application of the old primary writes no more, by its lease. */
  readonly until?: Instant;
}

/** What is needed in the old primary's own region; the lease is elsewhere. */
type RegionStep = Omit<FenceStep, 'ports' | 'epoch' | 'request'> & {
  readonly ports: Omit<FenceStep['ports'], 'writeLease'>;
};

/** A service that could not answer has said as little as one that is not reached. */
export const unanswered = ({ silent, detail }: { readonly silent: boolean; readonly detail: string }) => ({
  outcome: silent ? ('unreachable' as const) : ('failed' as const),
  detail,
});

const fenceDatabase = async ({ ports }: RegionStep): Promise<FenceMethod> => {
  const method = 'database-role';
  const found = await attemptRepeatedly(() => ports.databaseSession.locate('primary'), WITHIN_MS);
  // The control plane of a region that dies may answer with errors of any kind: they say nothing of the database.
  if (found.outcome !== 'answered') return { method, outcome: 'unreachable', detail: found.detail };
  const answer = await attemptRepeatedly(() => ports.databaseSession.fence('primary'), WITHIN_MS);
  if (answer.outcome !== 'answered') return { method, outcome: answer.outcome, detail: answer.detail };
  const { fenced, endedSessions } = answer.value;
  return fenced
    ? { method, outcome: 'fenced', detail: `application role refused, ${endedSessions} sessions ended` }
    : { method, outcome: 'failed', detail: 'the application role can still log in or still has a session' };
};

const fenceWorkloads = async ({ ports, plan, run: { execution } }: RegionStep): Promise<FenceMethod> => {
  const method = 'workloads-to-zero';
  const names = plan.workloads.deployments.map((deployment) => deployment.name);
  let before: Record<string, number> = {};
  const answer = await attemptRepeatedly(async () => {
    const { found, missing } = await statusOfEach(ports.workloads, 'primary', names);
    before = Object.fromEntries(found.map((one) => [one.name, beforeFence(one, execution)]));
    await Promise.all(
      found.map(async (one) => {
        const rescaling = fenceOf(one, execution);
        if (rescaling !== null) await ports.workloads.rescale('primary', one.name, rescaling);
      }),
    );
    const there = found.map(({ name }) => name);
    return { there, after: await ports.workloads.status('primary', there), missing };
  }, WITHIN_MS);
  if (answer.outcome !== 'answered') return { method, ...unanswered(answer), before };
  const { there, after, missing } = answer.value;
  const left = after.filter(({ wanted }) => wanted !== 0).map(({ name }) => name);
  if (left.length > 0)
    return { method, outcome: 'failed', detail: `${left.join(', ')}: replicas still wanted`, before };
  // Of a deployment that is not there nothing runs. Where none is, it is another cluster.
  if (there.length === 0) return { method, outcome: 'failed', detail: missing.join('; '), before };
  const detail = [`${there.join(', ')}: no replicas wanted`, ...missing].join('; ');
  return { method, outcome: 'fenced', detail, before };
};

/** What the lease itself says of the old primary's application. */
export const sayLease = (lease: Lease, now: Instant): FenceMethod => {
  const method = 'write-lease';
  const fence = leaseFence(lease, 'primary', now);
  const said = `epoch ${lease.epoch}, ${lease.holder === 'primary' ? lease.state : `${lease.state} to the standby`}`;
  const over = overBy(lease, 'primary');
  switch (fence.state) {
    case 'proven':
      return { method, outcome: 'fenced', detail: `${said}; over since ${over}` };
    case 'wait':
      return { method, outcome: 'revoked', detail: `${said}; over at ${fence.until}`, until: fence.until };
    case 'not-proven':
      return { method, outcome: 'failed', detail: `${said}; ${fence.reason}` };
  }
};

const fenceLease = async ({ ports, plan, clock, epoch }: FenceStep): Promise<FenceMethod> => {
  const answer = await attemptRepeatedly(
    () => ports.writeLease.revoke(plan.plan, 'primary', epoch, clock.now()),
    WITHIN_MS,
  );
  if (answer.outcome !== 'answered') return { method: 'write-lease', ...unanswered(answer) };
  return sayLease(answer.value, clock.now());
};

export const REGION_METHODS: Readonly<Record<RegionMethodName, (step: RegionStep) => Promise<FenceMethod>>> = {
  'database-role': fenceDatabase,
  'workloads-to-zero': fenceWorkloads,
};

const METHODS: Readonly<Record<FenceMethodName, (step: FenceStep) => Promise<FenceMethod>>> = {
  ...REGION_METHODS,
  'write-lease': fenceLease,
};

/** Those that stop every writer. Replicas at zero stop the writers that are known. */
const PROVES: readonly FenceMethodName[] = ['database-role', 'write-lease'];

/**
 * What the methods come to. `verified`: the database itself refuses the application, or its lease is over. `waitUntil`: nothing is verified yet, and
 * at that instant the lease is. `ask`: neither, and the plan wants people to decide about a primary that may take writes.
 */
export const judgeFence = (plan: Plan, methods: readonly FenceMethod[]) => {
  const verifiedBy = methods.find(({ method, outcome }) => outcome === 'fenced' && PROVES.includes(method))?.method;
  const until = methods.find((one) => one.outcome === 'revoked')?.until;
  const waitUntil = verifiedBy === undefined ? (until ?? null) : null;
  const verified = verifiedBy !== undefined;
  return {
    fenced: methods.some(({ outcome }) => outcome === 'fenced'),
    verified,
    verifiedBy: verifiedBy ?? null,
    waitUntil,
    ask: !verified && waitUntil === null && plan.fence.unverified === 'ask',
    methods,
  };
};

interface Stand {
  readonly positions: Positions;
  /** Null where there was nothing to wait for: the database does not refuse, or what would receive is promoted already. */
  readonly catchUp: CatchUp | null;
  /** Known better than before the fence; null where it is not. */
  readonly dataLoss: DataLossEstimate | null;
}

/**
 * GU-210 judged the loss by what was seen before the incident. Behind the fence it is known better, and the primary lives: it can have its writes back
 * instead.
 */
const losesTooMuch = ({ plan, request }: FenceStep, { dataLoss }: Stand): boolean =>
  dataLoss !== null &&
  losesMoreThan(dataLoss, plan.objectives.rpoSeconds) &&
  !request.overrides?.some(({ guard }) => guard === LAG_GUARD);

/** Where both stand, once the standby has had its time to receive what a fenced primary has. */
const standOf = async ({ ports }: FenceStep, at: Instant, refuses: boolean): Promise<Stand> => {
  if (!refuses) return { positions: await readPositions(ports.databaseSession, false), catchUp: null, dataLoss: null };
  const { positions, catchUp } = await waitForStandby(ports.databaseSession);
  const { primary, standby } = positions;
  const known = catchUp !== null && standby !== null;
  return { positions, catchUp, dataLoss: known ? lossBehindFence(primary ?? { at, lsn: null }, standby) : null };
};

/**
 * Stops writes in the old primary as far as it answers, and takes its application's lease away at the third site: all ways of the plan at once, each
 * read back. A region that does not answer is an outcome, not an error. Reversible, and repeatable.
 * The positions that it gives are read after the fence and are on record before the promotion; `at` is when it was looked at. Behind a database that
 * refuses its application the standby has up to 15 s to receive what is under way; where that primary does not say any more where it stands, it is on
 * record that what is missing is not known. `ask`: people decide, as `judgeFence` says, or because more is missing than the RPO allows. Throws
 * FenceFailedError when the database answers and is not fenced: nothing is promoted beside a primary that may take writes.
 */
export const fencePrimary = async (step: FenceStep) => {
  const methods = await Promise.all(step.plan.fence.methods.map((method) => METHODS[method](step)));
  const failed = methods.find(({ method, outcome }) => method === 'database-role' && outcome === 'failed');
  if (failed) {
    throw new FenceFailedError(
      `${step.plan.database.instances.primary} answers and is not fenced: ${failed.detail}. Stop it, or take the application's role its right to log in, and start again`,
    );
  }
  const at = step.clock.now();
  const refuses = methods.some(({ method, outcome }) => method === 'database-role' && outcome === 'fenced');
  const judged = judgeFence(step.plan, methods);
  const stand = await standOf(step, at, refuses);
  return { ...judged, ask: judged.ask || losesTooMuch(step, stand), at, ...stand };
};

export const handler = pipeline({
  ports: { databaseSession, workloads, writeLease },
  mutates: true,
  begins: true,
  attests: true,
}).handler(fencePrimary);
