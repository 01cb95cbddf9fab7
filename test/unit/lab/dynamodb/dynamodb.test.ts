import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import {
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { labAddresses } from '#lab/addresses.ts';
import { createDynamoDbService, type StreamRecord } from '#lab/services/dynamodb.ts';

const records: StreamRecord[] = [];
let broken = false;
const service = createDynamoDbService({
  log: () => {},
  onStreamRecord: (record) => {
    records.push(record);
    if (broken) throw new Error('consumer is broken');
  },
});
const { host } = labAddresses(51).site.door;
let server: Server;
let client: DynamoDBClient;
const TABLE = 'plan-ledger';

beforeAll(async () => {
  // The door's part in this: the body read, the region known.
  server = createServer(async (req, res) => {
    const parts: Buffer[] = [];
    for await (const part of req) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    const region = /\/\d{8}\/([^/]+)\//.exec(req.headers.authorization ?? '')?.[1] ?? '';
    await service.raw(req, res, body, {
      id: 'r1',
      service: 'dynamodb',
      operation: '',
      region,
      accessKeyId: 'x',
      at: 0,
    });
  }).listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  client = new DynamoDBClient({
    endpoint: `http://${host}:${port}`,
    region: 'us-west-2',
    credentials: { accessKeyId: 'LABPERSON', secretAccessKey: 'secret-person' },
  });
  await service.createTable('us-west-2', {
    TableName: TABLE,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'N' },
    ],
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
    TimeToLiveSpecification: { Enabled: true, AttributeName: 'expires' },
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  });
});
afterEach(() => {
  records.length = 0;
  broken = false;
});
afterAll(async () => {
  client.destroy();
  server.close();
  await service.stop();
});

const key = (sk: number, pk = 'a') => ({ pk: { S: pk }, sk: { N: String(sk) } });
const get = async (sk: number, pk = 'a') =>
  (await client.send(new GetItemCommand({ TableName: TABLE, Key: key(sk, pk), ConsistentRead: true }))).Item;

describe('tables', () => {
  it('are described with their stream and their time to live', async () => {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: TABLE }));
    expect(Table).toMatchObject({
      TableStatus: 'ACTIVE',
      TableArn: `arn:aws:dynamodb:us-west-2:123456789012:table/${TABLE}`,
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
    });
    expect(Table?.LatestStreamArn).toMatch(/:table\/plan-ledger\/stream\//);
    const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName: TABLE }));
    expect(TimeToLiveDescription).toEqual({ TimeToLiveStatus: 'ENABLED', AttributeName: 'expires' });
  });

  it('are per region', async () => {
    await expect(service.execute('us-east-1', 'DescribeTable', { TableName: TABLE })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: `Requested resource not found: Table: ${TABLE} not found`,
    });
  });
});

