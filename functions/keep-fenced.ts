import * as z from 'zod';
import { standingRecovery } from '#domain/claim.ts';
import { UnreachableError } from '#domain/errors.ts';
import { type GuardReason, type Looked, refusalOf } from '#domain/guards.ts';
import { inputDigest } from '#domain/ledger-chain.ts';
import { checkOldPrimary, KEEP_FENCED, openMethods, type Server, silence, waitsUntil } from '#domain/old-primary.ts';
import type { RegionMethodName } from '#domain/plan/fence.ts';
import type { Plan } from '#domain/plan.ts';
import type { Json } from '#domain/side.ts';
import type { Transition } from '#domain/transition.ts';
import { event } from '#pipeline/event.ts';
import type { Claim, Claims } from '#ports/claims.ts';
import type { Clock } from '#ports/clock.ts';
import type { Database } from '#ports/database.ts';
import type { DatabaseSession } from '#ports/database-session.ts';
import type { Ledger } from '#ports/ledger.ts';
import type { StandingOrders } from '#ports/standing-orders.ts';
import type { Traffic } from '#ports/traffic.ts';
import type { Workloads } from '#ports/workloads.ts';
import { type Attempt, attempt, attemptRepeatedly } from '#src/attempt.ts';
import { claims, database, databaseSession, ledger, standingOrders, traffic, workloads } from '#src/composition.ts';
import { type FenceMethod, REGION_METHODS } from './fence-primary.ts';

/** Looks and fence, one after the other, have to fit into the function's time-out. */
const LOOK_WITHIN_MS = 4_000;
const OLD_PRIMARY_WITHIN_MS = 2_500;

interface Call {
  readonly ports: {
    readonly claims: Pick<Claims, 'read'>;
    readonly database: Pick<Database, 'describe'>;
    readonly databaseSession: DatabaseSession;
    readonly ledger: Ledger;
    readonly standingOrders: Pick<StandingOrders, 'read'>;
    readonly traffic: Pick<Traffic, 'read'>;
    readonly workloads: Workloads;
  };
  readonly plan: Plan;
  readonly clock: Clock;
}

/** Nothing was done, and why; or what was tried and what came of it. */
export type Kept =
  | { readonly nothing: string }
  | { readonly execution: string; readonly methods: readonly FenceMethod[]; readonly guards: readonly GuardReason[] };

const lookedOf = <T>(answer: Attempt<T>): Looked<T> =>
  answer.outcome === 'answered' ? { value: answer.value } : { error: answer.detail };

const looked = async <T>(call: () => Promise<T>, withinMs = LOOK_WITHIN_MS): Promise<Looked<T>> =>
  lookedOf(await attempt(call, withinMs));

/**
 * The old primary's own word, as the fence takes it: what the control plane of its region says instead of a place, of any kind, says nothing of the
 * server. `unreachable`: nothing was heard; `failed`: it answered all the same, or could not be asked.
 */
const askOldPrimary = ({ ports: { databaseSession: session } }: Call): Promise<Attempt<Server>> =>
  attemptRepeatedly(async () => {
    await session.locate('primary').catch((error: Error) => {
      throw new UnreachableError(error.message, { cause: error });
    });
    return session.serverOf('primary');
  }, OLD_PRIMARY_WITHIN_MS);

/** Everything else that is asked before the old primary is touched, all of it at once; the old primary's cluster beside it. */
const lookAt = async (call: Call, claim: Claim | null, ofPrimary: Looked<Server>) => {
  const { ports, plan, clock } = call;
  const names = plan.workloads.deployments.map(({ name }) => name);
  const [orders, standby, ofStandby, records, cluster] = await Promise.all([
    looked(() => ports.standingOrders.read(plan.plan)),
    looked(() => ports.database.describe('standby')),
    looked(() => ports.databaseSession.serverOf('standby')),
    looked(() => ports.traffic.read()),
    attempt(() => ports.workloads.status('primary', names), LOOK_WITHIN_MS),
  ]);
  const guards = checkOldPrimary(plan, {
    now: clock.now(),
    // Nobody asked.
    trigger: 'alarm',
    execution: null,
    orders,
    claim: { value: claim },
    standby,
    servers: { primary: ofPrimary, standby: ofStandby },
    traffic: records,
  });
  return { guards, cluster };
};

/**
 * Those that can be tried now: a cluster that does not answer is looked at again in a minute, and nothing is put on record of it. One that refuses is
 * tried, so that people hear of it.
 */
