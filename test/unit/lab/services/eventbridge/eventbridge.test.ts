import * as eb from '@aws-sdk/client-eventbridge';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Door } from '#lab/door/door.ts';
import { createEventBridgeService, type EventBridgeService } from '#lab/services/eventbridge/eventbridge.ts';
import { labTime } from '#lab/time.ts';
import { stays, waitFor } from '#test/support/wait-for.ts';
import { clientOptions, createTargets, openDoor, REGION } from '#test/unit/lab/services/sdk.ts';

const FUNCTION = `arn:aws:lambda:${REGION}:123456789012:function:intake`;
const QUEUE = `arn:aws:sqs:${REGION}:123456789012:dead`;
const targets = createTargets();
let service: EventBridgeService;
let door: Door;
let client: eb.EventBridgeClient;

beforeAll(async () => {
  service = createEventBridgeService({ time: labTime(240), region: REGION, deliver: targets.deliver });
  door = await openDoor(21, [service.service]);
  client = new eb.EventBridgeClient(clientOptions(door));
});
afterAll(async () => {
  service.stop();
  await door.stop();
});
beforeEach(() => {
  targets.delivered.length = 0;
  targets.refused.clear();
});

const rule = async (Name: string, target: Partial<eb.Target> = {}, source = Name): Promise<void> => {
  await client.send(new eb.PutRuleCommand({ Name, EventPattern: JSON.stringify({ source: [source] }) }));
  await client.send(new eb.PutTargetsCommand({ Rule: Name, Targets: [{ Id: '1', Arn: FUNCTION, ...target }] }));
};
const send = (Source: string, detail: unknown = { state: { value: 'ALARM' }, 'a-b': 3 }) =>
  client.send(
    new eb.PutEventsCommand({
      Entries: [{ Source, DetailType: 'Test', Detail: JSON.stringify(detail), Resources: ['arn:r'] }],
    }),
  );
const payload = async () => JSON.parse((await waitFor('a delivery', () => targets.delivered[0])).payload);

describe('a rule', () => {
  test('delivers the whole event, with the role of the target', async () => {
    await rule('whole', { RoleArn: 'arn:aws:iam::123456789012:role/events' });
    const { Entries } = await send('whole');
    expect(await payload()).toEqual({
      version: '0',
      id: Entries?.[0]?.EventId,
      'detail-type': 'Test',
      source: 'whole',
      account: '123456789012',
      time: expect.stringMatching(/Z$/),
      region: REGION,
      resources: ['arn:r'],
      detail: { state: { value: 'ALARM' }, 'a-b': 3 },
    });
    expect(targets.delivered[0]).toMatchObject({
      arn: FUNCTION,
      options: { roleArn: 'arn:aws:iam::123456789012:role/events' },
    });
  });

  test('with Input, InputPath or InputTransformer delivers that', async () => {
    await rule('input', { Input: '{"fixed":true}' });
    await send('input');
    expect(await payload()).toEqual({ fixed: true });
    targets.delivered.length = 0;
    await rule('path', { InputPath: '$.detail.state' });
    await send('path');
    expect(await payload()).toEqual({ value: 'ALARM' });
    targets.delivered.length = 0;
    await rule('transformer', {
      InputTransformer: {
        InputPathsMap: { state: '$.detail.state', value: '$.detail.state.value', id: '$.id' },
        InputTemplate: '{"plan":"orders","state":<state>,"text":"now <value>","rule":<aws.events.rule-name>}',
      },
    });
    await send('transformer');
    expect(await payload()).toEqual({
      plan: 'orders',
      state: { value: 'ALARM' },
      text: 'now ALARM',
      rule: 'transformer',
    });
  });

  test('that is disabled delivers nothing until it is enabled', async () => {
    await rule('switch');
    await client.send(new eb.DisableRuleCommand({ Name: 'switch' }));
    await send('switch');
    await stays('silent', () => targets.delivered.length === 0, 150);
    await client.send(new eb.EnableRuleCommand({ Name: 'switch' }));
    await send('switch');
    await payload();
  });

  test('takes events of AWS services in process only', async () => {
    await rule('alarms', {}, 'aws.cloudwatch');
    expect(await send('aws.cloudwatch')).toMatchObject({
      FailedEntryCount: 1,
      Entries: [{ ErrorCode: 'NotAuthorizedForSourceException' }],
    });
    service.emit({
      version: '0',
      id: 'e',
      'detail-type': 'x',
      source: 'aws.cloudwatch',
      account: '1',
      time: '',
      region: REGION,
      resources: [],
      detail: {},
    });
    expect(await payload()).toMatchObject({ id: 'e' });
  });

  test('on a schedule fires each scaled interval', async () => {
    await client.send(new eb.PutRuleCommand({ Name: 'beat', ScheduleExpression: 'rate(1 minute)' }));
    await client.send(new eb.PutTargetsCommand({ Rule: 'beat', Targets: [{ Id: '1', Arn: FUNCTION }] }));
    await waitFor('two beats', () => targets.delivered.length >= 2);
    expect(await payload()).toMatchObject({ source: 'aws.events', 'detail-type': 'Scheduled Event' });
    await client.send(new eb.DisableRuleCommand({ Name: 'beat' }));
  });
});

describe('a target that is away', () => {
  test('gets the event when it comes back', async () => {
    await rule('retry');
    targets.refused.add(FUNCTION);
    const before = targets.attempts();
    await send('retry');
    await waitFor('three attempts', () => targets.attempts() >= before + 3);
    targets.refused.clear();
    await payload();
    await waitFor('the record', () =>
      service.deliveries().some((one) => one.rule === 'retry' && one.outcome === 'delivered' && one.attempts > 3),
    );
  });

  test('sends its event to the dead-letter queue once the retries are used up', async () => {
    await rule('dead', { RetryPolicy: { MaximumRetryAttempts: 2 }, DeadLetterConfig: { Arn: QUEUE } });
    targets.refused.add(FUNCTION);
    await send('dead');
    expect(await payload()).toMatchObject({ source: 'dead' });
    expect(targets.delivered).toMatchObject([
      {
        arn: QUEUE,
        options: {
          attributes: {
            RULE_ARN: expect.stringContaining('rule/dead'),
            TARGET_ARN: FUNCTION,
            ERROR_CODE: 'TargetAway',
            RETRY_ATTEMPTS: '2',
            EXHAUSTED_RETRY_CONDITION: 'MaximumRetryAttempts',
          },
        },
      },
    ]);
  });
});

test('rules are listed, described and deleted as on AWS', async () => {
  await rule('listed');
  expect((await client.send(new eb.ListRulesCommand({ NamePrefix: 'listed' }))).Rules).toMatchObject([
    { Name: 'listed', State: 'ENABLED', EventBusName: 'default' },
  ]);
  expect((await client.send(new eb.ListTargetsByRuleCommand({ Rule: 'listed' }))).Targets).toEqual([
    { Id: '1', Arn: FUNCTION },
  ]);
  await expect(client.send(new eb.DeleteRuleCommand({ Name: 'listed' }))).rejects.toThrow('has targets');
  await client.send(new eb.RemoveTargetsCommand({ Rule: 'listed', Ids: ['1'] }));
  await client.send(new eb.DeleteRuleCommand({ Name: 'listed' }));
  await expect(client.send(new eb.DescribeRuleCommand({ Name: 'listed' }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
  await expect(
    client.send(new eb.PutRuleCommand({ Name: 'x', EventPattern: '{"source": "text"}' })),
  ).rejects.toMatchObject({ name: 'InvalidEventPatternException' });
});
