import * as z from 'zod';
import { InvalidRequestError } from '#domain/errors.ts';
import type { Instant } from '#domain/side.ts';

/** A change of an alarm's state, however it came. */
export interface AlarmChange {
  readonly alarm: string;
  readonly from: AlarmState;
  readonly to: AlarmState;
  readonly reason: string;
  readonly at: Instant;
  /** Start of the first datapoint that the alarm looked at; null when the alarm does not say. */
  readonly firstBreachAt: Instant | null;
}

type AlarmState = z.output<typeof alarmState>;

const alarmState = z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']);

/** CloudWatch writes `2019-10-02T17:04:40.985+0000`: an offset with no colon. */
const timestamp = z.string().transform((value, context): Instant => {
  const ms = Date.parse(value.replace(/([+-]\d{2})(\d{2})$/, '$1:$2'));
  if (!Number.isNaN(ms)) return new Date(ms).toISOString();
  context.addIssue({ code: 'custom', message: `${value} is not a time` });
  return z.NEVER;
});

/** AWS adds members to its events, so unknown ones are let through; those that are read here must be as documented. */
const stateOf = z.looseObject({
  value: alarmState,
  reason: z.string().default(''),
  reasonData: z.string().optional(),
  timestamp,
});

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html */
const eventBridge = z.looseObject({
  source: z.literal('aws.cloudwatch'),
  'detail-type': z.literal('CloudWatch Alarm State Change'),
  detail: z.looseObject({
    alarmName: z.string().min(1),
    state: stateOf,
    previousState: z.looseObject({ value: alarmState }),
  }),
});

/** The message that CloudWatch itself sends to a topic of an alarm's actions. */
const alarmMessage = z.looseObject({
  AlarmName: z.string().min(1),
  NewStateValue: alarmState,
  OldStateValue: alarmState,
  NewStateReason: z.string().default(''),
  StateChangeTime: timestamp,
});

/** SNS hands a function one record at a time: https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html */
const sns = z.looseObject({
  Records: z
    .array(z.looseObject({ EventSource: z.literal('aws:sns'), Sns: z.looseObject({ Message: z.string() }) }))
    .length(1),
});

const parse = <T>(schema: z.ZodType<T>, value: unknown): T => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const lines = result.error.issues.map(
    (issue) => `${['event', ...issue.path.map(String)].join('.')}: ${issue.message}`,
  );
  throw new InvalidRequestError(`no alarm state change: ${lines.join('; ')}`);
};

const json = (text: string | undefined): unknown => {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return undefined;
  }
};

/** `reasonData` is JSON text; `startDate` is there for alarms on metrics, not for composite ones. */
const firstBreach = (reasonData: string | undefined): Instant | null => {
  const parsed = z.looseObject({ startDate: timestamp }).safeParse(json(reasonData));
  return parsed.success ? parsed.data.startDate : null;
};

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Reads EventBridge's event, or either form inside an SNS record. Throws InvalidRequestError. */
export const parseAlarmEvent = (event: unknown): AlarmChange => {
  if (isObject(event) && 'Records' in event) {
    return parseAlarmEvent(json(parse(sns, event).Records[0]?.Sns.Message) ?? null);
  }
  if (isObject(event) && 'AlarmName' in event) {
    const message = parse(alarmMessage, event);
    return {
      alarm: message.AlarmName,
      from: message.OldStateValue,
      to: message.NewStateValue,
      reason: message.NewStateReason,
      at: message.StateChangeTime,
      firstBreachAt: null,
    };
  }
  const { alarmName, state, previousState } = parse(eventBridge, event).detail;
  return {
    alarm: alarmName,
    from: previousState.value,
    to: state.value,
    reason: state.reason,
    at: state.timestamp,
    firstBreachAt: firstBreach(state.reasonData),
  };
};
