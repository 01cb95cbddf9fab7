import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { labAddresses } from '#lab/addresses.ts';
import { createDoor, type Door } from '#lab/door/door.ts';
import { createDynamoDbService } from '#lab/services/dynamodb.ts';
import { type TestLambda, testLambda } from '#test/support/fixtures/lambda-functions.ts';

const address = labAddresses(52).site.door;
const dynamodb = createDynamoDbService({ log: () => {} });
const person = { accessKeyId: 'LABPERSON', secretAccessKey: 'secret-person' };
const client = {
  endpoint: `http://${address.host}:${address.port}`,
  region: 'us-west-2',
  credentials: person,
  maxAttempts: 1,
};
const lambdaClient = new LambdaClient(client);
let door: Door;
let lab: TestLambda;

/** A function that writes into a table through the door, with its role's credentials and nothing but the wire. */
const WRITER = `
import { createHash, createHmac } from 'node:crypto';
const hmac = (key, text) => createHmac('sha256', key).update(text).digest();
export const handler = async (event) => {
  const url = new URL(process.env.AWS_ENDPOINT_URL);
  const body = JSON.stringify({ TableName: 'notes', Item: { pk: { S: event.pk } } });
  const at = new Date().toISOString().replace(/[-:]|\\.\\d+/g, '');
  const day = at.slice(0, 8), region = process.env.AWS_REGION, scope = day + '/' + region + '/dynamodb/aws4_request';
  const headers = { 'content-type': 'application/x-amz-json-1.0', host: url.host, 'x-amz-date': at, 'x-amz-target': 'DynamoDB_20120810.PutItem' };
  const names = Object.keys(headers).sort();
  const hash = (text) => createHash('sha256').update(text).digest('hex');
  const canonical = ['POST', '/', '', ...names.map((n) => n + ':' + headers[n]), '', names.join(';'), hash(body)].join('\\n');
  const key = [region, 'dynamodb', 'aws4_request'].reduce((k, part) => hmac(k, part), hmac('AWS4' + process.env.AWS_SECRET_ACCESS_KEY, day));
  const signature = hmac(key, ['AWS4-HMAC-SHA256', at, scope, hash(canonical)].join('\\n')).toString('hex');
  const authorization = 'AWS4-HMAC-SHA256 Credential=' + process.env.AWS_ACCESS_KEY_ID + '/' + scope + ', SignedHeaders=' + names.join(';') + ', Signature=' + signature;
  const answer = await fetch(url, { method: 'POST', body, headers: { ...headers, authorization } });
  return { status: answer.status, body: await answer.text() };
};`;

beforeAll(async () => {
  door = createDoor({ address });
  lab = testLambda({ doorUrl: door.url });
  door.mount(lab.lambda.service);
  door.mountRaw('dynamodb', dynamodb.raw);
  await door.listen();
  await dynamodb.createTable('us-west-2', {
    TableName: 'notes',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  });
  await lab.add('echo', 'export const handler = async (event) => event;');
  await lab.add('fails', `export const handler = async () => { throw new TypeError('no') };`);
  await lab.add('writer', WRITER);
});
afterAll(async () => {
  lambdaClient.destroy();
  await door.stop();
  await lab.stop();
  await dynamodb.stop();
});

const invoke = (FunctionName: string, payload: unknown = {}) =>
  lambdaClient.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(payload), LogType: 'Tail' }));

it('invokes functions for the SDK, with results, errors and logs', async () => {
  const ok = await invoke('echo', { a: [1, 'ü'] });
  expect(ok).toMatchObject({ StatusCode: 200, ExecutedVersion: '$LATEST' });
  expect(ok.FunctionError).toBeUndefined();
  expect(JSON.parse(ok.Payload?.transformToString() ?? '')).toEqual({ a: [1, 'ü'] });
  expect(Buffer.from(ok.LogResult ?? '', 'base64').toString()).toContain('REPORT RequestId');
  const failed = await invoke('fails');
  expect(failed).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled' });
  expect(JSON.parse(failed.Payload?.transformToString() ?? '')).toMatchObject({
    errorType: 'TypeError',
    errorMessage: 'no',
  });
  await expect(invoke('nobody')).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    message: 'Function not found: arn:aws:lambda:us-west-2:123456789012:function:nobody',
  });
});

it('throttles and lists on the wire', async () => {
  lab.lambda.setConcurrency('echo', 0);
  await expect(invoke('echo')).rejects.toMatchObject({
    name: 'TooManyRequestsException',
    Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
    $metadata: { httpStatusCode: 429 },
  });
  lab.lambda.setConcurrency('echo', undefined);
  const { Functions } = await lambdaClient.send(new ListFunctionsCommand({}));
  expect(Functions?.map(({ FunctionName }) => FunctionName)).toEqual(['echo', 'fails', 'writer']);
});

it('lets a function call AWS as its role', async () => {
  const { payload } = await lab.lambda.invoke('writer', { pk: 'from-a-function' });
  expect(payload).toEqual({ status: 200, body: '{}' });
  const item = await dynamodb.execute('us-west-2', 'GetItem', {
    TableName: 'notes',
    Key: { pk: { S: 'from-a-function' } },
  });
  expect(item).toHaveProperty('Item');
});

it('keeps the tables of a region to itself', async () => {
  const elsewhere = new DynamoDBClient({ ...client, region: 'us-east-1' });
  const write = elsewhere.send(new PutItemCommand({ TableName: 'notes', Item: { pk: { S: 'x' } } }));
  await expect(write).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  elsewhere.destroy();
});
