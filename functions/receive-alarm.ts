import { firstBadAt } from '#domain/diagnosis.ts';
import type { Plan } from '#domain/plan.ts';
import type { Instant } from '#domain/side.ts';
import { event } from '#pipeline/event.ts';
import type { Executions } from '#ports/executions.ts';
import type { Incidents } from '#ports/incidents.ts';
import type { Readings } from '#ports/readings.ts';
import { executions, incidents, readings } from '#src/composition.ts';
import { type AlarmChange, parseAlarmEvent } from './shared/alarm-event.ts';

/** Of a request's reason; an alarm's own may be longer. */
const MOST_REASON = 1_000;

interface Call {
  readonly event: AlarmChange;
  readonly ports: {
    readonly incidents: Incidents;
    readonly readings: Readings;
    readonly executions: Pick<Executions, 'start'>;
  };
  readonly environment: { readonly FAILOVER_MACHINE_ARN: string };
  readonly plan: Plan;
}

export type Intake =
  | { readonly started: boolean; readonly execution: string; readonly incident: string }
  | { readonly ignored: true; readonly reason: string };

/** The incident starts with the first bad signal that a vantage point saw, else with the alarm's first datapoint; never after the alarm. */
const startOf = (badAt: Instant | null, alarm: AlarmChange): Instant => {
  const start = badAt ?? alarm.firstBreachAt ?? alarm.at;
  return start < alarm.at ? start : alarm.at;
};

/**
 * Only the change into ALARM starts a recovery. Its execution is named by plan and incident: the same event twice, or two alarms at the same
 * instant, are one execution. Throws InvalidRequestError on an event of another shape.
 */
export const receiveAlarm = async ({ event: alarm, ports, environment, plan }: Call): Promise<Intake> => {
  if (alarm.to !== 'ALARM') return { ignored: true, reason: `${alarm.alarm} changed to ${alarm.to}` };
  if (alarm.from === 'ALARM') return { ignored: true, reason: `${alarm.alarm} was in ALARM before` };
  const badAt = firstBadAt(await ports.readings.list(plan.plan));
  const incident = await ports.incidents.openOrJoin(plan.plan, startOf(badAt, alarm), alarm.at);
  const { arn, started } = await ports.executions.start(environment.FAILOVER_MACHINE_ARN, incident.executionName, {
    plan: plan.plan,
    reason: `alarm ${alarm.alarm}: ${alarm.reason}`.slice(0, MOST_REASON),
    mode: 'failover',
    trigger: { alarm: alarm.alarm, at: alarm.at },
    incident: { id: incident.id, startedAt: incident.startedAt, detectedAt: incident.detectedAt },
  });
  return { started, execution: arn, incident: incident.id };
};

export const handler = event({
  name: 'ReceiveAlarm',
  parse: parseAlarmEvent,
  ports: { incidents, readings, executions },
  environment: ['FAILOVER_MACHINE_ARN'],
}).handler(receiveAlarm);
