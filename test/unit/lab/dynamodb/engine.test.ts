import { expect, it } from 'vitest';
import { createEngine } from '#lab/services/dynamodb/engine.ts';
import { waitFor } from '#test/support/wait-for.ts';

it('closes when every call that is under way has its answer, and takes none afterwards', async () => {
  const engine = createEngine('us-west-2');
  const call = (operation: 'CreateTable' | 'PutItem' | 'Query', input: object) =>
    engine.act(operation, engine.check(operation, input));
  await call('CreateTable', {
    TableName: 'orders',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  });
  await waitFor('the table', async () => (await engine.table('orders')).TableStatus === 'ACTIVE');
  await call('PutItem', { TableName: 'orders', Item: { id: { S: 'a' } } });

  const query = {
    TableName: 'orders',
    KeyConditionExpression: 'id = :id',
    ExpressionAttributeValues: { ':id': { S: 'a' } },
  };
  const calls = Array.from({ length: 50 }, () => call('Query', query));
  const closed = engine.close();
  const answers = await Promise.all(calls);
  await closed;

  expect(answers.map(({ Count }) => Count)).toEqual(calls.map(() => 1));
  await expect(engine.table('orders')).rejects.toMatchObject({ status: 500, message: 'the lab is ending' });
});
