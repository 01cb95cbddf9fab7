import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { StandingOrders as Standing } from '#domain/standing-orders.ts';
import type { StandingOrders } from '#ports/standing-orders.ts';
import { documentClient, type Table } from './dynamo-table.ts';
import { sdkCall } from './sdk-errors.ts';

const keyOf = (plan: string) => ({ pk: `standing#${plan}`, sk: 'standing' });

const toStanding = (item: Record<string, unknown> = {}): Standing => ({
  automationOff: (item.automationOff ?? null) as Standing['automationOff'],
  maintenance: (item.maintenance ?? null) as Standing['maintenance'],
});

/** One item per plan. */
export const dynamoStandingOrders = ({ region, table }: Table): StandingOrders => {
  const client = documentClient(region);

  const update = async (plan: string, expression: string, order?: unknown): Promise<Standing> => {
    const { Attributes } = await sdkCall('dynamodb:UpdateItem standing', () =>
      client.send(
        new UpdateCommand({
          TableName: table,
          Key: keyOf(plan),
          UpdateExpression: expression,
          ...(order === undefined ? {} : { ExpressionAttributeValues: { ':o': order } }),
          ReturnValues: 'ALL_NEW',
        }),
      ),
    );
    return toStanding(Attributes);
  };

  return {
    read: async (plan) => {
      const { Item } = await sdkCall('dynamodb:GetItem standing', () =>
        client.send(new GetCommand({ TableName: table, Key: keyOf(plan), ConsistentRead: true })),
      );
      return toStanding(Item);
    },
    switchOff: (plan, order) => update(plan, 'SET automationOff = if_not_exists(automationOff, :o)', order),
    switchOn: (plan) => update(plan, 'REMOVE automationOff'),
    startMaintenance: (plan, order) => update(plan, 'SET maintenance = :o', order),
    endMaintenance: (plan) => update(plan, 'REMOVE maintenance'),
  };
};
