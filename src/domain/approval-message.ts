import { clocksOf } from '#domain/clocks.ts';
import { affectedByRegion, costOf } from '#domain/cost.ts';
import { formatDuration, sayMilliseconds } from '#domain/durations.ts';
import type { GuardReason } from '#domain/guards.ts';
import { recordedSeverity } from '#domain/incident-severity.ts';
import type { Entry } from '#domain/milestones.ts';
import { LAG_GUARD } from '#domain/override.ts';
import type { Plan } from '#domain/plan.ts';
import { recordedOverrides, sayOverride } from '#domain/recorded-override.ts';
import type { RecoveryRequest } from '#domain/request.ts';
import type { Instant } from '#domain/side.ts';
import { recordedDataLoss, sayLoss } from '#domain/templates.ts';

interface Input {
  readonly plan: Plan;
  readonly execution: string;
  readonly request: RecoveryRequest;
  /** The record so far: verdict, guards and fence are read from it. */
  readonly entries: readonly Entry[];
  readonly now: Instant;
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});

const resultOf = (entries: readonly Entry[], state: string): Fields =>
  fieldsOf(entries.findLast((entry) => entry.state === state && entry.kind === 'left')?.result);

const sayPosition = (value: unknown): string => {
  const { lsn, timeline, receivedLsn, heartbeatAt, lastReplayAt } = fieldsOf(value);
  if (typeof lsn !== 'string') return 'does not answer';
  const more = [
    typeof receivedLsn === 'string' ? `received ${receivedLsn}` : null,
    typeof lastReplayAt === 'string' ? `last transaction replayed ${lastReplayAt}` : null,
    typeof heartbeatAt === 'string' ? `heartbeat ${heartbeatAt}` : null,
  ].filter((part) => part !== null);
  return [`${lsn} on timeline ${String(timeline)}`, ...more].join(', ');
};

/** Null where nothing was waited for. */
const sayCatchUp = (value: unknown, primary: unknown): string | null => {
  const { missingBytes, waitedMs } = fieldsOf(value);
  if (typeof waitedMs !== 'number') return null;
  const waited = `after ${sayMilliseconds(waitedMs)}`;
  if (primary === null)
    return `the fenced primary did not say where it stands, so that what it lacks is not known, ${waited}`;
  if (typeof missingBytes !== 'number') return `the standby did not answer, ${waited}`;
  return missingBytes === 0
    ? `it has all that the fenced primary had, ${waited}`
    : `it lacks ${missingBytes} bytes of log that the fenced primary has, ${waited}; they are lost when it is promoted`;
};

const sayFence = (fence: Fields): readonly string[] => {
  const methods = Array.isArray(fence.methods) ? fence.methods.map(fieldsOf) : [];
  return methods.map(({ method, outcome, detail }) => `  ${method}: ${outcome} (${detail})`);
};

const sayVerified = ({ verified, verifiedBy }: Fields): string =>
  verified === true
    ? `verified by ${String(verifiedBy)}, the old primary takes no writes`
    : 'NOT VERIFIED: the old primary may be taking writes that nobody here sees. Approved all the same, they are lost or have to be reconciled by hand';

const sayCost = ({ plan, request, entries, now }: Input): string => {
  const { mtd, rto } = clocksOf({ incident: request.incident, entries, objectives: plan.objectives, now });
  const services = affectedByRegion(plan).map(({ id }) => id);
  const cost = costOf(plan, services, mtd.planSeconds);
  const money =
    cost === null ? 'not known' : `${cost.revenueLoss.toFixed(2)} ${cost.currency} (${cost.perHour} an hour)`;
  const left = formatDuration(Math.max(0, Math.floor(rto.leftSeconds ?? 0)));
  return `${money} after ${sayMilliseconds(mtd.elapsedMs)}; ${left} of the RTO left`;
};

const sayLag = (entries: readonly Entry[]): string => {
  const { guards } = resultOf(entries, 'CheckGuards');
  const answers = Array.isArray(guards) ? (guards as readonly GuardReason[]) : [];
  return answers.find(({ id }) => id === LAG_GUARD)?.reason ?? 'not on record';
};

const saySeverity = (entries: readonly Entry[]): string => {
  const { level, reason } = recordedSeverity(entries);
  return `${level} (${reason})`;
};

/** What approvers have to know, and what each answer does. Every figure is from the record. */
export const approvalMessage = (input: Input): string => {
  const { plan, execution, request, entries } = input;
  const { database, regions } = plan;
  const verdict = resultOf(entries, 'AssessEvidence');
  const fenced = resultOf(entries, 'FencePrimary');
  const fence = { ...fenced, ...fieldsOf(resultOf(entries, 'ConfirmFence').fence) };
  const positions = fieldsOf(fence.positions);
  const catchUp = sayCatchUp(fence.catchUp, positions.primary);
  const command = (choice: string) => `  continuity ${choice} ${execution} --as "<your name>" --reason "<why>"`;
  return [
    `Promote ${database.instances.standby} in ${regions.standby}, and move ${plan.title} there?`,
    '',
    `Asked by: ${request.actor}: ${request.reason}`,
    `Diagnosis: ${String(verdict.code ?? 'not on record')}. ${String(verdict.reason ?? '')}`,
    `Severity: ${saySeverity(entries)}`,
    ...recordedOverrides(entries).map((one) => `Overridden: ${sayOverride(one)}`),
    `Replication lag at the last sample before the incident: ${sayLag(entries)}`,
    `Data that can be lost: ${sayLoss(recordedDataLoss(entries))}; the RPO is ${formatDuration(plan.objectives.rpoSeconds)}`,
    `Primary: ${sayPosition(positions.primary)}`,
    `Standby: ${sayPosition(positions.standby)}${catchUp === null ? '' : `; ${catchUp}`}`,
    `Fence: ${sayVerified(fence)}`,
    ...sayFence(fence),
    `Cost so far: ${sayCost(input)}`,
    '',
    `Approve: the standby becomes the primary. This cannot be undone; ${database.instances.primary} stays fenced.`,
    command('approve'),
    `Decline: the fence is lifted, ${database.instances.primary} takes writes again if it lives, nothing is promoted.`,
    command('decline'),
    'No decision in time: as if declined, and everybody is told.',
  ].join('\n');
};
