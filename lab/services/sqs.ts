import { createHash, randomUUID } from 'node:crypto';
import { ACCOUNT } from '#lab/contract.ts';

export interface QueueMessage {
  readonly messageId: string;
  readonly body: string;
  readonly md5OfBody: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly sentAt: number;
}

export interface CreatedQueue {
  readonly name: string;
  readonly arn: string;
  readonly url: string;
}

export class QueueDoesNotExistError extends Error {
  override readonly name = 'QueueDoesNotExistError';
  constructor(arn: string) {
    super(`The queue ${arn} does not exist`);
  }
}

export interface QueueStoreDeps {
  readonly now?: () => number;
  /** Told after each change: how many messages are visible (AWS/SQS ApproximateNumberOfMessagesVisible). */
  readonly onDepth?: (queue: CreatedQueue, visible: number) => void;
}

/**
 * Queues in memory, for dead letters: messages are sent and looked at. No receive, visibility or redrive, and no wire: the
 * project carries no SQS client to take the schemas from.
 */
export const createQueueStore = ({ now = Date.now, onDepth }: QueueStoreDeps = {}) => {
  const queues = new Map<string, { readonly queue: CreatedQueue; readonly messages: QueueMessage[] }>();
  const of = (arn: string) => {
    const found = queues.get(arn);
    if (!found) throw new QueueDoesNotExistError(arn);
    return found;
  };
  return {
    /** Shaped like CreateQueue's input; a queue that exists is kept as it is. */
    createQueue(region: string, input: { readonly QueueName: string }): CreatedQueue {
      const arn = `arn:aws:sqs:${region}:${ACCOUNT}:${input.QueueName}`;
      const url = `https://sqs.${region}.amazonaws.com/${ACCOUNT}/${input.QueueName}`;
      const queue = { name: input.QueueName, arn, url };
      if (!queues.has(arn)) queues.set(arn, { queue, messages: [] });
      return queue;
    },
    /** Throws QueueDoesNotExistError. */
    send(
      arn: string,
      message: { readonly body: string; readonly attributes?: Readonly<Record<string, string>> },
    ): QueueMessage {
      const sent: QueueMessage = {
        messageId: randomUUID(),
        body: message.body,
        md5OfBody: createHash('md5').update(message.body).digest('hex'),
        attributes: message.attributes ?? {},
        sentAt: now(),
      };
      const { queue, messages } = of(arn);
      messages.push(sent);
      onDepth?.(queue, messages.length);
      return sent;
    },
    /** What lies in the queue, oldest first. Throws QueueDoesNotExistError. */
    messages: (arn: string): readonly QueueMessage[] => [...of(arn).messages],
    purge(arn: string): void {
      const { queue, messages } = of(arn);
      messages.length = 0;
      onDepth?.(queue, 0);
    },
    queues: (): readonly CreatedQueue[] => [...queues.values()].map(({ queue }) => queue),
  };
};

export type QueueStore = ReturnType<typeof createQueueStore>;
