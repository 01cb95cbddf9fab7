import * as sns from '@aws-sdk/client-sns';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { labAddresses } from '#lab/addresses.ts';
import type { Door } from '#lab/door/door.ts';
import { createSmtpReceiver, type SmtpReceiver } from '#lab/parts/smtp-receiver.ts';
import { createWebhookReceiver, type WebhookReceiver } from '#lab/parts/webhook-receiver.ts';
import { createSnsService, type SnsService } from '#lab/services/sns/sns.ts';
import { labTime } from '#lab/time.ts';
import { waitFor } from '#test/support/wait-for.ts';
import { clientOptions, createTargets, openDoor, REGION } from '#test/unit/lab/services/sdk.ts';

const { site } = labAddresses(23);
const FUNCTION = `arn:aws:lambda:${REGION}:123456789012:function:intake`;
const QUEUE = `arn:aws:sqs:${REGION}:123456789012:inbox`;
const hook = (path: string) => `http://${site.webhook.host}:${site.webhook.port}${path}`;
const targets = createTargets();
let service: SnsService;
let door: Door;
let client: sns.SNSClient;
let smtp: SmtpReceiver;
let webhook: WebhookReceiver;

beforeAll(async () => {
  smtp = await createSmtpReceiver({ address: site.smtp });
  webhook = await createWebhookReceiver({ address: site.webhook });
  service = createSnsService({
    time: labTime(240),
    region: REGION,
    smtp: site.smtp,
    deliver: targets.deliver,
    url: `http://${site.control.host}:${site.control.port}`,
  });
  door = await openDoor(23, [service.service]);
  client = new sns.SNSClient(clientOptions(door));
});
afterAll(async () => {
  service.stop();
  await Promise.all([door.stop(), smtp.stop(), webhook.stop()]);
});
afterEach(() => {
  smtp.setMode('accept');
  webhook.setMode('accept');
  targets.delivered.length = 0;
});

const topic = async (Name: string): Promise<string> =>
  (await client.send(new sns.CreateTopicCommand({ Name }))).TopicArn ?? '';
const subscribe = (TopicArn: string, Protocol: string, Endpoint: string, Attributes: Record<string, string> = {}) =>
  client.send(new sns.SubscribeCommand({ TopicArn, Protocol, Endpoint, Attributes, ReturnSubscriptionArn: true }));
const isConfirmed = async (TopicArn: string) =>
  (await client.send(new sns.GetTopicAttributesCommand({ TopicArn }))).Attributes?.SubscriptionsPending === '0';
const publish = (TopicArn: string, Message: string, more: Partial<sns.PublishCommandInput> = {}) =>
  client.send(new sns.PublishCommand({ TopicArn, Message, ...more }));

describe('delivers', () => {
  test('by HTTP, after the endpoint confirmed, in the SNS envelope', async () => {
    const arn = await topic('http');
    await subscribe(arn, 'http', hook('/http'));
    const confirmation = await webhook.waitForRequest(
      ({ path, headers }) => path === '/http' && headers['x-amz-sns-message-type'] === 'SubscriptionConfirmation',
    );
    expect(JSON.parse(confirmation.body)).toMatchObject({
      Type: 'SubscriptionConfirmation',
      TopicArn: arn,
      Token: expect.any(String),
      SubscribeURL: expect.stringContaining(door.url),
    });
    await waitFor('confirmation', () => isConfirmed(arn));
    const { MessageId } = await publish(arn, 'Zürich is down', {
      Subject: 'ALARM',
      MessageAttributes: { severity: { DataType: 'String', StringValue: 'SEV1' } },
    });
    const request = await webhook.waitForRequest(
      ({ path, headers }) => path === '/http' && headers['x-amz-sns-message-type'] === 'Notification',
    );
    expect(request.headers).toMatchObject({
      'x-amz-sns-message-id': MessageId,
      'x-amz-sns-topic-arn': arn,
      'content-type': 'text/plain; charset=UTF-8',
    });
    expect(JSON.parse(request.body)).toMatchObject({
      Type: 'Notification',
      MessageId,
      TopicArn: arn,
      Subject: 'ALARM',
      Message: 'Zürich is down',
      MessageAttributes: { severity: { Type: 'String', Value: 'SEV1' } },
    });
    await waitFor('the record', () =>
      service
        .deliveries()
        .find((one) => one.messageId === MessageId && one.outcome === 'delivered' && one.attempts === 1),
    );
  });

  test('by mail, with the text for mail', async () => {
    const arn = await topic('mail');
    await subscribe(arn, 'email', 'cto@example.com');
    await publish(arn, JSON.stringify({ default: 'short', email: 'Dear all, it is long.' }), {
      Subject: 'SEV1: orders',
      MessageStructure: 'json',
    });
    const mail = await smtp.waitForMail(({ to }) => to.includes('cto@example.com'));
    expect(mail).toMatchObject({ subject: 'SEV1: orders' });
    expect(mail.text).toContain('Dear all, it is long.');
  });

  test('to functions and queues, raw where asked', async () => {
    const arn = await topic('targets');
    await subscribe(arn, 'lambda', FUNCTION);
    await subscribe(arn, 'sqs', QUEUE, { RawMessageDelivery: 'true' });
    await publish(arn, 'hello');
    await waitFor('two deliveries', () => targets.delivered.length === 2);
    const lambda = JSON.parse(targets.delivered.find((one) => one.arn === FUNCTION)?.payload ?? '');
    expect(lambda).toMatchObject({
      Records: [{ EventSource: 'aws:sns', Sns: { Type: 'Notification', Message: 'hello', TopicArn: arn } }],
    });
    expect(targets.delivered.find((one) => one.arn === QUEUE)?.payload).toBe('hello');
  });

  test('only what the filter policy lets through', async () => {
    const arn = await topic('filtered');
    const { SubscriptionArn } = await subscribe(arn, 'lambda', FUNCTION, {
      FilterPolicy: JSON.stringify({ severity: ['SEV1', 'SEV2'], minutes: [{ numeric: ['>=', 5] }] }),
    });
    const send = (severity: string, minutes: string) =>
      publish(arn, `${severity} ${minutes}`, {
        MessageAttributes: {
          severity: { DataType: 'String', StringValue: severity },
          minutes: { DataType: 'Number', StringValue: minutes },
        },
      });
    await send('SEV3', '9');
    await send('SEV1', '4');
    await publish(arn, 'no attributes');
    await send('SEV2', '5');
    await waitFor('the one', () => targets.delivered.length > 0);
    expect(targets.delivered.map(({ payload }) => JSON.parse(payload).Records[0].Sns.Message)).toEqual(['SEV2 5']);
    await expect(
      client.send(
        new sns.SetSubscriptionAttributesCommand({
          SubscriptionArn,
          AttributeName: 'FilterPolicy',
          AttributeValue: '{"a": "text"}',
        }),
      ),
    ).rejects.toBeInstanceOf(sns.InvalidParameterException);
  });
});

