import * as z from 'zod';
import { formatDuration } from '#domain/durations.ts';
import { recordedSeverity } from '#domain/incident-severity.ts';
import { inputDigest } from '#domain/ledger-chain.ts';
import type { Plan } from '#domain/plan.ts';
import { event } from '#pipeline/event.ts';
import type { Announcer } from '#ports/announcer.ts';
import type { Clock } from '#ports/clock.ts';
import type { ExecutionSummary, Executions } from '#ports/executions.ts';
import type { Traffic } from '#ports/traffic.ts';
import { attempt } from '#src/attempt.ts';
import { announcer, claims, executions, incidents, ledger, traffic } from '#src/composition.ts';
import { type Settled, type Settling, settleDeath } from './shared/settle-death.ts';

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

/** Pages once per run, and says on record what was sent. */
const pageLate = async ({ ports, plan, clock }: Call, run: ExecutionSummary): Promise<boolean> => {
  const entries = await ports.ledger.read(run.arn);
  const told = entries.some(({ kind, result }) => kind === 'notice' && (result as { notice?: string }).notice === LATE);
  if (told) return false;
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

/**
 * Looks after what nobody else does: a claim whose execution is over, a run whose end was never recorded, a run that takes more than its share
 * of the RTO. Each is recorded, and paged once. After a return to the home region it lets go of what holds the traffic there.
 */
export const watchClaims = async (call: Call) => {
  const { ports, environment, plan } = call;
  const runs = await ports.executions.list(environment.FAILOVER_MACHINE_ARN, MOST);
  const holder = (await ports.claims.read(plan.plan))?.holder ?? null;
  const dead = runs.filter((run) => mayBeLost(call, run)).map(({ arn }) => arn);
  const settled: Settled[] = [];
  for (const arn of new Set([...(holder === null ? [] : [holder]), ...dead])) {
    const one = await settleDeath(call, arn);
    if (one.recorded || one.claimReleased) settled.push(one);
  }
  const late: string[] = [];
  for (const run of runs.filter((one) => isLate(call, one))) if (await pageLate(call, run)) late.push(run.arn);
  const rested = await attempt(() => ports.traffic.rest(), REST_WITHIN_MS);
  return { settled, late, ...(rested.outcome === 'answered' && rested.value ? { rested: true } : {}) };
};

export const handler = event({
  name: 'WatchClaims',
  parse: z.unknown(),
  ports: { executions, ledger, claims, incidents, announcer, traffic },
  environment: ['FAILOVER_MACHINE_ARN'],
}).handler(watchClaims);
