import * as cloudwatch from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient, GetItemCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import * as lambda from '@aws-sdk/client-lambda';
import * as rds from '@aws-sdk/client-rds';
import * as route53 from '@aws-sdk/client-route-53';
import * as secretsmanager from '@aws-sdk/client-secrets-manager';
import * as sfn from '@aws-sdk/client-sfn';
import * as sns from '@aws-sdk/client-sns';
import * as sts from '@aws-sdk/client-sts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { labAddresses } from '#lab/addresses.ts';
import { createDoor, type Door } from '#lab/door/door.ts';
import { labSecret, roleOf } from '#lab/door/signature.ts';
import { type Authority, createAuthority } from '#lab/iam/authority.ts';
import type { PolicyDocument, PolicyStatement } from '#lab/iam/policy.ts';
import { createStsService } from '#lab/services/sts.ts';
import { createRoleStore, type RoleStore } from '#lab/stack/roles.ts';
import { asCaller } from '#test/contract/door/clients.ts';

/* What a role that may not gets, in each dialect of the wire, through the SDK's own clients; and roles of other accounts. */

const ACCOUNT = '123456789012';
const OTHER = '210987654321';
const REGION = 'us-west-2';
const STANDBY = `arn:aws:rds:${REGION}:${ACCOUNT}:db:standby`;
const TOPIC = `arn:aws:sns:${REGION}:${ACCOUNT}:notices`;
const KEY = `arn:aws:kms:${REGION}:${ACCOUNT}:key/notices`;
const AUDITOR = `arn:aws:iam::${OTHER}:role/audit/auditor`;
const WHO = `User: arn:aws:sts::${ACCOUNT}:assumed-role/pipeline/lab`;

let roles: RoleStore;
let authority: Authority;
let door: Door;

const trust = (principal: object, condition?: object): PolicyDocument =>
  ({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole', ...(condition && { Condition: condition }) },
    ],
  }) as PolicyDocument;

/** From now on the role `pipeline` may do just this. */
const may = (...Statement: PolicyStatement[]): void =>
  roles.putRole({
    name: 'pipeline',
    arn: `arn:aws:iam::${ACCOUNT}:role/pipeline`,
    trust: trust({ Service: 'lambda.amazonaws.com' }),
    policies: Statement.length > 0 ? [{ name: 'only', document: { Version: '2012-10-17', Statement } }] : [],
    managedPolicyArns: [],
  });

const auditor = (principal: object, condition?: object): void =>
  roles.putRole({
    name: 'auditor',
    arn: AUDITOR,
    trust: trust(principal, condition),
    policies: [
      {
        name: 'only',
        document: { Statement: { Effect: 'Allow', Action: ['rds:*', 'states:*', 'cloudwatch:*'], Resource: '*' } },
      },
    ],
    managedPolicyArns: [],
  });

const allow = (Action: string, Resource = '*', more: object = {}): PolicyStatement => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...more,
});