const triable = (open: readonly RegionMethodName[], cluster: Attempt<unknown>): readonly RegionMethodName[] =>
  open.filter((method) => method !== 'workloads-to-zero' || cluster.outcome === 'answered' || !cluster.silent);

type Ways = typeof REGION_METHODS;

/** For the record, where the old primary does not say what it is: nothing of it is touched then. */
const untried = ({ plan }: Call, said: string): Ways => {
  const detail = `not tried: ${plan.database.instances.primary} does not say what it is`;
  return {
    'database-role': async () => ({ method: 'database-role', outcome: 'failed', detail: said }),
    'workloads-to-zero': async () => ({ method: 'workloads-to-zero', outcome: 'failed', detail }),
  };
};

const isOwn = ({ state, kind }: Transition): boolean => state === KEEP_FENCED && kind !== 'notice';

/** One try, on record before it changes anything and after it. */
const fence = async (
  { ports, plan, clock }: Call,
  run: { readonly execution: string; readonly incident: string },
  entries: readonly Transition[],
  methods: readonly RegionMethodName[],
  guards: readonly GuardReason[],
  ways: Ways,
): Promise<Kept> => {
  const tries = entries.filter((entry) => isOwn(entry) && entry.kind === 'entered').length;
  const append = (entry: Pick<Transition, 'kind'> & Partial<Transition>) =>
    ports.ledger.append({
      execution: run.execution,
      plan: plan.plan,
      incident: run.incident,
      state: KEEP_FENCED,
      at: clock.now(),
      attempt: tries,
      actor: 'pipeline',
      inputDigest: inputDigest({ methods: [...methods] }),
      ...entry,
    });
  const mine = await append({ kind: 'entered' });
  const known = entries.at(-1)?.seq ?? 0;
  const since = (await ports.ledger.read(run.execution)).filter(({ seq }) => seq > known && seq < mine.seq);
  if (since.some(isOwn)) {
    const error = { name: 'AlreadyTakenError', message: 'another one fences it' };
    await append({ kind: 'failed', error });
    return { nothing: error.message };
  }
  const step = { ports, plan, clock, run };
  const found = await Promise.all(methods.map((method) => ways[method](step)));
  const result = JSON.parse(JSON.stringify({ methods: found, guards })) as Json;
  await append({ kind: 'left', result });
  return { execution: run.execution, methods: found, guards };
};

/**
 * Fences the old primary of a recovery that stands, when it comes back: what the recovery itself could not reach of it. Tried until each of the plan's
 * ways in its region holds, by the record, and left alone from then on: whoever lifts it after that is a person who means it. Changes nothing unless
 * every guard passes; what cannot be looked up passes none. One that answers and does not say what it is, to us, is on record as not fenced, unless a
 * guard refuses. The write lease is not touched: it is the standby's.
 */
export const keepFenced = async (call: Call): Promise<Kept> => {
  const { ports, plan, clock } = call;
  const claim = await ports.claims.read(plan.plan);
  const recovery = standingRecovery(claim, plan.regions.standby);
  if (!recovery) return { nothing: 'no recovery stands' };
  const entries = await ports.ledger.read(recovery.execution);
  const open = openMethods(plan, entries);
  if (open.length === 0) return { nothing: 'by the record nothing of the fence is open' };
  const until = waitsUntil(entries, clock.now());
  if (until !== null) return { nothing: `it was tried, and is tried again from ${until} on` };
  // For weeks it may not be there: then nothing else is asked.
  const asked = await askOldPrimary(call);
  if (asked.outcome === 'unreachable') return { nothing: silence(plan, asked.detail) };
  const { guards, cluster } = await lookAt(call, claim, lookedOf(asked));
  const isKnown = asked.outcome === 'answered';
  const refusal = refusalOf(isKnown ? guards : guards.filter(({ state }) => state === 'refuses'));
  if (refusal !== null) return { nothing: refusal };
  const methods = triable(open, cluster);
  if (methods.length === 0) return { nothing: `${open.join(', ')}: the old primary's cluster does not answer` };
  // Looks take seconds, and a primary that thaws answers all who wait at once.
  const seen = await ports.ledger.read(recovery.execution);
  const taken = waitsUntil(seen, clock.now());
  if (taken !== null) return { nothing: `another one fences it, or has just tried: again from ${taken} on` };
  return fence(call, recovery, seen, methods, guards, isKnown ? REGION_METHODS : untried(call, asked.detail));
};

export const handler = event({
  name: KEEP_FENCED,
  parse: z.unknown(),
  ports: { claims, database, databaseSession, ledger, standingOrders, traffic, workloads },
}).handler(keepFenced);
