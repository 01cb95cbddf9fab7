import type { Transition } from '#domain/transition.ts';

/** As DynamoDB puts it into a stream. */
const marshalled = (value: unknown): object => {
  if (value === null) return { NULL: true };
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number') return { N: String(value) };
  if (typeof value === 'boolean') return { BOOL: value };
  if (Array.isArray(value)) return { L: value.map(marshalled) };
  return { M: image(value as object) };
};
const image = (item: object) =>
  Object.fromEntries(Object.entries(item).map(([name, value]) => [name, marshalled(value)]));

/** Entries of the ledger as the table's stream hands them to a function. */
export const streamOf = (...entries: readonly Transition[]) => ({
  Records: entries.map((entry) => ({
    eventSource: 'aws:dynamodb' as const,
    eventName: 'INSERT' as const,
    dynamodb: { SequenceNumber: `n${entry.seq}`, NewImage: image({ ...entry, writer: 'w' }) },
  })),
});