describe('conditional writes', () => {
  it('are refused with the item that was there, when asked', async () => {
    await client.send(new PutItemCommand({ TableName: TABLE, Item: { ...key(1), holder: { S: 'first' } } }));
    const again = new PutItemCommand({
      TableName: TABLE,
      Item: { ...key(1), holder: { S: 'second' } },
      ConditionExpression: 'attribute_not_exists(pk)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    const error = await client.send(again).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConditionalCheckFailedException);
    expect((error as ConditionalCheckFailedException).Item).toEqual({ ...key(1), holder: { S: 'first' } });
  });

  it('let exactly one of many writers at the same moment pass', async () => {
    const claims = Array.from({ length: 20 }, (_, n) =>
      client.send(
        new UpdateItemCommand({
          TableName: TABLE,
          Key: key(2),
          UpdateExpression: 'SET #owner = :owner ADD epoch :one',
          ConditionExpression: 'attribute_not_exists(#owner)',
          ExpressionAttributeNames: { '#owner': 'owner' },
          ExpressionAttributeValues: { ':owner': { S: `writer-${n}` }, ':one': { N: '1' } },
        }),
      ),
    );
    const results = await Promise.allSettled(claims);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await get(2)).toMatchObject({ epoch: { N: '1' } });
  });
});

describe('transactions', () => {
  const put = (sk: number, more: object = {}) => ({
    Put: { TableName: TABLE, Item: { ...key(sk, 't'), n: { S: 'x' } }, ...more },
  });

  it('write all or nothing, and name the reason of each action', async () => {
    await client.send(new TransactWriteItemsCommand({ TransactItems: [put(1), put(2)] }));
    expect(await get(2, 't')).toBeDefined();
    const failing = new TransactWriteItemsCommand({
      TransactItems: [
        put(3),
        put(1, { ConditionExpression: 'attribute_not_exists(pk)', ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }),
        { ConditionCheck: { TableName: TABLE, Key: key(2, 't'), ConditionExpression: 'attribute_exists(pk)' } },
      ],
    });
    const error = (await client.send(failing).catch((reason: unknown) => reason)) as TransactionCanceledException;
    expect(error).toBeInstanceOf(TransactionCanceledException);
    expect(error.CancellationReasons).toMatchObject([
      { Code: 'None' },
      { Code: 'ConditionalCheckFailed', Item: { ...key(1, 't'), n: { S: 'x' } } },
      { Code: 'None' },
    ]);
    expect(await get(3, 't')).toBeUndefined();
    expect(records.map(({ eventName }) => eventName)).toEqual(['INSERT', 'INSERT']);
  });

  it('take back what was written when a later write fails, and tell no stream', async () => {
    const failing = new TransactWriteItemsCommand({
      TransactItems: [
        put(7),
        {
          Update: {
            TableName: TABLE,
            Key: key(1, 't'),
            UpdateExpression: 'ADD n :one',
            ExpressionAttributeValues: { ':one': { N: '1' } },
          },
        },
      ],
    });
    await expect(client.send(failing)).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      CancellationReasons: [{ Code: 'None' }, { Code: 'ValidationError' }],
    });
    expect(await get(7, 't')).toBeUndefined();
    expect(records).toEqual([]);
  });

  it('do nothing the second time with the same token', async () => {
    const count = {
      TableName: TABLE,
      Key: key(9, 't'),
      UpdateExpression: 'ADD c :one',
      ExpressionAttributeValues: { ':one': { N: '1' } },
    };
    const input = { ClientRequestToken: 'token-1', TransactItems: [{ Update: count }] };
    await client.send(new TransactWriteItemsCommand(input));
    await client.send(new TransactWriteItemsCommand(input));
    expect(await get(9, 't')).toMatchObject({ c: { N: '1' } });
    await expect(
      client.send(new TransactWriteItemsCommand({ ...input, TransactItems: [put(9)] })),
    ).rejects.toMatchObject({
      name: 'IdempotentParameterMismatchException',
    });
  });
});

describe('streams', () => {
  it('tell every change in order, with both images, and nothing when nothing changed', async () => {
    const item = { ...key(20, 's'), v: { N: '1' } };
    await client.send(new PutItemCommand({ TableName: TABLE, Item: item }));
    await client.send(new PutItemCommand({ TableName: TABLE, Item: item }));
    await client.send(
      new UpdateItemCommand({
        TableName: TABLE,
        Key: key(20, 's'),
        UpdateExpression: 'SET v = :two',
        ExpressionAttributeValues: { ':two': { N: '2' } },
      }),
    );
    await client.send(
      new BatchWriteItemCommand({ RequestItems: { [TABLE]: [{ DeleteRequest: { Key: key(20, 's') } }] } }),
    );
    expect(records.map(({ eventName }) => eventName)).toEqual(['INSERT', 'MODIFY', 'REMOVE']);
    expect(records[1]).toMatchObject({
      awsRegion: 'us-west-2',
      eventSource: 'aws:dynamodb',
      dynamodb: {
        Keys: key(20, 's'),
        OldImage: item,
        NewImage: { ...item, v: { N: '2' } },
        StreamViewType: 'NEW_AND_OLD_IMAGES',
      },
    });
    const numbers = records.map(({ dynamodb }) => BigInt(dynamodb.SequenceNumber));
    expect(numbers).toEqual(numbers.toSorted((a, b) => (a < b ? -1 : 1)));
  });

  it('never fail a writer', async () => {
    broken = true;
    await client.send(new PutItemCommand({ TableName: TABLE, Item: key(30, 's') }));
    expect(records).toHaveLength(1);
    expect(await get(30, 's')).toBeDefined();
  });
});

describe('queries', () => {
  it('page through a partition in order', async () => {
    const items = Array.from({ length: 25 }, (_, n) => ({ PutRequest: { Item: key(n, 'q') } }));
    await client.send(new BatchWriteItemCommand({ RequestItems: { [TABLE]: items } }));
    const page = await client.send(
      new QueryCommand({
        TableName: TABLE,
        KeyConditionExpression: 'pk = :pk AND sk > :from',
        ExpressionAttributeValues: { ':pk': { S: 'q' }, ':from': { N: '4' } },
        Limit: 10,
      }),
    );
    expect(page.Items?.map(({ sk }) => Number(sk?.N))).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
    expect(page.LastEvaluatedKey).toEqual(key(14, 'q'));
  });
});
