import { randomUUID } from 'node:crypto';
import { PutCommand, paginateQuery, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { LedgerUnavailableError } from '#domain/errors.ts';
import { link } from '#domain/ledger-chain.ts';
import type { NewTransition, Transition } from '#domain/transition.ts';
import type { Ledger } from '#ports/ledger.ts';
import { CONDITION_FAILED, documentClient, type Table } from './dynamo-table.ts';
import { jitter } from './jitter.ts';
import { errorName, mapSdkError } from './sdk-errors.ts';

/** Bound of one append, whatever the tries cost. Milliseconds. */
const WITHIN_MS = 5_000;
const MOST_TRIES = 12;
/** How long an end that was seen is worth a try. An older one is most likely not the end any more: to look costs less than a race that is lost. */
const HINT_MS = 2_000;
/** Parallel branches meet rarely and for milliseconds. */
const JITTER_MS = 40;

type End = Pick<Transition, 'seq' | 'hash'>;

/** As stored: `writer` tells a lost answer from a lost race. It is no part of the entry and not under its hash. */
type Item = Transition & { readonly writer: string };

const toEntry = ({ writer: _, ...entry }: Item): Transition => entry;

/** Entries as items (`execution`, `seq`), each put on the condition that there is none yet. */
export const dynamoLedger = ({ region, table }: Table): Ledger => {
  const client = documentClient(region);
  /** The ends this process saw last. Only a hint: the condition on the put decides. */
  const ends = new Map<string, End & { readonly seenMs: number }>();
  /** Looks for an end that nobody waits for yet. */
  const looks = new Map<string, Promise<End | null>>();

  const lastOf = async (execution: string, most: number): Promise<readonly Item[]> => {
    const { Items } = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'execution = :e',
        ExpressionAttributeValues: { ':e': execution },
        ConsistentRead: true,
        ScanIndexForward: false,
        Limit: most,
      }),
    );
    return ((Items ?? []) as Item[]).reverse();
  };

  const lookUp = async (execution: string): Promise<End | null> => (await lastOf(execution, 1))[0] ?? null;

  const end = async (execution: string): Promise<End | null> => {
    const look = looks.get(execution);
    looks.delete(execution);
    const seen = ends.get(execution);
    if (seen && Date.now() - seen.seenMs > HINT_MS) ends.delete(execution);
    return look ?? ends.get(execution) ?? lookUp(execution);
  };

  /** Null when the item is on record; else the end that another writer made meanwhile. */
  const put = async (item: Item): Promise<End | null> => {
    try {
      await client.send(
        new PutCommand({ TableName: table, Item: item, ConditionExpression: 'attribute_not_exists(execution)' }),
      );
      return null;
    } catch (error) {
      if (errorName(error) !== CONDITION_FAILED) throw error;
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'execution = :e AND seq >= :s',
          ExpressionAttributeValues: { ':e': item.execution, ':s': item.seq },
          ConsistentRead: true,
        }),
      );
      // The answer to an earlier try of this very put was lost: the entry is on record.
      if ((Items[0] as Item | undefined)?.writer === item.writer) return null;
      return Items.at(-1) as Item;
    }
  };

  return {
    append: async (entry: NewTransition) => {
      const { execution } = entry;
      const until = Date.now() + WITHIN_MS;
      const writer = randomUUID();
      let item: Item | undefined;
      let last: unknown;
      for (let tried = 0; tried < MOST_TRIES && Date.now() < until; tried += 1) {
        // The first race lost needs no wait: who won it is through.
        if (tried > 1) await jitter(JITTER_MS);
        try {
          item ??= { ...link(entry, await end(execution)), writer };
          const other = await put(item);
          const { seq, hash } = other ?? item;
          ends.set(execution, { seq, hash, seenMs: Date.now() });
          if (!other) return toEntry(item);
          last = new Error(`entry ${item.seq} is another writer's`);
          item = undefined;
        } catch (error) {
          // A put whose answer is unknown is made again unchanged, so that the entry cannot be on record twice.
          last = error;
          if (!mapSdkError(error, table).retryable) break;
        }
      }
      throw new LedgerUnavailableError(`the ledger ${table} did not take an entry: ${String(last)}`, { cause: last });
    },
    rehearse: async (entry) => {
      const { execution } = entry;
      try {
        await client.send(
          new PutCommand({
            TableName: table,
            Item: { ...link(entry, await lookUp(execution)), writer: randomUUID() },
            ConditionExpression: 'attribute_exists(execution) AND attribute_not_exists(execution)',
          }),
        );
      } catch (error) {
        if (errorName(error) === CONDITION_FAILED) return;
        throw new LedgerUnavailableError(`the ledger ${table} would not take an entry: ${String(error)}`, {
          cause: error,
        });
      }
    },
    prepare: (execution) => {
      const look = lookUp(execution);
      // Whoever appends waits for it and deals with its failure.
      look.catch(() => undefined);
      looks.set(execution, look);
    },
    read: async (execution, most) => {
      const entries: Transition[] = [];
      try {
        if (most !== undefined) return (await lastOf(execution, most)).map(toEntry);
        const pages = paginateQuery(
          { client },
          {
            TableName: table,
            KeyConditionExpression: 'execution = :e',
            ExpressionAttributeValues: { ':e': execution },
            ConsistentRead: true,
          },
        );
        for await (const page of pages) entries.push(...((page.Items ?? []) as Item[]).map(toEntry));
      } catch (error) {
        throw new LedgerUnavailableError(`the ledger ${table} cannot be read: ${String(error)}`, { cause: error });
      }
      return entries;
    },
  };
};
