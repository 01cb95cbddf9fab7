import * as z from 'zod';
import { isPlanRecord } from '#domain/plan-record.ts';
import { TRANSITION_KINDS, type Transition } from '#domain/transition.ts';

/** https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html */
export const streamEvent = z.looseObject({
  Records: z.array(
    z.looseObject({
      eventSource: z.literal('aws:dynamodb'),
      eventName: z.enum(['INSERT', 'MODIFY', 'REMOVE']),
      dynamodb: z.looseObject({
        SequenceNumber: z.string().min(1),
        NewImage: z.record(z.string(), z.unknown()).optional(),
      }),
    }),
  ),
});

export type StreamRecord = z.output<typeof streamEvent>['Records'][number];

/**
 * A DynamoDB attribute value as plain JSON. Sets and binary are not in the ledger.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
 */
const plain = (attribute: unknown): unknown => {
  const [[type, value] = [undefined, undefined]] = Object.entries((attribute ?? {}) as Record<string, unknown>);
  switch (type) {
    case 'S':
    case 'BOOL':
      return value;
    case 'N':
      return Number(value);
    case 'NULL':
      return null;
    case 'L':
      return (value as readonly unknown[]).map(plain);
    case 'M':
      return plainItem(value as Record<string, unknown>);
    default:
      throw new TypeError(`an attribute of type ${type} is not in the ledger`);
  }
};

const plainItem = (image: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(image).map(([name, attribute]) => [name, plain(attribute)]));

const instant = z.iso.datetime();

/** What is read of an entry here; the record itself is read from the table. */
const entry = z.looseObject({
  execution: z.string().refine((text) => text.startsWith('arn:') || isPlanRecord(text)),
  seq: z.number().int().positive(),
  plan: z.string(),
  incident: z.string().nullable(),
  state: z.string(),
  kind: z.enum(TRANSITION_KINDS),
  at: instant,
  enteredAt: instant.optional(),
  attempt: z.number(),
  result: z.json().optional(),
  error: z.object({ name: z.string(), message: z.string() }).optional(),
});

export type StreamEntry = Omit<Transition, 'actor' | 'inputDigest' | 'previous' | 'hash'>;

/** The new entry of the ledger, or null for a record that is no new entry. Throws on one that is none of the ledger's. */
export const entryOf = (record: StreamRecord): StreamEntry | null =>
  record.eventName === 'INSERT' ? (entry.parse(plainItem(record.dynamodb.NewImage ?? {})) as StreamEntry) : null;
