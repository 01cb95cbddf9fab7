import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { NoticeNotSentError } from '#domain/errors.ts';
import type { Announcer } from '#ports/announcer.ts';
import { clientOptions } from './sdk-client.ts';
import { mapSdkError, sdkCall } from './sdk-errors.ts';

/** SNS takes a subject of at most 100 printable ASCII characters: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
export const snsSubject = (subject: string): string => {
  const plain = subject
    .normalize('NFKD')
    .replace(/[\u2010-\u2015]/g, '-')
    .replace(/[^\x20-\x7e]/g, '')
    .trim();
  return plain.length <= 100 ? plain : `${plain.slice(0, 97)}...`;
};

export const snsAnnouncer = ({ region, topicArn }: { region: string; topicArn: string }): Announcer => {
  const client = new SNSClient(clientOptions(region));
  return {
    announce: async ({ subject, text, attributes }) => {
      const { MessageId } = await sdkCall(
        'sns:Publish',
        () =>
          client.send(
            new PublishCommand({
              TopicArn: topicArn,
              Subject: snsSubject(subject),
              Message: text,
              MessageAttributes: Object.fromEntries(
                Object.entries(attributes).map(([key, value]) => [key, { DataType: 'String', StringValue: value }]),
              ),
            }),
          ),
        (_, error) => new NoticeNotSentError(mapSdkError(error, 'sns:Publish').message, { cause: error }),
      );
      return MessageId ?? '';
    },
  };
};
