/** What subscribers receive: docs.aws.amazon.com/sns/latest/dg/http-notification-json.html */
import type { MessageAttributeValue } from '@aws-sdk/client-sns';

export interface Message {
  readonly id: string;
  readonly topicArn: string;
  readonly subject: string | undefined;
  /** Text per protocol; `default` always. */
  readonly bodies: Readonly<Record<string, string>>;
  readonly attributes: Readonly<Record<string, MessageAttributeValue>>;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export const bodyFor = (message: Message, protocol: string): string =>
  message.bodies[protocol] ?? message.bodies.default ?? '';

const shownAttributes = (message: Message): Record<string, { Type: string | undefined; Value: string }> =>
  Object.fromEntries(
    Object.entries(message.attributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
      name,
      { Type: DataType, Value: StringValue ?? Buffer.from(BinaryValue ?? []).toString('base64') },
    ]),
  );

/** Nobody signs in the lab: a receiver that checks signatures must be told so. */
const UNSIGNED = { SignatureVersion: '1', Signature: 'the-lab-does-not-sign', SigningCertURL: '' } as const;

/** The JSON envelope of HTTP, SQS and email-json. */
export const envelope = (message: Message, protocol: string, subscriptionArn: string, url: string): string =>
  JSON.stringify({
    Type: 'Notification',
    MessageId: message.id,
    TopicArn: message.topicArn,
    ...(message.subject !== undefined && { Subject: message.subject }),
    Message: bodyFor(message, protocol),
    Timestamp: new Date(message.at).toISOString(),
    ...UNSIGNED,
    UnsubscribeURL: `${url}/?Action=Unsubscribe&SubscriptionArn=${subscriptionArn}`,
    ...(Object.keys(message.attributes).length > 0 && { MessageAttributes: shownAttributes(message) }),
  });

/** The event that a Lambda function gets. */
export const lambdaEvent = (message: Message, subscriptionArn: string, url: string): string =>
  JSON.stringify({
    Records: [
      {
        EventSource: 'aws:sns',
        EventVersion: '1.0',
        EventSubscriptionArn: subscriptionArn,
        Sns: {
          Type: 'Notification',
          MessageId: message.id,
          TopicArn: message.topicArn,
          Subject: message.subject ?? null,
          Message: bodyFor(message, 'lambda'),
          Timestamp: new Date(message.at).toISOString(),
          SignatureVersion: UNSIGNED.SignatureVersion,
          Signature: UNSIGNED.Signature,
          SigningCertUrl: UNSIGNED.SigningCertURL,
          UnsubscribeUrl: `${url}/?Action=Unsubscribe&SubscriptionArn=${subscriptionArn}`,
          MessageAttributes: shownAttributes(message),
        },
      },
    ],
  });

export const confirmation = (topicArn: string, token: string, id: string, at: number, url: string): string =>
  JSON.stringify({
    Type: 'SubscriptionConfirmation',
    MessageId: id,
    Token: token,
    TopicArn: topicArn,
    Message: `You have chosen to subscribe to the topic ${topicArn}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`,
    SubscribeURL: `${url}/?Action=ConfirmSubscription&TopicArn=${topicArn}&Token=${token}`,
    Timestamp: new Date(at).toISOString(),
    ...UNSIGNED,
  });

/**
 * A filter policy on attributes or on the body, in the grammar of event patterns: attributes become plain values
 * (String.Array a list, Number a number).
 */
export const filterSubject = (message: Message, scope: string, protocol: string): unknown => {
  if (scope === 'MessageBody') {
    try {
      return JSON.parse(bodyFor(message, protocol));
    } catch {
      return {};
    }
  }
  return Object.fromEntries(
    Object.entries(message.attributes).map(([name, { DataType, StringValue = '' }]) => {
      if (DataType === 'Number') return [name, Number(StringValue)];
      if (DataType === 'String.Array') return [name, JSON.parse(StringValue)];
      return [name, StringValue];
    }),
  );
};
