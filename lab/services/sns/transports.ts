/** How a message leaves the lab's SNS: HTTP POST with AWS's headers, and mail by SMTP. Every attempt has a time-out. */
import { createTransport } from 'nodemailer';
import type { Address } from '#lab/addresses.ts';

/** AWS gives an HTTP endpoint 15 s to answer (docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html). */
const HTTP_TIMEOUT_MS = 15_000;
const SMTP_TIMEOUT_MS = 10_000;

export interface HttpMessage {
  readonly type: 'Notification' | 'SubscriptionConfirmation';
  readonly id: string;
  readonly topicArn: string;
  readonly subscriptionArn?: string;
  readonly body: string;
  readonly isRaw?: boolean;
}

/** One POST; throws unless the receiver answers 2xx. */
export const post = async (endpoint: string, message: HttpMessage, signal: AbortSignal): Promise<void> => {
  const response = await fetch(endpoint, {
    method: 'POST',
    body: message.body,
    redirect: 'manual',
    signal: AbortSignal.any([signal, AbortSignal.timeout(HTTP_TIMEOUT_MS)]),
    headers: {
      'content-type': 'text/plain; charset=UTF-8',
      'user-agent': 'Amazon Simple Notification Service Agent',
      'x-amz-sns-message-type': message.type,
      'x-amz-sns-message-id': message.id,
      'x-amz-sns-topic-arn': message.topicArn,
      ...(message.subscriptionArn && { 'x-amz-sns-subscription-arn': message.subscriptionArn }),
      ...(message.isRaw && { 'x-amz-sns-rawdelivery': 'true' }),
    },
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`${endpoint} answered ${response.status}`);
};

export interface Mailer {
  send(to: string, subject: string, text: string): Promise<void>;
  close(): void;
}

/** Mail through a small pool of connections, so that a burst of notifications does not open one each. */
export const createMailer = (smtp: Address): Mailer => {
  const transport = createTransport({
    host: smtp.host,
    port: smtp.port,
    pool: true,
    maxConnections: 4,
    secure: false,
    ignoreTLS: true,
    connectionTimeout: SMTP_TIMEOUT_MS,
    greetingTimeout: SMTP_TIMEOUT_MS,
    socketTimeout: SMTP_TIMEOUT_MS,
  });
  return {
    send: async (to, subject, text) => {
      await transport.sendMail({ from: 'AWS Notifications <no-reply@sns.amazonaws.com>', to, subject, text });
    },
    close: () => transport.close(),
  };
};