describe('a dead receiver', () => {
  test('blocks nothing, is tried again, and is on record as failed', async () => {
    const arn = await topic('dead');
    await subscribe(arn, 'http', hook('/dead'));
    await subscribe(arn, 'email', 'ops@example.com');
    await waitFor('confirmation', () => isConfirmed(arn));
    webhook.setMode('refuse');
    const started = performance.now();
    const { MessageId } = await publish(arn, 'x');
    expect(performance.now() - started).toBeLessThan(1_000);
    await smtp.waitForMail(({ to }) => to.includes('ops@example.com'));
    await waitFor('the failure', () =>
      service
        .deliveries()
        .find(
          (one) =>
            one.messageId === MessageId && one.protocol === 'http' && one.outcome === 'failed' && one.attempts === 4,
        ),
    );
  });

  test('that hangs does not hold up others of its kind', async () => {
    const arn = await topic('hanging');
    await subscribe(arn, 'http', hook('/hang'));
    await waitFor('confirmation', () => isConfirmed(arn));
    webhook.setMode('hang');
    await publish(arn, 'to the void');
    webhook.setMode('accept');
    await publish(arn, 'to the living');
    await webhook.waitForRequest(({ path, body }) => path === '/hang' && body.includes('to the living'));
  });
});

test('mail is pending in the answer and confirmed after it, and an HTTP token can be confirmed by its link', async () => {
  const arn = await topic('confirm');
  const pending = await client.send(
    new sns.SubscribeCommand({ TopicArn: arn, Protocol: 'email', Endpoint: 'a@example.com' }),
  );
  expect(pending.SubscriptionArn).toBe('pending confirmation');
  expect(await isConfirmed(arn)).toBe(true);
  webhook.setMode('refuse');
  await subscribe(arn, 'http', hook('/link'));
  expect(await isConfirmed(arn)).toBe(false);
  webhook.setMode('accept');
  await waitFor('a later attempt', () => isConfirmed(arn));
  const { body } = await webhook.waitForRequest(({ path }) => path === '/link');
  const visited = await fetch(JSON.parse(body).SubscribeURL);
  expect([visited.status, await visited.text()]).toEqual([200, expect.stringContaining('<SubscriptionArn>')]);
});

test('batches, lists and errors are as on AWS', async () => {
  const arn = await topic('batch');
  await subscribe(arn, 'lambda', FUNCTION);
  const batch = await client.send(
    new sns.PublishBatchCommand({
      TopicArn: arn,
      PublishBatchRequestEntries: [
        { Id: 'a', Message: 'one' },
        { Id: 'b', Message: '' },
      ],
    }),
  );
  expect(batch).toMatchObject({ Successful: [{ Id: 'a' }], Failed: [{ Id: 'b', SenderFault: true }] });
  expect((await client.send(new sns.ListSubscriptionsByTopicCommand({ TopicArn: arn }))).Subscriptions).toMatchObject([
    { Protocol: 'lambda', Endpoint: FUNCTION },
  ]);
  await client.send(
    new sns.SetTopicAttributesCommand({ TopicArn: arn, AttributeName: 'DisplayName', AttributeValue: 'Orders' }),
  );
  expect((await client.send(new sns.GetTopicAttributesCommand({ TopicArn: arn }))).Attributes).toMatchObject({
    DisplayName: 'Orders',
    SubscriptionsConfirmed: '1',
  });
  expect((await client.send(new sns.ListTopicsCommand({}))).Topics).toContainEqual({ TopicArn: arn });
  await expect(publish(`${arn}x`, 'm')).rejects.toBeInstanceOf(sns.NotFoundException);
  await expect(publish(arn, 'm', { Subject: 'x'.repeat(101) })).rejects.toBeInstanceOf(sns.InvalidParameterException);
  const [one] =
    (await client.send(new sns.ListSubscriptionsCommand({}))).Subscriptions?.filter(
      ({ TopicArn }) => TopicArn === arn,
    ) ?? [];
  await client.send(new sns.UnsubscribeCommand({ SubscriptionArn: one?.SubscriptionArn }));
  expect((await client.send(new sns.ListSubscriptionsByTopicCommand({ TopicArn: arn }))).Subscriptions).toEqual([]);
});
