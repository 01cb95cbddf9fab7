import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Item, StoredTable } from '#lab/services/dynamodb/engine.ts';

export interface StreamSpecification {
  readonly StreamEnabled?: boolean;
  readonly StreamViewType?: 'KEYS_ONLY' | 'NEW_IMAGE' | 'OLD_IMAGE' | 'NEW_AND_OLD_IMAGES';
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html, in the shape that Lambda gets it. */
export interface StreamRecord {
  readonly eventID: string;
  readonly eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  readonly eventVersion: '1.1';
  readonly eventSource: 'aws:dynamodb';
  readonly awsRegion: string;
  readonly eventSourceARN: string;
  readonly dynamodb: {
    readonly ApproximateCreationDateTime: number;
    readonly Keys: Item;
    readonly NewImage?: Item;
    readonly OldImage?: Item;
    readonly SequenceNumber: string;
    readonly SizeBytes: number;
    readonly StreamViewType: string;
  };
  readonly [key: string]: unknown;
}

/** Numbers of one process are enough to order its records; they have AWS's 21 digits at least. */
let sequence = 100_000_000_000_000_000_000n;

/** Undefined when nothing changed: DynamoDB writes no record then. */
export const streamRecord = (
  stream: { readonly arn: string; readonly viewType: string },
  region: string,
  table: StoredTable,
  before: Item | undefined,
  after: Item | undefined,
): StreamRecord | undefined => {
  const image = after ?? before;
  if (!image || isDeepStrictEqual(before, after)) return undefined;
  const { viewType } = stream;
  const withNew = after !== undefined && (viewType === 'NEW_IMAGE' || viewType === 'NEW_AND_OLD_IMAGES');
  const withOld = before !== undefined && (viewType === 'OLD_IMAGE' || viewType === 'NEW_AND_OLD_IMAGES');
  sequence += 1n;
  return {
    eventID: randomUUID().replaceAll('-', ''),
    eventName: !before ? 'INSERT' : after ? 'MODIFY' : 'REMOVE',
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: region,
    eventSourceARN: stream.arn,
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(Date.now() / 1000),
      Keys: Object.fromEntries(table.KeySchema.map(({ AttributeName }) => [AttributeName, image[AttributeName]])),
      ...(withNew && { NewImage: structuredClone(after) }),
      ...(withOld && { OldImage: structuredClone(before) }),
      SequenceNumber: String(sequence),
      SizeBytes: Buffer.byteLength(JSON.stringify(image)),
      StreamViewType: viewType,
    },
  };
};
