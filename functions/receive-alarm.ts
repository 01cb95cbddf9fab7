import { firstBadAt, freshness } from '#domain/diagnosis.ts';
import { isGoingOn } from '#domain/execution-status.ts';
import { standingRefusal } from '#domain/guards.ts';
import { promotionBegun } from '#domain/incident.ts';
import { inputDigest } from '#domain/ledger-chain.ts';
import { otherStack } from '#domain/other-stack.ts';
import type { Plan } from '#domain/plan.ts';
import { type RefusedAlarm, refusalEntry } from '#domain/plan-record.ts';
import type { Reading } from '#domain/reading.ts';
import { serviceSignals } from '#domain/reading-history.ts';
import type { Instant } from '#domain/side.ts';
import { event } from '#pipeline/event.ts';
import type { Claim, Claims } from '#ports/claims.ts';
import type { Clock } from '#ports/clock.ts';
import type { Database } from '#ports/database.ts';
import type { Executions } from '#ports/executions.ts';
import type { Incidents, OpenIncident } from '#ports/incidents.ts';
import type { Ledger } from '#ports/ledger.ts';
import type { Readings } from '#ports/readings.ts';
import type { StandingOrders } from '#ports/standing-orders.ts';
import { attempt } from '#src/attempt.ts';
import { claims, database, executions, incidents, ledger, readings, standingOrders } from '#src/composition.ts';
import { type AlarmChange, parseAlarmEvent } from './shared/alarm-event.ts';
import { openIncident } from './shared/open-incident.ts';

/** Of a request's reason; an alarm's own may be longer. */
const MOST_REASON = 1_000;

interface Call {
  readonly event: AlarmChange;
  readonly ports: {
    readonly claims: Pick<Claims, 'read'>;
    readonly database: Pick<Database, 'describe'>;
    readonly standingOrders: Pick<StandingOrders, 'read'>;
    readonly ledger: Ledger;
    readonly incidents: Incidents;
    readonly readings: Readings;
    readonly executions: Pick<Executions, 'start' | 'describe'>;
  };
  readonly environment: { readonly FAILOVER_MACHINE_ARN: string };
  readonly plan: Plan;
  readonly clock: Clock;
}

export type Intake =
  | { readonly started: boolean; readonly execution: string; readonly incident: string }
  | { readonly ignored: true; readonly reason: string }
  /** The incident was left half moved by a run: people go on with it. */
  | { readonly stopped: true; readonly incident: string; readonly reason: string }
  | { readonly refused: true; readonly guard: string; readonly reason: string };

/** The incident starts when a vantage point first saw the service bad, else with the alarm's first datapoint; never after the alarm. */
const startOf = (badAt: Instant | null, alarm: AlarmChange): Instant => {
  const start = badAt ?? alarm.firstBreachAt ?? alarm.at;
  return start < alarm.at ? start : alarm.at;
};

const record = async (
  { event, ports, plan, clock }: Call,
  incident: string | null,
  refused: Omit<RefusedAlarm, 'alarm'>,
): Promise<void> => {
  const entry = refusalEntry(plan.plan, incident, { alarm: event.alarm, ...refused });
  await ports.ledger.append({ ...entry, at: clock.now(), inputDigest: inputDigest({ ...event }) });
};

const DESCRIBE_WITHIN_MS = 3_000;

/**
 * With a stack in each region both see a failure, and one of them has nothing to fail over to: its region serves. Its run would be refused by the
 * guards, and tell people so in the middle of the other's. What the last recovery wrote down is not enough, for people move a service by other ways
 * too: the database has to say so as well. What it does not say keeps nothing back: the run's guards ask again.
 */
const servesHere = async ({ ports, plan }: Call, claim: Claim | null): Promise<boolean> => {
  const { standby, home, directions } = plan.regions;
  if (directions === 'one' || (claim?.serves ?? home) !== standby) return false;
  const asked = await attempt(() => ports.database.describe('standby'), DESCRIBE_WITHIN_MS);
  return asked.outcome === 'answered' && asked.value.replicaOf === null;
};

/** Nothing to fail over to. People are told unless the other stack can answer: its region may not, and this one changes nothing. */
const leaveToOther = async (call: Call): Promise<Intake> => {
  const { ports, plan } = call;
  const asked = await attempt(() => ports.database.describe('primary'), DESCRIBE_WITHIN_MS);
  const { guard, reason } = otherStack(
    plan,
    asked.outcome === 'answered' ? { value: asked.value } : { error: asked.detail },
  );
  await record(call, null, { guard, reason, page: guard !== null });
  return guard === null ? { ignored: true, reason } : { refused: true, guard, reason };
};

/** The guard that another run answers: then somebody recovers, and nobody has to be told. */
const HELD = 'GU-030';
const COOLING = 'GU-040';

