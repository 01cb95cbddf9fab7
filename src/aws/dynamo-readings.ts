import { GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Reading } from '#domain/reading.ts';
import type { Readings } from '#ports/readings.ts';
import { CONDITION_FAILED, documentClient, type Table } from './dynamo-table.ts';
import { sdkCall, sdkCallOn } from './sdk-errors.ts';

const pkOf = (plan: string): string => `reading#${plan}`;

/** An item that an earlier release wrote has not all of it. */
const toReading = ({ pk: _, sk: __, ...reading }: Record<string, unknown>): Reading =>
  ({ serviceBadSince: null, writes: null, ...reading }) as unknown as Reading;

/** One item per plan and vantage, in the standby region's table. */
export const dynamoReadings = ({ region, table }: Table): Readings => {
  const client = documentClient(region);
  return {
    put: async (reading) => {
      // Where a newer reading is there, it stays.
      await sdkCallOn('dynamodb:PutItem reading', CONDITION_FAILED, () =>
        client.send(
          new PutCommand({
            TableName: table,
            Item: { pk: pkOf(reading.plan), sk: reading.vantage, ...reading },
            ConditionExpression: 'attribute_not_exists(pk) OR #at <= :at',
            ExpressionAttributeNames: { '#at': 'at' },
            ExpressionAttributeValues: { ':at': reading.at },
          }),
        ),
      );
    },
    last: async (plan, vantage) => {
      const { Item } = await sdkCall('dynamodb:GetItem reading', () =>
        client.send(new GetCommand({ TableName: table, Key: { pk: pkOf(plan), sk: vantage }, ConsistentRead: true })),
      );
      return Item ? toReading(Item) : null;
    },
    list: async (plan) => {
      const { Items } = await sdkCall('dynamodb:Query readings', () =>
        client.send(
          new QueryCommand({
            TableName: table,
            KeyConditionExpression: 'pk = :pk',
            ExpressionAttributeValues: { ':pk': pkOf(plan) },
            ConsistentRead: true,
          }),
        ),
      );
      return (Items ?? []).map(toReading);
    },
  };
};
