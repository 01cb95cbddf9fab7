import type * as sns from '@aws-sdk/client-sns';
import { queueArn } from '#lab/iam/arns.ts';
import type { Targets } from '#lab/stack/deploy.ts';
import { asText, needed } from '#lab/stack/properties.ts';
import type { RoleStore } from '#lab/stack/roles.ts';

type Maybe<T> = T | Promise<T>;

/** The topics of the stack's region. */
export interface TopicsPort {
  createTopic(input: sns.CreateTopicCommandInput): Maybe<{ readonly TopicArn: string }>;
  subscribe(input: sns.SubscribeCommandInput): Maybe<{ readonly SubscriptionArn: string }>;
}

export interface QueuesPort {
  createQueue(
    region: string,
    input: { readonly QueueName: string; readonly Attributes?: Readonly<Record<string, string>> },
  ): Maybe<{ readonly arn: string; readonly url: string }>;
}

/** Attributes of the API are text; those that are not given are left out. */
const attributes = (properties: Record<string, unknown>, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    names.filter((name) => properties[name] !== undefined).map((name) => [name, asText(properties[name])]),
  );

const SUBSCRIPTION = ['FilterPolicy', 'FilterPolicyScope', 'RawMessageDelivery', 'RedrivePolicy', 'DeliveryPolicy'];

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SNS.html */
export const topicTargets = (topics: TopicsPort, roles: RoleStore): Targets => ({
  async 'AWS::SNS::Topic'(id, properties, { physicalName }) {
    const name = properties.TopicName ?? physicalName(id, 256);
    const { TopicArn } = await topics.createTopic({
      Name: name,
      Attributes: attributes(properties, ['DisplayName', 'DeliveryPolicy', 'KmsMasterKeyId']),
    });
    for (const { Protocol, Endpoint } of properties.Subscription ?? []) {
      await topics.subscribe({ TopicArn, Protocol, Endpoint });
    }
    return { ref: TopicArn, attributes: { TopicArn, TopicName: name } };
  },
  async 'AWS::SNS::Subscription'(_id, properties) {
    const { SubscriptionArn } = await topics.subscribe({
      TopicArn: needed(properties, 'TopicArn'),
      Protocol: needed(properties, 'Protocol'),
      Endpoint: needed(properties, 'Endpoint'),
      Attributes: attributes(properties, SUBSCRIPTION),
    });
    return { ref: SubscriptionArn, attributes: { Arn: SubscriptionArn } };
  },
  'AWS::SNS::TopicPolicy': (id, { Topics, PolicyDocument }, context) => {
    for (const resource of Topics) {
      roles.addResourcePolicy({ resource, statements: [PolicyDocument.Statement].flat() });
    }
    return { ref: context.physicalName(id, 100), attributes: {} };
  },
});

const QUEUE = ['VisibilityTimeout', 'MessageRetentionPeriod', 'DelaySeconds', 'RedrivePolicy', 'KmsMasterKeyId'];

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SQS.html */
export const queueTargets = (queues: QueuesPort, roles: RoleStore): Targets => ({
  async 'AWS::SQS::Queue'(id, properties, { region, physicalName }) {
    const name = properties.QueueName ?? physicalName(id, 80);
    const { arn, url } = await queues.createQueue(region, {
      QueueName: name,
      Attributes: attributes(properties, QUEUE),
    });
    return { ref: url, attributes: { Arn: arn, QueueName: name, QueueUrl: url } };
  },
  'AWS::SQS::QueuePolicy': (id, { Queues, PolicyDocument }, context) => {
    for (const resource of Queues) {
      roles.addResourcePolicy({ resource: queueArn(resource), statements: [PolicyDocument.Statement].flat() });
    }
    return { ref: context.physicalName(id, 100), attributes: {} };
  },
});
