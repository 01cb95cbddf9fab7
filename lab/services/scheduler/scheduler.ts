/** EventBridge Scheduler of one region: schedules that call a target, with retries and dead letters. Group `default` only. */

import { createHash } from 'node:crypto';
import type * as sc from '@aws-sdk/client-scheduler';
import * as scheduler from '@aws-sdk/client-scheduler';
import { type LabService, type LabTime, type Log, ServiceFault } from '#lab/contract.ts';
import { arnOf } from '#lab/iam/arns.ts';
import type { Actor } from '#lab/iam/authority.ts';
import { type Deliver, deadLetter, withRetries } from '#lab/services/deliver.ts';
import { page } from '#lab/services/page.ts';
import { parseExpression, type Repetition, repeat } from '#lab/services/scheduler/expression.ts';

export interface SchedulerDeps {
  readonly time: LabTime;
  readonly region: string;
  readonly deliver: Deliver;
  readonly now?: () => number;
  readonly log?: Log;
}

export interface SchedulerService {
  readonly service: LabService;
  createSchedule(input: sc.CreateScheduleCommandInput): { ScheduleArn: string };
  updateSchedule(input: sc.UpdateScheduleCommandInput): { ScheduleArn: string };
  deleteSchedule(input: sc.DeleteScheduleCommandInput): void;
  /** Times a schedule ran, was delivered, and was skipped because three deliveries were still under way. */
  counts(name: string): { readonly ran: number; readonly delivered: number; readonly skipped: number };
  stop(): void;
}

interface Schedule {
  definition: sc.CreateScheduleCommandInput;
  readonly createdAt: Date;
  changedAt: Date;
  repetition: Repetition | undefined;
  inFlight: number;
  ran: number;
  delivered: number;
  skipped: number;
}

/** A scaled minute is 250 ms: a slow target must not pile up calls without end, as AWS would let it. */
const MAX_IN_FLIGHT = 3;
const GROUP = 'default';
const RETRIES = 185;
const AGE_S = 86_400;

/** Trust policies see the group. https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html */
export const schedulerIn = (region: string): Actor => ({
  service: 'scheduler.amazonaws.com',
  sourceArn: arnOf('scheduler', region, `schedule-group/${GROUP}`),
});

