/** Metric alarms: their state, their transitions, and when they are looked at. */
import type {
  AlarmHistoryItem,
  MetricAlarm,
  PutMetricAlarmCommandInput,
  SetAlarmStateCommandInput,
  StateValue,
} from '@aws-sdk/client-cloudwatch';
import { ACCOUNT, type LabTime, type Log, ServiceFault } from '#lab/contract.ts';
import { ruleOf, statisticOf, validateAlarm } from '#lab/services/cloudwatch/definition.ts';
import {
  type AgedDatapoint,
  type AlarmRule,
  evaluate,
  evaluationRange,
  latePeriods,
} from '#lab/services/cloudwatch/evaluate.ts';
import type { MetricId, MetricStore } from '#lab/services/cloudwatch/metrics.ts';
import {
  type AlarmNotification,
  type AlarmState,
  notificationOf,
  offsetTime,
  stateChangeEvent,
} from '#lab/services/cloudwatch/notification.ts';
import { reasonOf } from '#lab/services/cloudwatch/reason.ts';
import type { LabEvent } from '#lab/services/eventbridge/event.ts';

export interface AlarmDeps {
  readonly time: LabTime;
  readonly region: string;
  readonly metrics: MetricStore;
  readonly now: () => number;
  readonly log: Log;
  /** The `CloudWatch Alarm State Change` event of each transition. */
  readonly emit: (event: LabEvent) => void;
  /** An alarm action: `actionArn` is an SNS topic or a Lambda function. */
  readonly act: (actionArn: string, notification: AlarmNotification) => void;
}

export interface Alarms {
  putMetricAlarm(input: PutMetricAlarmCommandInput): void;
  setAlarmState(input: SetAlarmStateCommandInput): void;
  setActionsEnabled(names: readonly string[], enabled: boolean): void;
  delete(names: readonly string[]): void;
  list(): MetricAlarm[];
  history(): AlarmHistoryItem[];
  /** New data came for this metric. */
  touched(id: MetricId): void;
  stop(): void;
}

interface Alarm {
  definition: MetricAlarm;
  state: AlarmState;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Number of the period that was looked at last, so that a quiet period costs nothing. */
  lookedAt: number;
}

const HISTORY = 2_000;
/** Real ms between looks at the clock; a scaled minute is 250 ms. */
const TICK_MS = 25;

const metricOf = (alarm: MetricAlarm): MetricId => ({
  namespace: alarm.Namespace ?? '',
  name: alarm.MetricName ?? '',
  dimensions: alarm.Dimensions ?? [],
});

/** A period that has just begun may count only if more data cannot turn its verdict into "not breaching". */
const mayUseOpenPeriod = (alarm: MetricAlarm): boolean =>
  !['Sum', 'SampleCount'].includes(statisticOf(alarm)) || (alarm.ComparisonOperator ?? '').startsWith('GreaterThan');

