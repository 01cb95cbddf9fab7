import * as z from 'zod';
import { formatDuration } from '#domain/durations.ts';
import { NoticeNotSentError, WatchIncompleteError } from '#domain/errors.ts';
import { isForgotten } from '#domain/execution-status.ts';
import { recordedSeverity } from '#domain/incident-severity.ts';
import { inputDigest } from '#domain/ledger-chain.ts';
import type { Plan } from '#domain/plan.ts';
import type { Transition } from '#domain/transition.ts';
import { event } from '#pipeline/event.ts';
import type { Log } from '#pipeline/observe.ts';
import type { Announcer } from '#ports/announcer.ts';
import type { Clock } from '#ports/clock.ts';
import type { ExecutionSummary, Executions } from '#ports/executions.ts';
import type { Traffic } from '#ports/traffic.ts';
import { attempt } from '#src/attempt.ts';
import { announcer, claims, executions, incidents, ledger, traffic } from '#src/composition.ts';
import { type Settled, type Settling, settleDeath } from '#src/settle-death.ts';

/** A run that takes longer than this part of the RTO is looked at by a person while there is time left. */
export const RTO_SHARE = 0.5;
/** The rule on status changes comes first; what it has not recorded by then, it has lost. Milliseconds. */
const LOST_AFTER_MS = 120_000;
const LOOK_BACK_MS = 24 * 3_600_000;
const MOST = 20;
const ANNOUNCE_WITHIN_MS = 5_000;
const REST_WITHIN_MS = 8_000;
const LATE = 'running-late';

interface Call {
  readonly ports: Settling['ports'] & {
    readonly executions: Pick<Executions, 'describe' | 'list'>;
    readonly announcer: Announcer;
    readonly traffic: Pick<Traffic, 'rest'>;
  };
  readonly environment: { readonly FAILOVER_MACHINE_ARN: string };
  readonly plan: Plan;
  readonly clock: Clock;
}

/** What could not be looked after, and why. */
interface Failed {
  readonly of: string;
  readonly error: string;
}

const isPage = ({ kind, result, error }: Transition): boolean =>
  kind === 'notice' && error === undefined && (result as { notice?: string }).notice === LATE;

/**
 * Pages once per run, and says on record what was sent. A page that could not be sent is tried again at the next look. True when it was sent now;
 * throws NoticeNotSentError.
 */
const pageLate = async ({ ports, plan, clock }: Call, run: ExecutionSummary): Promise<boolean> => {
  const entries = await ports.ledger.read(run.arn);
  if (entries.some(isPage)) return false;
  const incident = entries.find((entry) => entry.incident !== null)?.incident ?? null;
  const seconds = Math.round((Date.parse(clock.now()) - Date.parse(run.startedAt)) / 1_000);
  const at = entries.findLast(({ kind }) => kind === 'entered')?.state ?? 'no state';
  const subject = `${plan.title}: recovery is running late`;
  const text = [
    `${run.arn} has been running for ${formatDuration(seconds)}, of an RTO of ${formatDuration(plan.objectives.rtoSeconds)}.`,
    `It was last seen in ${at}. Look at it: continuity history ${run.arn}`,
  ].join('\n');
  const severity = String(recordedSeverity(entries).level);
  const attributes = { kind: LATE, incident: incident ?? 'none', plan: plan.plan, severity };
  const sent = await attempt(() => ports.announcer.announce({ subject, text, attributes }), ANNOUNCE_WITHIN_MS);
  await ports.ledger.append({
    execution: run.arn,
    plan: plan.plan,
    incident,
    state: 'WatchClaims',
    kind: 'notice',
    at: clock.now(),
    attempt: 0,
    actor: 'pipeline',
    inputDigest: inputDigest({ of: 0, notice: LATE }),
    result: { of: 0, notice: LATE, subject, messageId: sent.outcome === 'answered' ? sent.value : null },
    ...(sent.outcome === 'answered' ? {} : { error: { name: 'NoticeNotSentError', message: sent.detail } }),
  });
  if (sent.outcome !== 'answered') throw new NoticeNotSentError(`running late, and nobody was paged: ${sent.detail}`);
  return true;
};

const isLate = ({ plan, clock }: Call, { status, startedAt }: ExecutionSummary): boolean =>
  status === 'RUNNING' &&
  Date.parse(clock.now()) - Date.parse(startedAt) > plan.objectives.rtoSeconds * RTO_SHARE * 1_000;

/** Ended, long enough ago for the rule to have seen it, and not so long that it is history. */
const mayBeLost = ({ clock }: Call, { status, stoppedAt }: ExecutionSummary): boolean => {
  if (!['FAILED', 'TIMED_OUT', 'ABORTED', 'SUCCEEDED'].includes(status) || stoppedAt === null) return false;
  const ago = Date.parse(clock.now()) - Date.parse(stoppedAt);
  return ago > LOST_AFTER_MS && ago < LOOK_BACK_MS;
};

const reasonOf = ({ plan }: Plan, error: unknown): string =>
  isForgotten(error)
    ? `it holds the claim, and Step Functions does not know it (any more), so that nothing here proves that it is over: continuity claim release ${plan} --reason "<why>"`
    : String(error);

/**
 * Looks after what nobody else does: a claim whose execution is over, a run whose end was never recorded, a run that takes more than its share
 * of the RTO. Each is recorded, and paged once. After a return to the home region it lets go of what holds the traffic there.
 * Each for itself: what fails is in the result, and the rest is done all the same.
 */
export const watchClaims = async (call: Call) => {
  const { ports, environment, plan } = call;
  const failed: Failed[] = [];
  const lookAfter = async (of: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      failed.push({ of, error: reasonOf(plan, error) });
    }
  };
  const runs: ExecutionSummary[] = [];
  await lookAfter(environment.FAILOVER_MACHINE_ARN, async () => {
    runs.push(...(await ports.executions.list(environment.FAILOVER_MACHINE_ARN, MOST)));
  });
  const over = new Set<string>();
  await lookAfter(`the claim of ${plan.plan}`, async () => {
    const claim = await ports.claims.read(plan.plan);
    if (claim?.holder) over.add(claim.holder);
  });
  for (const run of runs) if (mayBeLost(call, run)) over.add(run.arn);
  const settled: Settled[] = [];
  for (const arn of over)
    await lookAfter(arn, async () => {
      const one = await settleDeath(call, arn);
      if (one.recorded || one.claimReleased) settled.push(one);
    });
  const late: string[] = [];
  for (const run of runs.filter((one) => isLate(call, one)))
    await lookAfter(run.arn, async () => {
      if (await pageLate(call, run)) late.push(run.arn);
    });
  const rested = await attempt(() => ports.traffic.rest(), REST_WITHIN_MS);
  return {
    settled,
    late,
    ...(rested.outcome === 'answered' && rested.value ? { rested: true } : {}),
    ...(failed.length > 0 ? { failed } : {}),
  };
};

/** Fails when all that could be done is done and something could not: the alarm on the function's errors tells people of it. */
export const watchOrFail = async ({ log, ...call }: Call & { readonly log: Log }) => {
  const seen = await watchClaims(call);
  if (!seen.failed) return seen;
  log.error('not everything could be looked after', seen);
  throw new WatchIncompleteError(seen.failed.map(({ of, error }) => `${of}: ${error}`).join('; '));
};

export const handler = event({
  name: 'WatchClaims',
  parse: z.unknown(),
  ports: { executions, ledger, claims, incidents, announcer, traffic },
  environment: ['FAILOVER_MACHINE_ARN'],
}).handler(watchOrFail);