/**
 * An alarm of the failure that was just recovered from may come late; only a service that was seen bad after the end of that is news. The old
 * primary's database stays bad for good, and says nothing of it.
 */
const failedSince = (readings: readonly Reading[], releasedAt: Instant | null): boolean =>
  readings.some(
    ({ at, signals }) =>
      (releasedAt === null || at > releasedAt) && serviceSignals(signals).some(({ state }) => state === 'bad'),
  );

/**
 * A run that left the service half moved is gone on with by people, who are told. Null for an incident that no run has left so. Its runs are over: the
 * claim is free.
 */
const leftHalfMoved = ({ id, left }: OpenIncident, claim: Claim | null): string | null => {
  if (left?.changed !== true && !promotionBegun(claim, id)) return null;
  const what = promotionBegun(claim, id) ? 'a promotion was let begin' : 'what it changed was not all undone';
  return `${left?.by ?? claim?.promotion?.execution} ended without recovery, and ${what}`;
};

/** Nobody goes on with the incident now: on record, and people are told what they can do. */
const tellStopped = (call: Call, { id }: OpenIncident, why: string): Promise<void> => {
  const { plan } = call.plan;
  const commands = `to go on with it: continuity start ${plan} --reason "<why>"; if it is over: continuity incident close ${id} --reason "<why>"`;
  return record(call, id, { guard: null, reason: `incident ${id} is open: ${why}; ${commands}`, page: true });
};

/** Step Functions takes a name once. While that run goes on, the alarm is a repetition; when it is over, nobody answers the incident. */
const recordNamesake = async (call: Call, incident: OpenIncident, arn: string): Promise<void> => {
  const { status, stoppedAt } = await call.ports.executions.describe(arn);
  if (!isGoingOn(status)) {
    await tellStopped(call, incident, `its run ${arn} is over (${status} at ${stoppedAt})`);
    return;
  }
  await record(call, incident.id, { guard: null, reason: `incident ${incident.id} has its run: ${arn}`, page: false });
};

/**
 * Only the change into ALARM starts a recovery. Switched off, in maintenance, while a run holds the claim or while the plan cools down it starts
 * none: that is on record, and people are told when nobody recovers. The run asks the same guards again before its first change. Its execution is
 * named by plan and incident: the same event twice, or two alarms at the same instant, are one execution. An incident that is open although it is
 * over is closed, and is no reason to start nothing. Throws InvalidRequestError on an event of another shape.
 */
export const receiveAlarm = async (call: Call): Promise<Intake> => {
  const { event: alarm, ports, environment, plan, clock } = call;
  if (alarm.to !== 'ALARM') return { ignored: true, reason: `${alarm.alarm} changed to ${alarm.to}` };
  if (alarm.from === 'ALARM') return { ignored: true, reason: `${alarm.alarm} was in ALARM before` };
  const [orders, claim, reported] = await Promise.all([
    ports.standingOrders.read(plan.plan),
    ports.claims.read(plan.plan),
    ports.readings.list(plan.plan),
  ]);
  const facts = {
    now: clock.now(),
    trigger: 'alarm',
    execution: null,
    orders: { value: orders },
    claim: { value: claim },
  } as const;
  const refusal = standingRefusal(plan, facts);
  if (refusal !== null) {
    const { id: guard, reason } = refusal;
    const open = await ports.incidents.current(plan.plan);
    const page = guard === COOLING ? failedSince(reported, claim?.releasedAt ?? null) : guard !== HELD;
    await record(call, open?.id ?? null, { guard, reason, page });
    return { refused: true, guard, reason };
  }
  if (await servesHere(call, claim)) return leaveToOther(call);
  const badAt = firstBadAt(reported, freshness(plan, clock.now()));
  const times = { startedAt: startOf(badAt, alarm), detectedAt: alarm.at };
  const incident = await openIncident(call, { claim, readings: reported }, times);
  const left = leftHalfMoved(incident, claim);
  if (left !== null) {
    await tellStopped(call, incident, left);
    return { stopped: true, incident: incident.id, reason: left };
  }
  const { arn, started } = await ports.executions.start(environment.FAILOVER_MACHINE_ARN, incident.executionName, {
    plan: plan.plan,
    reason: `alarm ${alarm.alarm}: ${alarm.reason}`.slice(0, MOST_REASON),
    mode: 'failover',
    trigger: { alarm: alarm.alarm, at: alarm.at },
    incident: { id: incident.id, startedAt: incident.startedAt, detectedAt: incident.detectedAt },
  });
  if (!started) await recordNamesake(call, incident, arn);
  return { started, execution: arn, incident: incident.id };
};

export const handler = event({
  name: 'ReceiveAlarm',
  parse: parseAlarmEvent,
  ports: { claims, database, standingOrders, ledger, incidents, readings, executions },
  environment: ['FAILOVER_MACHINE_ARN'],
}).handler(receiveAlarm);
