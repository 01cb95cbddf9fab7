/**
 * SNS of one region. HTTP subscriptions get a SubscriptionConfirmation and are confirmed once the endpoint answers it with
 * 2xx or visits the token; mail subscriptions are confirmed by the lab itself, since nobody reads the link. A dead receiver
 * costs only its own retries: publishing never waits for a delivery.
 */
import { randomUUID } from 'node:crypto';
import type * as s from '@aws-sdk/client-sns';
import * as sns from '@aws-sdk/client-sns';
import type { Address } from '#lab/addresses.ts';
import { type LabService, type LabTime, type Log, ServiceFault } from '#lab/contract.ts';
import { type Deliver, withRetries } from '#lab/services/deliver.ts';
import { matchesPattern } from '#lab/services/eventbridge/pattern.ts';
import { page } from '#lab/services/page.ts';
import { bodiesOf, invalid, setSubscriptionAttribute } from '#lab/services/sns/input.ts';
import {
  bodyFor,
  confirmation,
  envelope,
  filterSubject,
  lambdaEvent,
  type Message,
} from '#lab/services/sns/message.ts';
import { shownSubscription as shown, topicAttributes } from '#lab/services/sns/shown.ts';
import { createTopics, type Subscription } from '#lab/services/sns/topics.ts';
import { createMailer, post } from '#lab/services/sns/transports.ts';

export interface SnsDeps {
  readonly time: LabTime;
  readonly region: string;
  /** Where mail goes. */
  readonly smtp: Address;
  /** Lambda functions and queues that are subscribed. */
  readonly deliver: Deliver;
  /** The door's URL, for the links in messages. */
  readonly url?: string;
  readonly now?: () => number;
  readonly log?: Log;
}

export interface SnsDelivery {
  /** Milliseconds since the epoch, when the outcome was known. */
  readonly at: number;
  readonly topic: string;
  readonly protocol: string;
  readonly endpoint: string;
  readonly messageId: string;
  readonly attempts: number;
  readonly outcome: 'delivered' | 'dead-letter' | 'failed';
}

export interface SnsService {
  readonly service: LabService;
  /** What the topic is encrypted with, as it was given. */
  keyOf(topicArn: string): string | undefined;
  createTopic(input: s.CreateTopicCommandInput): { TopicArn: string };
  subscribe(input: s.SubscribeCommandInput): { SubscriptionArn: string };
  publish(input: s.PublishCommandInput): { MessageId: string };
  deliveries(): SnsDelivery[];
  stop(): void;
}

const KEPT = 5_000;
/** AWS's default for HTTP: 3 retries, 20 s apart. */
const HTTP_RETRIES = 3;
const HTTP_DELAY_S = 20;