beforeAll(async () => {
  roles = createRoleStore();
  roles.addResourcePolicy({
    resource: KEY,
    statements: [
      { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' },
    ],
  });
  authority = createAuthority({
    roles,
    facts: {
      keyOfTopic: (topic) => (topic === TOPIC ? KEY : undefined),
      secretArn: () => undefined,
      partitionKey: () => undefined,
    },
  });
  door = createDoor({
    address: labAddresses(193).site.door,
    authorize: (call, input) => authority.authorize(call, input),
    secretOf: (key) => {
      const role = roleOf(key);
      return role === undefined || roles.roles.has(role) ? labSecret(key) : undefined;
    },
  });
  const done = () => ({});
  door.mount({ name: 'rds', schemas: rds, operations: { PromoteReadReplica: done, DescribeDBInstances: done } });
  door.mount({
    name: 'states',
    schemas: sfn,
    operations: { StartExecution: () => ({ executionArn: 'x', startDate: new Date() }) },
  });
  door.mount({ name: 'lambda', schemas: lambda, operations: { Invoke: () => ({ StatusCode: 200 }) } });
  door.mount({ name: 'sns', schemas: sns, operations: { Publish: () => ({ MessageId: 'm' }) } });
  door.mount({ name: 'monitoring', schemas: cloudwatch, operations: { PutMetricData: done, ListMetrics: done } });
  door.mount({ name: 'secretsmanager', schemas: secretsmanager, operations: { GetSecretValue: done } });
  door.mount({
    name: 'route53',
    schemas: route53,
    operations: {
      ChangeResourceRecordSets: () => ({ ChangeInfo: { Id: '/change/C1', Status: 'INSYNC', SubmittedAt: new Date() } }),
    },
  });
  door.mount(createStsService({ hasRole: (key) => roles.roles.has(key) }).service);
  door.mountRaw('dynamodb', (_req, res) => {
    res.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{}');
    return 'ok';
  });
  await door.listen();
});
afterAll(() => door.stop());
beforeEach(() => {
  may();
  auditor({ AWS: ACCOUNT });
});

const as = (role = 'pipeline') => asCaller(door.url, { role });

const promote = (id = 'standby') =>
  new rds.RDSClient(as()).send(new rds.PromoteReadReplicaCommand({ DBInstanceIdentifier: id }));
const publish = () => new sns.SNSClient(as()).send(new sns.PublishCommand({ TopicArn: TOPIC, Message: 'm' }));
const measure = (Namespace: string) =>
  new cloudwatch.CloudWatchClient(as()).send(new cloudwatch.PutMetricDataCommand({ Namespace, MetricData: [] }));
const change = (Name: string, Action: 'UPSERT' | 'DELETE' = 'UPSERT') =>
  new route53.Route53Client(as()).send(
    new route53.ChangeResourceRecordSetsCommand({
      HostedZoneId: 'Z1',
      ChangeBatch: {
        Changes: [{ Action, ResourceRecordSet: { Name, Type: 'CNAME', TTL: 5, ResourceRecords: [{ Value: 'x' }] } }],
      },
    }),
  );

const noPolicy = (action: string, resource?: string): string =>
  `${WHO} is not authorized to perform: ${action}${resource ? ` on resource: ${resource}` : ''} because no identity-based policy allows the ${action} action`;

describe('a call that the role does not allow fails as on AWS', () => {
  const table = `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/ledger`;
  const zone = 'arn:aws:route53:::hostedzone/Z1';
  const machine = `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:failover`;
  const fn = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:probe`;
  it.each([
    ['query', promote, 'AccessDenied', 403, noPolicy('rds:PromoteReadReplica', STANDBY)],
    ['query, in words of its own', publish, 'AuthorizationError', 403, noPolicy('SNS:Publish', TOPIC)],
    [
      'awsJson 1.0, not typed',
      () => new DynamoDBClient(as()).send(new GetItemCommand({ TableName: 'ledger', Key: { pk: { S: 'x' } } })),
      'AccessDeniedException',
      400,
      noPolicy('dynamodb:GetItem', table),
    ],
    [
      'awsJson 1.0',
      () => new sfn.SFNClient(as()).send(new sfn.StartExecutionCommand({ stateMachineArn: machine })),
      'AccessDeniedException',
      400,
      noPolicy('states:StartExecution', machine),
    ],
    [
      'awsJson 1.1',
      () =>
        new secretsmanager.SecretsManagerClient(as()).send(
          new secretsmanager.GetSecretValueCommand({ SecretId: 'not-there' }),
        ),
      'AccessDeniedException',
      400,
      noPolicy('secretsmanager:GetSecretValue', 'not-there'),
    ],
    ['CBOR', () => measure('Continuity'), 'AccessDeniedException', 400, noPolicy('cloudwatch:PutMetricData')],
    [
      'restJson',
      () => new lambda.LambdaClient(as()).send(new lambda.InvokeCommand({ FunctionName: 'probe' })),
      'AccessDeniedException',
      403,
      noPolicy('lambda:InvokeFunction', fn),
    ],
    ['restXml', () => change('a.example'), 'AccessDenied', 403, noPolicy('route53:ChangeResourceRecordSets', zone)],
  ])('%s', async (_, send, name, httpStatusCode, message) => {
    const error = await send().catch((problem: Error) => problem);
    expect(error).toMatchObject({ message, $metadata: { httpStatusCode } });
    // The SDK appends `Exception` to the names that its model of the service has so.
    expect([name, `${name}Exception`]).toContain((error as Error).name);
    expect(door.calls.list().at(-1)?.outcome).toBe(name);
  });

  it('and goes through when it does', async () => {
    may(allow('rds:PromoteReadReplica', STANDBY));
    await promote();
    await expect(promote('primary')).rejects.toThrow('db:primary because no identity-based policy');
  });

  it('an explicit deny wins', async () => {
    may(allow('rds:*'), { Effect: 'Deny', Action: 'rds:Promote*', Resource: '*' });
    await expect(promote()).rejects.toThrow(
      `${WHO} is not authorized to perform: rds:PromoteReadReplica on resource: ${STANDBY} with an explicit deny in an identity-based policy`,
    );
  });

  it('conditions count: namespaces, names of records and what is done to them', async () => {
    may(
      allow('cloudwatch:PutMetricData', '*', { Condition: { StringEquals: { 'cloudwatch:namespace': 'Continuity' } } }),
    );
    await measure('Continuity');
    await expect(measure('AWS/Other')).rejects.toThrow('cloudwatch:PutMetricData');
    const Condition = {
      'ForAllValues:StringEquals': {
        'route53:ChangeResourceRecordSetsNormalizedRecordNames': ['api.example'],
        'route53:ChangeResourceRecordSetsActions': ['UPSERT'],
      },
    };
    may(allow('route53:ChangeResourceRecordSets', zone, { Condition }));
    await change('API.example.');
    await expect(change('www.example')).rejects.toThrow('not authorized');
    await expect(change('api.example', 'DELETE')).rejects.toThrow('not authorized');
  });

  it('a transaction fails by the one item that is not allowed', async () => {
    may(allow('dynamodb:PutItem', table));
    const put = { Put: { TableName: 'ledger', Item: { pk: { S: 'x' } } } };
    const check = {
      ConditionCheck: { TableName: 'ledger', Key: { pk: { S: 'y' } }, ConditionExpression: 'attribute_exists(pk)' },
    };
    const client = new DynamoDBClient(as());
    await client.send(new TransactWriteItemsCommand({ TransactItems: [put] }));
    await expect(client.send(new TransactWriteItemsCommand({ TransactItems: [put, check] }))).rejects.toThrow(
      noPolicy('dynamodb:ConditionCheckItem', table),
    );
  });

  it('a topic under a key of its own needs the key', async () => {
    may(allow('sns:Publish', TOPIC), allow('kms:Decrypt', KEY));
    const error = await publish().catch((problem: Error) => problem);
    expect(error).toMatchObject({ name: 'KMSAccessDeniedException', message: noPolicy('kms:GenerateDataKey', KEY) });
    may(allow('sns:Publish', TOPIC), allow('kms:Decrypt', KEY), allow('kms:GenerateDataKey*', KEY));
    await publish();
  });

  it('a key of a role that is not there is no key', async () => {
    const client = new rds.RDSClient(as('nobody'));
    await expect(client.send(new rds.DescribeDBInstancesCommand({}))).rejects.toMatchObject({
      name: 'InvalidClientTokenId',
    });
  });

  it('a person may do everything, or what a test says', async () => {
    const client = new rds.RDSClient(asCaller(door.url));
    const promotion = new rds.PromoteReadReplicaCommand({ DBInstanceIdentifier: 'standby' });
    await client.send(promotion);
    authority.limitPerson({ Statement: allow('rds:Describe*') });
    await expect(client.send(promotion)).rejects.toThrow(`User: arn:aws:iam::${ACCOUNT}:user/person`);
    authority.limitPerson({ Statement: allow('*') });
  });
});

describe('a role of another account', () => {
  const assume = (more: object = {}) =>
    new sts.STSClient(as()).send(new sts.AssumeRoleCommand({ RoleArn: AUDITOR, RoleSessionName: 'failover', ...more }));
  const mayAssume = () => may(allow('sts:AssumeRole', AUDITOR));

  it('is given when both sides allow it', async () => {
    mayAssume();
    const { Credentials, AssumedRoleUser } = await assume();
    expect(AssumedRoleUser?.Arn).toBe(`arn:aws:sts::${OTHER}:assumed-role/auditor/failover`);
    const client = new sts.STSClient({
      ...asCaller(door.url),
      credentials: {
        accessKeyId: Credentials?.AccessKeyId ?? '',
        secretAccessKey: Credentials?.SecretAccessKey ?? '',
        sessionToken: Credentials?.SessionToken ?? '',
      },
    });
    expect(await client.send(new sts.GetCallerIdentityCommand({}))).toMatchObject({
      Account: OTHER,
      Arn: `arn:aws:sts::${OTHER}:assumed-role/auditor/lab`,
    });
  });

  it('is refused when either does not, or the conditions do not hold', async () => {
    await expect(assume()).rejects.toMatchObject({
      name: 'AccessDenied',
      message: noPolicy('sts:AssumeRole', AUDITOR),
    });
    mayAssume();
    auditor({ AWS: `arn:aws:iam::${ACCOUNT}:role/somebody-else` });
    await expect(assume()).rejects.toThrow('because no resource-based policy allows the sts:AssumeRole action');
    auditor({ AWS: `arn:aws:iam::${ACCOUNT}:role/pipeline` }, { StringEquals: { 'sts:ExternalId': 'continuity' } });
    await expect(assume()).rejects.toThrow('no resource-based policy');
    await expect(assume({ ExternalId: 'other' })).rejects.toThrow('no resource-based policy');
    await assume({ ExternalId: 'continuity' });
  });

  it("reaches nothing of the lab's account that does not let it in", async () => {
    const key = `${OTHER}:auditor`;
    await expect(
      new rds.RDSClient(as(key)).send(new rds.PromoteReadReplicaCommand({ DBInstanceIdentifier: 'standby' })),
    ).rejects.toThrow('no resource-based policy allows the rds:PromoteReadReplica action');
    await expect(new cloudwatch.CloudWatchClient(as(key)).send(new cloudwatch.ListMetricsCommand({}))).rejects.toThrow(
      `the lab has resources of account ${ACCOUNT} only`,
    );
  });
});
