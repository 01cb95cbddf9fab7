import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Control, Controls } from '#ports/controls.ts';
import { CONDITION_FAILED, documentClient, type Table } from './dynamo-table.ts';
import { sdkCall, sdkCallOn } from './sdk-errors.ts';

const keyOf = (execution: string) => ({ pk: `control#${execution}`, sk: 'control' });

const SKIP = 'skip_';
const FORCE = 'force_';

type Orders = Control['skips'];

const ordersOf = (item: Record<string, unknown>, prefix: string): Orders =>
  Object.fromEntries(
    Object.entries(item)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, order]) => [name.slice(prefix.length), order as Orders[string]]),
  );

const toControl = (item: Record<string, unknown> = {}): Control => ({
  pause: (item.pause ?? null) as Control['pause'],
  abort: (item.abort ?? null) as Control['abort'],
  skips: ordersOf(item, SKIP),
  forces: ordersOf(item, FORCE),
  committedAt: (item.committedAt ?? null) as Control['committedAt'],
});

/** One item per execution. Abort and commit exclude each other by their conditions: whichever is written first stands. */
export const dynamoControls = ({ region, table }: Table): Controls => {
  const client = documentClient(region);

  /** The item after the update, or null when the condition does not hold. */
  const update = async (
    execution: string,
    expression: string,
    names: Record<string, string>,
    values?: Record<string, unknown>,
    condition?: string,
  ): Promise<Control | null> => {
    const updated = await sdkCallOn('dynamodb:UpdateItem control', CONDITION_FAILED, () =>
      client.send(
        new UpdateCommand({
          TableName: table,
          Key: keyOf(execution),
          UpdateExpression: expression,
          ExpressionAttributeNames: names,
          ...(values ? { ExpressionAttributeValues: values } : {}),
          ...(condition ? { ConditionExpression: condition } : {}),
          ReturnValues: 'ALL_NEW',
        }),
      ),
    );
    return updated && toControl(updated.Attributes);
  };

  const keepFirst = async (execution: string, name: string, order: unknown): Promise<Control> =>
    (await update(execution, 'SET #o = if_not_exists(#o, :o)', { '#o': name }, { ':o': order })) ?? toControl();

  return {
    read: async (execution) => {
      const { Item } = await sdkCall('dynamodb:GetItem control', () =>
        client.send(new GetCommand({ TableName: table, Key: keyOf(execution), ConsistentRead: true })),
      );
      return toControl(Item);
    },
    pause: (execution, order) => keepFirst(execution, 'pause', order),
    skip: (execution, state, order) => keepFirst(execution, `${SKIP}${state}`, order),
    force: (execution, state, order) => keepFirst(execution, `${FORCE}${state}`, order),
    resume: async (execution) => (await update(execution, 'REMOVE #o', { '#o': 'pause' })) ?? toControl(),
    abort: async (execution, order) =>
      (await update(
        execution,
        'SET #a = if_not_exists(#a, :o)',
        { '#a': 'abort', '#c': 'committedAt' },
        { ':o': order },
        'attribute_not_exists(#c)',
      )) !== null,
    commit: async (execution, now) =>
      (await update(
        execution,
        'SET #c = if_not_exists(#c, :now)',
        { '#a': 'abort', '#c': 'committedAt' },
        { ':now': now },
        'attribute_not_exists(#a)',
      )) !== null,
  };
};
