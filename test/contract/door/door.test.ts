import { CloudWatchClient, DeleteAlarmsCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import * as rds from '@aws-sdk/client-rds';
import { ChangeResourceRecordSetsCommand, Route53Client } from '@aws-sdk/client-route-53';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { labAddresses } from '#lab/addresses.ts';
import { type Call, ServiceFault } from '#lab/contract.ts';
import { createDoor } from '#lab/door/door.ts';
import { asCaller, sampleServices } from '#test/contract/door/clients.ts';
import { waitFor } from '#test/support/wait-for.ts';

const logged: string[] = [];
let forbid: ((call: Call) => boolean) | undefined;
const door = createDoor({
  address: labAddresses(22).site.door,
  log: (_source, message) => logged.push(message),
  authorize: (call) => {
    if (forbid?.(call)) throw new ServiceFault('AccessDenied', `${call.role} may not ${call.operation}`);
  },
});
for (const service of sampleServices()) {
  if (service.name === 'rds') for (const region of ['us-east-1', 'us-west-2']) door.mount(service, region);
  else door.mount(service);
}
door.mountRaw('dynamodb', (_req, res, body, call) => {
  res.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
  res.end(
    JSON.stringify({
      Item: {
        key: { S: JSON.parse(body.toString()).TableName },
        operation: { S: call.operation },
        region: { S: call.region },
      },
    }),
  );
  return 'ok';
});

beforeAll(() => door.listen());
afterAll(() => door.stop());
afterEach(() => {
  door.faults.clear();
  forbid = undefined;
  logged.length = 0;
});

const describeOne = (id: string, options: Parameters<typeof asCaller>[1] = {}, attempts = 1) =>
  new rds.RDSClient({ ...asCaller(door.url, options), maxAttempts: attempts }).send(
    new rds.DescribeDBInstancesCommand({ DBInstanceIdentifier: id }),
  );

describe('the caller', () => {
  test('is known by its key and region, and is on record', async () => {
    const since = Date.now();
    const { DBInstances } = await describeOne('orders', { role: 'pipeline-role', region: 'us-east-1' });
    expect(DBInstances?.[0]?.Endpoint?.Address).toBe('orders.us-east-1.rds.amazonaws.com');
    expect(door.calls.list({ since, service: 'rds' })).toEqual([
      expect.objectContaining({
        operation: 'DescribeDBInstances',
        region: 'us-east-1',
        role: 'pipeline-role',
        status: 200,
        outcome: 'ok',
        ms: expect.any(Number),
      }),
    ]);
  });

  test('with a wrong secret is refused as on AWS', async () => {
    await expect(describeOne('orders', { secret: 'stolen' })).rejects.toMatchObject({
      name: 'SignatureDoesNotMatch',
      $metadata: { httpStatusCode: 403 },
    });
    const states = new SFNClient(asCaller(door.url, { role: 'someone', secret: 'secret-another' }));
    await expect(states.send(new StartExecutionCommand({ stateMachineArn: 'm' }))).rejects.toMatchObject({
      name: 'InvalidSignatureException',
    });
  });

  test('with an unknown key is refused as on AWS', async () => {
    const credentials = { accessKeyId: 'AKIAUNKNOWN', secretAccessKey: 'x' };
    await expect(
      new rds.RDSClient({ ...asCaller(door.url), credentials }).send(new rds.DescribeDBInstancesCommand({})),
    ).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
    await expect(
      new SFNClient({ ...asCaller(door.url), credentials }).send(new StartExecutionCommand({ stateMachineArn: 'm' })),
    ).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
  });

  test('without a signature may only assume a role', async () => {
    const sts = new STSClient(asCaller(door.url));
    const assumed = await sts.send(
      new AssumeRoleWithWebIdentityCommand({ RoleArn: 'r', RoleSessionName: 's', WebIdentityToken: 't' }),
    );
    expect(assumed.SubjectFromWebIdentityToken).toBe('subject');
    const bare = await fetch(door.url, {
      method: 'POST',
      body: new URLSearchParams({ Action: 'DescribeDBInstances', Version: '2014-10-31' }),
    });
    expect(bare.status).toBe(403);
    expect(await bare.text()).toContain('<Code>MissingAuthenticationToken</Code>');
  });

  test('whose clock is far off is refused', async () => {
    const client = new STSClient({ ...asCaller(door.url), systemClockOffset: -3_600_000 });
    await expect(client.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
      name: 'SignatureDoesNotMatch',
      message: expect.stringContaining('15 min'),
    });
  });

  test('without the permission is refused by the hook', async () => {
    forbid = (call) => call.role === 'reader' && call.operation === 'StartExecution';
    const states = new SFNClient(asCaller(door.url, { role: 'reader' }));
    await expect(states.send(new StartExecutionCommand({ stateMachineArn: 'm' }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: 'reader may not StartExecution',
    });
    await expect(
      new SFNClient(asCaller(door.url, { role: 'writer' })).send(new StartExecutionCommand({ stateMachineArn: 'm' })),
    ).resolves.toMatchObject({ startDate: new Date('2026-01-02T03:04:05.678Z') });
  });
});

describe('errors', () => {
  test('arrive as the classes of the SDK', async () => {
    await expect(describeOne('none')).rejects.toBeInstanceOf(rds.DBInstanceNotFoundFault);
    await expect(
      new SFNClient(asCaller(door.url)).send(new DescribeExecutionCommand({ executionArn: 'e' })),
    ).rejects.toMatchObject({ name: 'ExecutionDoesNotExist' });
    await expect(
      new LambdaClient(asCaller(door.url)).send(new InvokeCommand({ FunctionName: 'none' })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException', $metadata: { httpStatusCode: 404 } });
    await expect(
      new CloudWatchClient(asCaller(door.url)).send(new DeleteAlarmsCommand({ AlarmNames: ['x'] })),
    ).rejects.toMatchObject({ name: 'ResourceNotFound' });
    const change = { Action: 'CREATE', ResourceRecordSet: { Name: 'a', Type: 'A' } } as const;
    await expect(
      new Route53Client(asCaller(door.url)).send(
        new ChangeResourceRecordSetsCommand({ HostedZoneId: 'Z1', ChangeBatch: { Changes: [change] } }),
      ),
    ).rejects.toMatchObject({ name: 'InvalidChangeBatch', messages: ['the record exists already'] });
  });

  test('of the lab itself are a 500 and a line in the log', async () => {
    await expect(describeOne('broken')).rejects.toMatchObject({
      name: 'InternalFailure',
      $metadata: { httpStatusCode: 500 },
    });
    expect(logged).toEqual(['rds DescribeDBInstances failed inside the lab']);
  });

  test('say what the lab offers when it lacks something', async () => {
    await expect(
      new rds.RDSClient(asCaller(door.url)).send(new rds.DescribeDBClustersCommand({})),
    ).rejects.toMatchObject({
      name: 'NotImplemented',
      message: 'the lab does not implement rds DescribeDBClusters: it offers DescribeDBInstances',
    });
    await expect(describeOne('orders', { region: 'eu-west-1' })).rejects.toMatchObject({
      message: 'the lab has no rds in eu-west-1: it has it in us-east-1, us-west-2',
    });
  });
});

test('a large gzipped body arrives', async () => {
  const datum = { MetricName: 'm'.repeat(200), Value: 1, Timestamp: new Date() };
  await new CloudWatchClient(asCaller(door.url)).send(
    new PutMetricDataCommand({ Namespace: 'N', MetricData: Array.from({ length: 500 }, () => datum) }),
  );
});

test('a raw service answers by itself behind the same caller check', async () => {
  const get = new GetItemCommand({ TableName: 'ledger', Key: { id: { S: '1' } } });
  expect((await new DynamoDBClient(asCaller(door.url)).send(get)).Item).toEqual({
    key: { S: 'ledger' },
    operation: { S: 'GetItem' },
    region: { S: 'us-west-2' },
  });
  await expect(new DynamoDBClient(asCaller(door.url, { secret: 'x' })).send(get)).rejects.toMatchObject({
    name: 'InvalidSignatureException',
  });
  door.faults.inject({ service: 'dynamodb', count: 1, effect: { kind: 'lose-answer' } });
  await expect(new DynamoDBClient(asCaller(door.url)).send(get)).rejects.toMatchObject({ code: 'ECONNRESET' });
});

describe('faults', () => {
  test('throttle a number of calls, which the SDK survives', async () => {
    const fault = door.faults.inject({
      service: 'rds',
      operation: 'DescribeDBInstances',
      count: 2,
      effect: { kind: 'throttle' },
    });
    await describeOne('orders', {}, 3);
    expect(fault.hits).toBe(2);
    expect(door.faults.active()).toEqual([]);
    door.faults.inject({ service: 'rds', effect: { kind: 'throttle' } });
    await expect(describeOne('orders')).rejects.toMatchObject({ name: 'Throttling' });
  });

  test('hit only the region and role they name', async () => {
    door.faults.inject({ region: 'us-east-1', role: 'r', effect: { kind: 'error', status: 503 } });
    await expect(describeOne('orders', { region: 'us-east-1', role: 'r' })).rejects.toMatchObject({
      $metadata: { httpStatusCode: 503 },
    });
    await describeOne('orders', { region: 'us-east-1', role: 'other' });
    await describeOne('orders', { region: 'us-west-2', role: 'r' });
  });

  test('reset before the handler, and after it so that the answer is lost', async () => {
    door.faults.inject({ service: 'rds', count: 1, effect: { kind: 'reset' } });
    await expect(describeOne('orders')).rejects.toMatchObject({ code: 'ECONNRESET' });
    door.faults.inject({ service: 'rds', count: 1, effect: { kind: 'lose-answer' } });
    await describeOne('orders', {}, 3);
    expect(
      door.calls
        .list({ service: 'rds' })
        .map(({ outcome }) => outcome)
        .slice(-3),
    ).toEqual(['Reset', 'AnswerLost', 'ok']);
  });

  test('delay an answer', async () => {
    door.faults.inject({ service: 'rds', effect: { kind: 'delay', ms: 60 } });
    const started = performance.now();
    await describeOne('orders');
    expect(performance.now() - started).toBeGreaterThan(55);
  });

  test('a region that dies while it works does not answer any more', async () => {
    door.faults.inject({ service: 'rds', count: 1, effect: { kind: 'delay', ms: 200 } });
    const answer = describeOne('orders', { region: 'us-east-1' });
    await waitFor('the call to be at work', () => door.faults.active().length === 0);
    door.blackhole('us-east-1', true);
    await expect(answer).rejects.toMatchObject({ code: 'ECONNRESET' });
    door.blackhole('us-east-1', false);
  });

  test('silence takes a call and never answers it; its caller gives up, and the log says what was asked and how long', async () => {
    const since = Date.now();
    const end = door.silence(({ region }) => region === 'us-east-1');
    const requestHandler = { requestTimeout: 200, throwOnRequestTimeout: true };
    const asked = new LambdaClient({ ...asCaller(door.url, { region: 'us-east-1' }), maxAttempts: 1, requestHandler });
    await expect(asked.send(new InvokeCommand({ FunctionName: 'f' }))).rejects.toMatchObject({ name: 'TimeoutError' });
    await describeOne('orders', { region: 'us-west-2' });
    const silent = () => door.calls.list({ since, region: 'us-east-1' });
    await waitFor('the call to be on record', () => silent().length > 0);
    expect(silent()).toEqual([
      expect.objectContaining({ service: 'lambda', operation: 'Invoke', outcome: 'Silence', status: 0 }),
    ]);
    expect(silent()[0]?.ms).toBeGreaterThan(190);
    end();
    await describeOne('orders', { region: 'us-east-1' });
  });

  test('a dead region resets, the other one answers', async () => {
    door.blackhole('us-east-1', true);
    await expect(describeOne('orders', { region: 'us-east-1' })).rejects.toMatchObject({ code: 'ECONNRESET' });
    await describeOne('orders', { region: 'us-west-2' });
    door.blackhole('us-east-1', false);
    await describeOne('orders', { region: 'us-east-1' });
  });
});