export const createAlarms = (deps: AlarmDeps): Alarms => {
  const { time, region, metrics, now, emit, act, log } = deps;
  const alarms = new Map<string, Alarm>();
  let history: AlarmHistoryItem[] = [];

  const record = (
    alarm: MetricAlarm,
    type: 'StateUpdate' | 'ConfigurationUpdate' | 'Action',
    summary: string,
    data: unknown,
  ): void => {
    history.push({
      AlarmName: alarm.AlarmName,
      AlarmType: 'MetricAlarm',
      Timestamp: new Date(now()),
      HistoryItemType: type,
      HistorySummary: summary,
      HistoryData: JSON.stringify(data),
    });
    if (history.length > 2 * HISTORY) history = history.slice(-HISTORY);
  };

  const find = (name: string | undefined): Alarm => {
    const alarm = alarms.get(name ?? '');
    if (!alarm) throw new ServiceFault('ResourceNotFound', `Unknown alarm: ${name}`);
    return alarm;
  };

  const runActions = (alarm: Alarm, previous: AlarmState): void => {
    const { definition, state } = alarm;
    if (definition.ActionsEnabled === false) return;
    const actions = {
      ALARM: definition.AlarmActions,
      OK: definition.OKActions,
      INSUFFICIENT_DATA: definition.InsufficientDataActions,
    };
    for (const arn of actions[state.value as StateValue & keyof typeof actions] ?? []) {
      record(definition, 'Action', `Successfully executed action ${arn}`, {
        actionState: 'Succeeded',
        notificationResource: arn,
      });
      try {
        act(arn, notificationOf(definition, region, previous, state));
      } catch (error) {
        log('cloudwatch', `the action ${arn} of alarm ${definition.AlarmName} failed`, { error: String(error) });
      }
    }
  };

  const transition = (alarm: Alarm, value: string, reason: string, reasonData: string): void => {
    const previous = alarm.state;
    if (previous.value === value) return;
    alarm.state = { value, reason, reasonData, at: now() };
    record(alarm.definition, 'StateUpdate', `Alarm updated from ${previous.value} to ${value}`, {
      version: '1.0',
      oldState: { stateValue: previous.value, stateReason: previous.reason },
      newState: { stateValue: value, stateReason: reason },
    });
    log('cloudwatch', `alarm ${alarm.definition.AlarmName} in ${region}: ${previous.value} -> ${value}`, { reason });
    try {
      emit(stateChangeEvent(alarm.definition, region, previous, alarm.state));
    } catch (error) {
      log('cloudwatch', `the event of alarm ${alarm.definition.AlarmName} was not taken`, { error: String(error) });
    }
    runActions(alarm, previous);
  };

  const look = (alarm: Alarm): void => {
    const { definition } = alarm;
    const periodMs = time.ms(definition.Period ?? 60);
    const current = Math.floor(now() / periodMs);
    alarm.lookedAt = current;
    const range = evaluationRange(definition.EvaluationPeriods ?? 1);
    // Before the alarm existed nothing could have been measured for it: a fresh alarm waits one range before gaps count.
    const isFresh = now() - alarm.createdAt < range * periodMs;
    const reach = range + latePeriods(periodMs);
    const rule: AlarmRule = { ...ruleOf(definition), ...(isFresh && { treatMissingData: 'ignore' }) };
    const points = metrics.datapoints(
      metricOf(definition),
      statisticOf(definition),
      periodMs,
      (current - reach) * periodMs,
      (current + 1) * periodMs,
    );
    const numbered = points.map(({ at, value }) => ({ period: Math.round(at / periodMs), at, value }));
    const usesOpen = mayUseOpenPeriod(definition) && numbered.some(({ period }) => period === current);
    const newest = usesOpen ? current : current - 1;
    const aged = numbered
      .map(({ period, value, at }) => ({ age: newest - period + 1, value, at }))
      .filter(({ age }) => age >= 1 && age <= reach);
    const verdict = evaluate(rule, aged satisfies AgedDatapoint[]);
    if (verdict.state === undefined || verdict.state === alarm.state.value) return;
    const times = new Map(aged.map(({ age, at }) => [age, at]));
    const oldest = verdict.datapoints.at(-1);
    const reasonData = {
      version: '1.0',
      queryDate: offsetTime(now()),
      ...(oldest && { startDate: offsetTime(times.get(oldest.age) ?? now()) }),
      statistic: statisticOf(definition),
      period: definition.Period,
      recentDatapoints: verdict.datapoints.map(({ value }) => value).reverse(),
      threshold: definition.Threshold,
      evaluatedDatapoints: verdict.datapoints.map(({ age, value }) => ({
        timestamp: offsetTime(times.get(age) ?? 0),
        value,
      })),
    };
    transition(
      alarm,
      verdict.state,
      reasonOf(definition, verdict, alarm.state.value, times),
      JSON.stringify(reasonData),
    );
  };

  const timer = setInterval(() => {
    for (const alarm of alarms.values()) {
      if (Math.floor(now() / time.ms(alarm.definition.Period ?? 60)) !== alarm.lookedAt) look(alarm);
    }
  }, TICK_MS);
  timer.unref();

  const sameMetric = (a: MetricId, b: MetricId): boolean =>
    a.namespace === b.namespace &&
    a.name === b.name &&
    a.dimensions.length === b.dimensions.length &&
    a.dimensions.every(({ Name, Value }) => b.dimensions.some((other) => other.Name === Name && other.Value === Value));

  return {
    putMetricAlarm(input) {
      validateAlarm(input);
      const name = input.AlarmName ?? '';
      const { Tags: _tags, ...given } = input;
      const definition: MetricAlarm = {
        ActionsEnabled: true,
        ...given,
        AlarmArn: `arn:aws:cloudwatch:${region}:${ACCOUNT}:alarm:${name}`,
        AlarmConfigurationUpdatedTimestamp: new Date(now()),
      };
      const known = alarms.get(name);
      record(definition, 'ConfigurationUpdate', known ? `Alarm "${name}" updated` : `Alarm "${name}" created`, given);
      const initial = {
        value: 'INSUFFICIENT_DATA',
        reason: 'Unchecked: Initial alarm creation',
        reasonData: '{}',
        at: now(),
      };
      const alarm = known ?? { definition, state: initial, createdAt: now(), lookedAt: -1 };
      Object.assign(alarm, { definition, lookedAt: -1 });
      alarms.set(name, alarm);
    },
    setAlarmState({ AlarmName, StateValue, StateReason = '', StateReasonData = '{}' }) {
      transition(find(AlarmName), StateValue ?? 'OK', StateReason, StateReasonData);
    },
    setActionsEnabled(names, enabled) {
      for (const name of names) {
        const alarm = alarms.get(name);
        if (alarm) alarm.definition = { ...alarm.definition, ActionsEnabled: enabled };
      }
    },
    delete(names) {
      for (const name of names) find(name);
      for (const name of names) alarms.delete(name);
    },
    list: () =>
      [...alarms.values()].map(({ definition, state }) => ({
        ...definition,
        StateValue: state.value as StateValue,
        StateReason: state.reason,
        StateReasonData: state.reasonData,
        StateUpdatedTimestamp: new Date(state.at),
        StateTransitionedTimestamp: new Date(state.at),
      })),
    history: () => history,
    touched(id) {
      for (const alarm of alarms.values()) if (sameMetric(id, metricOf(alarm.definition))) look(alarm);
    },
    stop: () => clearInterval(timer),
  };
};
