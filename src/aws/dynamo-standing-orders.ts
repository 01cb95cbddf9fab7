import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { StandingOrders as Standing, WindowOrder } from '#domain/standing-orders.ts';
import type { StandingOrders } from '#ports/standing-orders.ts';
import { CONDITION_FAILED, documentClient, type Table } from './dynamo-table.ts';
import { sdkCall, sdkCallOn } from './sdk-errors.ts';

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

  /** `by` and `until` are words of DynamoDB's own language. */
  const startMaintenance = async (plan: string, order: WindowOrder): Promise<Standing | null> => {
    const started = await sdkCallOn('dynamodb:UpdateItem standing', CONDITION_FAILED, () =>
      client.send(
        new UpdateCommand({
          TableName: table,
          Key: keyOf(plan),
          UpdateExpression: 'SET maintenance = :o',
          ConditionExpression:
            'attribute_not_exists(maintenance) OR maintenance.#until <= :now OR maintenance.#until <= :until OR maintenance.#by = :by',
          ExpressionAttributeNames: { '#until': 'until', '#by': 'by' },
          ExpressionAttributeValues: { ':o': order, ':now': order.at, ':until': order.until, ':by': order.by },
          ReturnValues: 'ALL_NEW',
        }),
      ),
    );
    return started && toStanding(started.Attributes);
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
    startMaintenance,
    endMaintenance: (plan) => update(plan, 'REMOVE maintenance'),
  };
};