export const createSchedulerService = (deps: SchedulerDeps): SchedulerService => {
  const { time, region, deliver, now = Date.now, log = () => {} } = deps;
  const schedules = new Map<string, Schedule>();
  const stopping = new AbortController();
  const delayed = new Set<NodeJS.Timeout>();

  const find = (name: string | undefined): Schedule => {
    const schedule = schedules.get(name ?? '');
    if (!schedule) throw new ServiceFault('ResourceNotFoundException', `Schedule ${name} does not exist.`);
    return schedule;
  };

  const scheduleArn = (name: string | undefined): string => arnOf('scheduler', region, `schedule/${GROUP}/${name}`);

  const group = (name: string | undefined): void => {
    if (name !== undefined && name !== GROUP)
      throw new ServiceFault('ResourceNotFoundException', `Schedule group ${name} does not exist.`);
  };

  const validate = (input: sc.CreateScheduleCommandInput): void => {
    group(input.GroupName);
    if (!input.Name) throw new ServiceFault('ValidationException', 'Name must not be empty');
    if (!input.Target?.Arn || !input.Target.RoleArn)
      throw new ServiceFault('ValidationException', 'Target needs Arn and RoleArn');
    if (!input.FlexibleTimeWindow?.Mode)
      throw new ServiceFault('ValidationException', 'FlexibleTimeWindow.Mode must be given');
    parseExpression(input.ScheduleExpression ?? '');
  };

  /** Scheduler fills these in inside `Input`. */
  const payloadOf = (schedule: Schedule, at: number): string =>
    (schedule.definition.Target?.Input ?? '{}')
      .replaceAll('<aws.scheduler.schedule-arn>', scheduleArn(schedule.definition.Name))
      .replaceAll('<aws.scheduler.scheduled-time>', new Date(at).toISOString().replace(/\.\d+Z$/, 'Z'))
      .replaceAll('<aws.scheduler.execution-id>', String(schedule.ran))
      .replaceAll('<aws.scheduler.attempt-number>', '1');

  const send = async (schedule: Schedule): Promise<void> => {
    const { Name, Target } = schedule.definition;
    const { MaximumRetryAttempts = RETRIES, MaximumEventAgeInSeconds = AGE_S } = Target?.RetryPolicy ?? {};
    const payload = payloadOf(schedule, now());
    const arn = Target?.Arn ?? '';
    const sender = { from: schedulerIn(region), roleArn: Target?.RoleArn ?? '' };
    const result = await withRetries(
      () => deliver(arn, payload, sender),
      {
        maximumAttempts: MaximumRetryAttempts,
        maximumAgeMs: time.ms(MaximumEventAgeInSeconds),
        firstDelayMs: Math.max(5, time.ms(1)),
        capMs: Math.max(20, time.ms(60)),
      },
      stopping.signal,
    );
    if (result.ok) {
      schedule.delivered += 1;
      return;
    }
    log('scheduler', `schedule ${Name} could not reach ${arn}`, {
      attempts: result.attempts,
      error: String(result.error),
    });
    const queue = Target?.DeadLetterConfig?.Arn;
    if (!queue || result.exhausted === 'Stopped') return;
    await deadLetter(
      deliver,
      queue,
      payload,
      result,
      { SCHEDULE_ARN: scheduleArn(Name), TARGET_ARN: arn },
      sender,
      (error) => log('scheduler', `the dead letter of schedule ${Name} was refused`, { queue, error: String(error) }),
    );
  };

  const run = (schedule: Schedule): void => {
    schedule.ran += 1;
    if (schedule.inFlight >= MAX_IN_FLIGHT) {
      schedule.skipped += 1;
      log(
        'scheduler',
        `schedule ${schedule.definition.Name} was skipped: ${schedule.inFlight} deliveries are still under way`,
      );
      return;
    }
    schedule.inFlight += 1;
    void send(schedule).finally(() => {
      schedule.inFlight -= 1;
      const isOver =
        schedule.definition.ScheduleExpression?.startsWith('at(') &&
        schedule.definition.ActionAfterCompletion === 'DELETE';
      if (isOver) schedules.delete(schedule.definition.Name ?? '');
    });
  };

  /**
   * With a flexible window AWS chooses a moment within it; here the name does, so that schedules made together are spread and each run of a
   * lab is alike. https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-flexible-time-windows.html
   */
  const runInWindow = (schedule: Schedule): void => {
    const { Name = '', FlexibleTimeWindow } = schedule.definition;
    const minutes = FlexibleTimeWindow?.Mode === 'FLEXIBLE' ? (FlexibleTimeWindow.MaximumWindowInMinutes ?? 0) : 0;
    if (minutes === 0) {
      run(schedule);
      return;
    }
    const share = createHash('sha256').update(Name).digest().readUInt32BE() / 2 ** 32;
    const timer = setTimeout(
      () => {
        delayed.delete(timer);
        if (schedules.get(Name) === schedule) run(schedule);
      },
      time.ms(minutes * 60) * share,
    );
    delayed.add(timer);
  };

  const arm = (schedule: Schedule): void => {
    schedule.repetition?.stop();
    schedule.repetition = undefined;
    const { State, ScheduleExpression } = schedule.definition;
    if (State === 'DISABLED' || stopping.signal.aborted) return;
    schedule.repetition = repeat({
      expression: parseExpression(ScheduleExpression ?? ''),
      time,
      now,
      isFirstAtOnce: true,
      run: () => runInWindow(schedule),
    });
  };

  const createSchedule = (input: sc.CreateScheduleCommandInput): { ScheduleArn: string } => {
    validate(input);
    const name = input.Name ?? '';
    if (schedules.has(name)) throw new ServiceFault('ConflictException', `Schedule ${name} already exists.`);
    const at = new Date(now());
    const schedule: Schedule = {
      definition: { State: 'ENABLED', ...input },
      createdAt: at,
      changedAt: at,
      repetition: undefined,
      inFlight: 0,
      ran: 0,
      delivered: 0,
      skipped: 0,
    };
    schedules.set(name, schedule);
    arm(schedule);
    return { ScheduleArn: scheduleArn(name) };
  };

  /** Like AWS, an update replaces the whole schedule: what is not given goes back to its default. */
  const updateSchedule = (input: sc.UpdateScheduleCommandInput): { ScheduleArn: string } => {
    const schedule = find(input.Name);
    validate(input);
    schedule.definition = { State: 'ENABLED', ...input };
    schedule.changedAt = new Date(now());
    arm(schedule);
    return { ScheduleArn: scheduleArn(input.Name) };
  };

  const deleteSchedule = ({ Name, GroupName }: sc.DeleteScheduleCommandInput): void => {
    group(GroupName);
    find(Name).repetition?.stop();
    schedules.delete(Name ?? '');
  };

  const shown = ({ definition, createdAt, changedAt }: Schedule) => ({
    ...definition,
    Arn: scheduleArn(definition.Name),
    GroupName: GROUP,
    CreationDate: createdAt,
    LastModificationDate: changedAt,
  });

  const summary = (schedule: Schedule): sc.ScheduleSummary => {
    const { Arn, Name, GroupName, State, CreationDate, LastModificationDate, Target } = shown(schedule);
    return { Arn, Name, GroupName, State, CreationDate, LastModificationDate, Target: { Arn: Target?.Arn } };
  };

  const listSchedules = (input: sc.ListSchedulesCommandInput): Partial<sc.ListSchedulesCommandOutput> => {
    const found = [...schedules.values()]
      .map(summary)
      .filter(({ Name, State }) => Name?.startsWith(input.NamePrefix ?? '') && (!input.State || State === input.State));
    const { items, next } = page(found, input.NextToken, input.MaxResults ?? 100);
    return { Schedules: items, NextToken: next };
  };

  return {
    service: {
      name: 'scheduler',
      schemas: scheduler,
      operations: {
        CreateSchedule: createSchedule,
        UpdateSchedule: updateSchedule,
        GetSchedule: ({ Name, GroupName }: sc.GetScheduleCommandInput) => {
          group(GroupName);
          return shown(find(Name));
        },
        ListSchedules: listSchedules,
        DeleteSchedule: deleteSchedule,
      },
    },
    createSchedule,
    updateSchedule,
    deleteSchedule,
    counts(name) {
      const { ran, delivered, skipped } = find(name);
      return { ran, delivered, skipped };
    },
    stop() {
      for (const timer of delayed) clearTimeout(timer);
      stopping.abort();
      for (const schedule of schedules.values()) schedule.repetition?.stop();
    },
  };
};