export const createSnsService = (deps: SnsDeps): SnsService => {
  const { time, region, smtp, deliver, url = '', now = Date.now, log = () => {} } = deps;
  const topics = createTopics(region);
  const mailer = createMailer(smtp);
  const stopping = new AbortController();
  let deliveries: SnsDelivery[] = [];

  const retries = {
    maximumAttempts: HTTP_RETRIES,
    maximumAgeMs: time.ms(3600),
    firstDelayMs: Math.max(10, time.ms(HTTP_DELAY_S)),
    capMs: Math.max(10, time.ms(HTTP_DELAY_S)),
  };

  const sender = (to: Subscription) => ({ from: { service: 'sns.amazonaws.com', sourceArn: to.topicArn } });

  const isRaw = (to: Subscription): boolean => to.attributes.get('RawMessageDelivery') === 'true';

  const attempt = async (message: Message, to: Subscription): Promise<void> => {
    const wrapped = (): string => envelope(message, to.protocol, to.arn, url);
    switch (to.protocol) {
      case 'http':
      case 'https':
        return post(
          to.endpoint,
          {
            type: 'Notification',
            id: message.id,
            topicArn: message.topicArn,
            subscriptionArn: to.arn,
            isRaw: isRaw(to),
            body: isRaw(to) ? bodyFor(message, to.protocol) : wrapped(),
          },
          stopping.signal,
        );
      case 'email':
        return mailer.send(to.endpoint, message.subject ?? 'AWS Notification Message', bodyFor(message, 'email'));
      case 'email-json':
        return mailer.send(to.endpoint, message.subject ?? 'AWS Notification Message', wrapped());
      case 'lambda':
        return deliver(to.endpoint, lambdaEvent(message, to.arn, url), sender(to));
      default:
        return deliver(to.endpoint, isRaw(to) ? bodyFor(message, to.protocol) : wrapped(), sender(to));
    }
  };

  const record = (message: Message, to: Subscription, attempts: number, outcome: SnsDelivery['outcome']): void => {
    deliveries.push({
      at: now(),
      topic: message.topicArn,
      protocol: to.protocol,
      endpoint: to.endpoint,
      messageId: message.id,
      attempts,
      outcome,
    });
    if (deliveries.length > 2 * KEPT) deliveries = deliveries.slice(-KEPT);
  };

  const send = async (message: Message, to: Subscription): Promise<void> => {
    const result = await withRetries(() => attempt(message, to), retries, stopping.signal);
    if (result.ok) return record(message, to, result.attempts, 'delivered');
    log('sns', `${to.protocol} ${to.endpoint} did not take a message of ${message.topicArn}`, {
      attempts: result.attempts,
      error: String(result.error),
    });
    const queue = (JSON.parse(to.attributes.get('RedrivePolicy') ?? '{}') as { deadLetterTargetArn?: string })
      .deadLetterTargetArn;
    if (!queue || result.exhausted === 'Stopped') return record(message, to, result.attempts, 'failed');
    await deliver(queue, envelope(message, to.protocol, to.arn, url), sender(to)).then(
      () => record(message, to, result.attempts, 'dead-letter'),
      () => record(message, to, result.attempts, 'failed'),
    );
  };

  const accepts = (to: Subscription, message: Message): boolean => {
    const policy = to.attributes.get('FilterPolicy');
    if (!policy || policy === '{}') return true;
    return matchesPattern(
      JSON.parse(policy),
      filterSubject(message, to.attributes.get('FilterPolicyScope') ?? 'MessageAttributes', to.protocol),
    );
  };

  const publish = (
    input: Pick<
      s.PublishCommandInput,
      'TopicArn' | 'TargetArn' | 'Subject' | 'Message' | 'MessageStructure' | 'MessageAttributes'
    >,
  ): { MessageId: string } => {
    const topic = topics.find(input.TopicArn ?? input.TargetArn);
    if (
      input.Subject !== undefined &&
      (input.Subject.length > 100 || /[\r\n]/.test(input.Subject) || input.Subject === '')
    )
      throw invalid('Subject');
    const message: Message = {
      id: randomUUID(),
      topicArn: topic.arn,
      subject: input.Subject,
      bodies: bodiesOf(input.Message, input.MessageStructure),
      attributes: input.MessageAttributes ?? {},
      at: now(),
    };
    for (const to of topic.subscriptions.values()) if (to.isConfirmed && accepts(to, message)) void send(message, to);
    return { MessageId: message.id };
  };

  /** Sends the confirmation until the endpoint takes it, within AWS's retries. */
  const confirmHttp = async (to: Subscription): Promise<void> => {
    const id = randomUUID();
    const body = confirmation(to.topicArn, to.token, id, now(), url);
    const result = await withRetries(
      () => post(to.endpoint, { type: 'SubscriptionConfirmation', id, topicArn: to.topicArn, body }, stopping.signal),
      retries,
      stopping.signal,
    );
    if (result.ok) to.isConfirmed = true;
    else log('sns', `${to.endpoint} did not confirm its subscription`, { error: String(result.error) });
  };

  const subscribe = (input: s.SubscribeCommandInput): { SubscriptionArn: string } => {
    const topic = topics.find(input.TopicArn);
    const to = topics.subscribe(topic, input.Protocol ?? '', input.Endpoint ?? '', {});
    for (const [name, value] of Object.entries(input.Attributes ?? {})) setSubscriptionAttribute(to, name, value);
    if (to.isConfirmed || input.ReturnSubscriptionArn) {
      if (!to.isConfirmed) confirm(to);
      return { SubscriptionArn: to.arn };
    }
    confirm(to);
    return { SubscriptionArn: 'pending confirmation' };
  };

  const confirm = (to: Subscription): void => {
    if (to.protocol.startsWith('http')) void confirmHttp(to);
    // Mail: pending for this call, confirmed for the next.
    else queueMicrotask(() => (to.isConfirmed = true));
  };

  const createTopic = ({ Name, Attributes = {} }: s.CreateTopicCommandInput): { TopicArn: string } => ({
    TopicArn: topics.create(Name, Attributes).arn,
  });

  const publishBatch = (input: s.PublishBatchCommandInput): Partial<s.PublishBatchCommandOutput> => {
    const entries = input.PublishBatchRequestEntries ?? [];
    if (entries.length === 0)
      throw new ServiceFault('EmptyBatchRequestException', 'The batch request does not contain any entries.');
    if (entries.length > 10)
      throw new ServiceFault(
        'TooManyEntriesInBatchRequestException',
        'The batch request contains more entries than permissible.',
      );
    topics.find(input.TopicArn);
    const Successful: s.PublishBatchResultEntry[] = [];
    const Failed: s.BatchResultErrorEntry[] = [];
    for (const { Id, ...entry } of entries) {
      try {
        Successful.push({ Id, ...publish({ ...entry, TopicArn: input.TopicArn }) });
      } catch (error) {
        Failed.push({ Id, Code: 'InvalidParameter', Message: String((error as Error).message), SenderFault: true });
      }
    }
    return { Successful, Failed };
  };

  const listOf = (all: readonly Subscription[], token: string | undefined) => {
    const { items, next } = page(all, token, 100);
    return { Subscriptions: items.map(shown), ...(next && { NextToken: next }) };
  };

  const service: LabService = {
    name: 'sns',
    schemas: sns,
    operations: {
      CreateTopic: createTopic,
      DeleteTopic: ({ TopicArn }: s.DeleteTopicCommandInput) => topics.delete(TopicArn ?? ''),
      ListTopics: ({ NextToken }: s.ListTopicsCommandInput) => {
        const { items, next } = page(topics.list(), NextToken, 100);
        return { Topics: items.map(({ arn }) => ({ TopicArn: arn })), ...(next && { NextToken: next }) };
      },
      GetTopicAttributes: ({ TopicArn }: s.GetTopicAttributesCommandInput) => ({
        Attributes: topicAttributes(topics.find(TopicArn)),
      }),
      SetTopicAttributes: ({ TopicArn, AttributeName = '', AttributeValue = '' }: s.SetTopicAttributesCommandInput) =>
        void topics.find(TopicArn).attributes.set(AttributeName, AttributeValue),
      Subscribe: subscribe,
      ConfirmSubscription: ({ TopicArn, Token }: s.ConfirmSubscriptionCommandInput) => {
        const to = [...topics.find(TopicArn).subscriptions.values()].find(({ token }) => token === Token);
        if (!to) throw invalid('Token');
        to.isConfirmed = true;
        return { SubscriptionArn: to.arn };
      },
      ListSubscriptions: ({ NextToken }: s.ListSubscriptionsCommandInput) => listOf(topics.subscriptions(), NextToken),
      ListSubscriptionsByTopic: ({ TopicArn, NextToken }: s.ListSubscriptionsByTopicCommandInput) =>
        listOf([...topics.find(TopicArn).subscriptions.values()], NextToken),
      Unsubscribe: ({ SubscriptionArn }: s.UnsubscribeCommandInput) => topics.unsubscribe(SubscriptionArn),
      GetSubscriptionAttributes: ({ SubscriptionArn }: s.GetSubscriptionAttributesCommandInput) => {
        const to = topics.subscription(SubscriptionArn);
        return {
          Attributes: {
            ...shown(to),
            PendingConfirmation: String(!to.isConfirmed),
            ...Object.fromEntries(to.attributes),
          },
        };
      },
      SetSubscriptionAttributes: ({
        SubscriptionArn,
        AttributeName,
        AttributeValue,
      }: s.SetSubscriptionAttributesCommandInput) =>
        setSubscriptionAttribute(topics.subscription(SubscriptionArn), AttributeName, AttributeValue),
      Publish: publish,
      PublishBatch: publishBatch,
    },
  };

  return {
    service,
    keyOf: (topicArn) =>
      topics
        .list()
        .find(({ arn }) => arn === topicArn)
        ?.attributes.get('KmsMasterKeyId'),
    createTopic,
    subscribe,
    publish,
    deliveries: () => deliveries.slice(-KEPT),
    stop() {
      stopping.abort();
      mailer.close();
    },
  };
};
