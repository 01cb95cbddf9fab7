/** Topics and subscriptions of one region, as data. */
import { randomUUID } from 'node:crypto';
import { ACCOUNT, ServiceFault } from '#lab/contract.ts';

export interface Subscription {
  readonly arn: string;
  readonly topicArn: string;
  readonly protocol: string;
  readonly endpoint: string;
  readonly token: string;
  isConfirmed: boolean;
  readonly attributes: Map<string, string>;
}

export interface Topic {
  readonly arn: string;
  readonly attributes: Map<string, string>;
  readonly subscriptions: Map<string, Subscription>;
}

export interface Topics {
  create(name: string | undefined, attributes: Readonly<Record<string, string>>): Topic;
  delete(arn: string): void;
  find(arn: string | undefined): Topic;
  list(): Topic[];
  subscribe(
    topic: Topic,
    protocol: string,
    endpoint: string,
    attributes: Readonly<Record<string, string>>,
  ): Subscription;
  subscription(arn: string | undefined): Subscription;
  subscriptions(): Subscription[];
  unsubscribe(arn: string | undefined): void;
}

const PROTOCOLS = new Set(['http', 'https', 'email', 'email-json', 'lambda', 'sqs']);

export const createTopics = (region: string): Topics => {
  const topics = new Map<string, Topic>();
  const subscriptions = (): Subscription[] =>
    [...topics.values()].flatMap((topic) => [...topic.subscriptions.values()]);
  const find = (arn: string | undefined): Topic => {
    const topic = topics.get(arn ?? '');
    if (!topic) throw new ServiceFault('NotFoundException', 'Topic does not exist');
    return topic;
  };
  const subscription = (arn: string | undefined): Subscription => {
    const found = subscriptions().find((one) => one.arn === arn);
    if (!found) throw new ServiceFault('NotFoundException', 'Subscription does not exist');
    return found;
  };
  return {
    find,
    subscription,
    subscriptions,
    list: () => [...topics.values()],
    delete: (arn) => void topics.delete(arn),
    create(name, attributes) {
      if (!/^[\w-]{1,256}(\.fifo)?$/.test(name ?? ''))
        throw new ServiceFault('InvalidParameterException', 'Invalid parameter: Topic Name');
      const arn = `arn:aws:sns:${region}:${ACCOUNT}:${name}`;
      const topic = topics.get(arn) ?? { arn, attributes: new Map(), subscriptions: new Map() };
      for (const [key, value] of Object.entries(attributes)) topic.attributes.set(key, value);
      topics.set(arn, topic);
      return topic;
    },
    subscribe(topic, protocol, endpoint, attributes) {
      if (!PROTOCOLS.has(protocol))
        throw new ServiceFault('InvalidParameterException', `Invalid parameter: the lab has no protocol ${protocol}`);
      if (!endpoint) throw new ServiceFault('InvalidParameterException', 'Invalid parameter: Endpoint');
      const known = [...topic.subscriptions.values()].find(
        (one) => one.protocol === protocol && one.endpoint === endpoint,
      );
      const made: Subscription = known ?? {
        arn: `${topic.arn}:${randomUUID()}`,
        topicArn: topic.arn,
        protocol,
        endpoint,
        token: randomUUID().replaceAll('-', ''),
        isConfirmed: protocol === 'lambda' || protocol === 'sqs',
        attributes: new Map(),
      };
      for (const [key, value] of Object.entries(attributes)) made.attributes.set(key, value);
      topic.subscriptions.set(made.arn, made);
      return made;
    },
    unsubscribe(arn) {
      for (const topic of topics.values()) topic.subscriptions.delete(arn ?? '');
    },
  };
};
