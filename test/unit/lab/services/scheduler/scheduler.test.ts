import * as sc from '@aws-sdk/client-scheduler';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Door } from '#lab/door/door.ts';
import { createSchedulerService, type SchedulerService } from '#lab/services/scheduler/scheduler.ts';
import { labTime } from '#lab/time.ts';
import { stays, waitFor } from '#test/support/wait-for.ts';
import { clientOptions, createTargets, openDoor, REGION } from '#test/unit/lab/services/sdk.ts';

const FUNCTION = `arn:aws:lambda:${REGION}:123456789012:function:probe`;
const QUEUE = `arn:aws:sqs:${REGION}:123456789012:dead`;
const targets = createTargets();
let hold: Promise<void> | undefined;
let service: SchedulerService;
let door: Door;
let client: sc.SchedulerClient;

beforeAll(async () => {
  service = createSchedulerService({
    time: labTime(240),
    region: REGION,
    deliver: async (...args) => {
      await hold;
      return targets.deliver(...args);
    },
  });
  door = await openDoor(22, [service.service]);
  client = new sc.SchedulerClient(clientOptions(door));
});
afterAll(async () => {
  service.stop();
  await door.stop();
});
afterEach(async () => {
  const { Schedules = [] } = await client.send(new sc.ListSchedulesCommand({}));
  for (const { Name } of Schedules) await client.send(new sc.DeleteScheduleCommand({ Name }));
  targets.delivered.length = 0;
  targets.refused.clear();
});

const input = (Name: string, more: Partial<sc.CreateScheduleCommandInput> = {}): sc.CreateScheduleCommandInput => ({
  Name,
  ScheduleExpression: 'rate(1 minute)',
  FlexibleTimeWindow: { Mode: 'OFF' },
  Target: { Arn: FUNCTION, RoleArn: 'arn:aws:iam::123456789012:role/schedule', Input: '{"probe":"orders"}' },
  ...more,
});

test('a schedule runs at once and then each scaled minute, with input and role, until it is disabled', async () => {
  await client.send(new sc.CreateScheduleCommand(input('probe')));
  await waitFor('three runs', () => targets.delivered.length >= 3);
  expect(targets.delivered[0]).toEqual({
    arn: FUNCTION,
    payload: '{"probe":"orders"}',
    options: {
      roleArn: 'arn:aws:iam::123456789012:role/schedule',
      from: {
        service: 'scheduler.amazonaws.com',
        sourceArn: 'arn:aws:scheduler:us-west-2:123456789012:schedule-group/default',
      },
    },
  });
  await client.send(new sc.UpdateScheduleCommand(input('probe', { State: 'DISABLED' })));
  const { length } = targets.delivered;
  await stays('silent', () => targets.delivered.length === length, 400);
  expect(await client.send(new sc.GetScheduleCommand({ Name: 'probe' }))).toMatchObject({
    State: 'DISABLED',
    GroupName: 'default',
    CreationDate: expect.any(Date),
  });
});

test('a slow target has three deliveries under way and no more', async () => {
  let release = (): void => {};
  hold = new Promise((resolve) => {
    release = resolve;
  });
  await client.send(new sc.CreateScheduleCommand(input('slow')));
  await waitFor('a skip', () => service.counts('slow').skipped >= 1);
  expect(service.counts('slow').delivered).toBe(0);
  hold = undefined;
  release();
  await waitFor('the three', () => service.counts('slow').delivered >= 3);
});

test('what cannot be delivered goes to the dead-letter queue', async () => {
  targets.refused.add(FUNCTION);
  const Target = {
    ...input('x').Target,
    RetryPolicy: { MaximumRetryAttempts: 1 },
    DeadLetterConfig: { Arn: QUEUE },
  } as sc.Target;
  await client.send(
    new sc.CreateScheduleCommand(input('dead', { Target, ScheduleExpression: 'at(2020-01-01T00:00:00)' })),
  );
  await waitFor('the dead letter', () => targets.delivered.length === 1);
  expect(targets.delivered[0]).toMatchObject({
    arn: QUEUE,
    payload: '{"probe":"orders"}',
    options: { attributes: { TARGET_ARN: FUNCTION, RETRY_ATTEMPTS: '1' } },
  });
});

test('a second schedule of that name, a wrong expression and an absent one are refused', async () => {
  await client.send(new sc.CreateScheduleCommand(input('one', { State: 'DISABLED' })));
  await expect(client.send(new sc.CreateScheduleCommand(input('one')))).rejects.toBeInstanceOf(sc.ConflictException);
  await expect(
    client.send(new sc.CreateScheduleCommand(input('two', { ScheduleExpression: 'often' }))),
  ).rejects.toBeInstanceOf(sc.ValidationException);
  await expect(client.send(new sc.GetScheduleCommand({ Name: 'none' }))).rejects.toBeInstanceOf(
    sc.ResourceNotFoundException,
  );
});

test('schedules with a flexible window run within it, spread by their names', async () => {
  const window = { Mode: 'FLEXIBLE' as const, MaximumWindowInMinutes: 4 };
  const begun = Date.now();
  const at = new Map<string, number>();
  for (const name of ['one', 'two', 'three']) {
    const each = input(name, { FlexibleTimeWindow: window, ScheduleExpression: 'rate(1 hour)' });
    await client.send(new sc.CreateScheduleCommand(each));
  }
  await waitFor(
    'all three ran',
    () => {
      for (const name of ['one', 'two', 'three']) {
        if (service.counts(name).ran > 0 && !at.has(name)) at.set(name, Date.now() - begun);
      }
      return at.size === 3;
    },
    { everyMs: 5 },
  );
  // Four minutes are a second here.
  const moments = [...at.values()].sort((a, b) => a - b);
  expect((moments[2] ?? 0) - (moments[0] ?? 0)).toBeGreaterThan(20);
});
