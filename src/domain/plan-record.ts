import type { Instant } from '#domain/side.ts';
import type { NewTransition } from '#domain/transition.ts';

const PREFIX = 'plan:';

/** The record of a plan itself, beside those of its executions: orders that hold for every run, and alarms that started none. */
export const planRecord = (plan: string): string => `${PREFIX}${plan}`;

export const isPlanRecord = (execution: string): boolean => execution.startsWith(PREFIX);

/** Orders to a plan, in the words of the record. */
export const PLAN_ORDERS = [
  'automation-off',
  'automation-on',
  'maintenance-start',
  'maintenance-end',
  'claim-release',
  'incident-close',
  'lease-return',
] as const;
export type PlanOrder = (typeof PLAN_ORDERS)[number];

/** Types, not interfaces: they go on record as JSON. */
export type RecordedOrder = {
  readonly order: PlanOrder;
  readonly by: string;
  readonly reason: string;
  /** End of the window that was started. */
  readonly until?: Instant;
  /** Execution whose claim was released. */
  readonly holder?: string;
  /** Incident that was closed. */
  readonly incident?: string;
};

/** An alarm that went into ALARM and started no recovery. */
export type RefusedAlarm = {
  readonly alarm: string;
  /** The guard that refused; null when none did: the incident has its execution, or was left by it. */
  readonly guard: string | null;
  readonly reason: string;
  /** Nobody recovers now: people are told. */
  readonly page: boolean;
};

type Part = Pick<NewTransition, 'execution' | 'plan' | 'incident' | 'state' | 'kind' | 'attempt' | 'actor' | 'result'>;

/** The entry of an order, without its time and digest. */
export const orderEntry = (plan: string, order: RecordedOrder): Part => ({
  execution: planRecord(plan),
  plan,
  incident: order.incident ?? null,
  state: 'Control',
  kind: 'control',
  attempt: 0,
  actor: `person:${order.by}`,
  result: order,
});

/** The entry of an incident that the pipeline itself closes because it is over, without its time and digest. */
export const closureEntry = (plan: string, incident: string, reason: string): Part => ({
  ...orderEntry(plan, { order: 'incident-close', by: 'the pipeline', reason, incident }),
  actor: 'pipeline',
});

/** The entry of an alarm that was not followed, without its time and digest. */
export const refusalEntry = (plan: string, incident: string | null, refused: RefusedAlarm): Part => ({
  execution: planRecord(plan),
  plan,
  incident,
  state: 'ReceiveAlarm',
  kind: 'refused',
  attempt: 0,
  actor: `alarm:${refused.alarm}`,
  result: refused,
});

/** One line for people; null for an entry that is neither. */
export const sayPlanEntry = ({ kind, result }: Pick<NewTransition, 'kind' | 'result'>): string | null => {
  if (kind === 'refused') {
    const { alarm, guard, reason } = result as unknown as RefusedAlarm;
    return `alarm ${alarm} started nothing: ${guard === null ? '' : `${guard}: `}${reason}`;
  }
  if (kind !== 'control') return null;
  const { order, by, reason, until, holder, incident } = result as unknown as RecordedOrder;
  const of = holder ?? incident;
  const what = `${order.replace('-', ' ')}${until === undefined ? '' : ` until ${until}`}${of === undefined ? '' : ` of ${of}`}`;
  return `${what} by ${by}: ${reason}`;
};
