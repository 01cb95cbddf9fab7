/*
 * A call of each operation that the lab's door has, in an order in which each finds what it needs. Clients of other languages and ours make the same
 * calls on clouds in the same state, and their answers are compared: test/contract/door/every-operation.test.ts. A new operation needs a call here.
 */

/** One call. JSON, so that it can be handed to a client in another language: `{"@bytes"}` and `{"@time"}` say what JSON cannot. */
export interface Step {
  /** Signing name, as the door knows the service; `http`: a plain GET of a JSON document. */
  readonly service: string;
  readonly operation: string;
  /** Strings that begin with `$` are looked up in earlier answers: `$topic.TopicArn`. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly region: string;
  readonly as?: string;
  /** Called again until it holds. */
  readonly until?: { readonly path: string; readonly value: unknown };
  /** The answer depends on the moment: it is not compared. Another call of the operation is. */
  readonly uncompared?: boolean;
}

type More = Partial<Pick<Step, 'as' | 'until' | 'uncompared' | 'region'>>;

const REGION = 'us-west-2';
const PRIMARY_REGION = 'us-east-1';

const of =
  (service: string) =>
  (operation: string, input: Step['input'] = {}, more: More = {}): Step => ({
    service,
    operation,
    input,
    region: REGION,
    ...more,
  });

const ROLE = 'arn:aws:iam::123456789012:role/witness';
const FUNCTION = `arn:aws:lambda:${REGION}:123456789012:function:echo`;
const hours = (count: number): { '@time': string } => ({
  '@time': new Date(Math.floor(Date.now() / 1_000) * 1_000 + count * 3_600_000).toISOString(),
});

const states = of('states');
const definition = (States: object): string =>
  JSON.stringify({ QueryLanguage: 'JSONata', StartAt: Object.keys(States)[0], States });
const ADD = definition({ Add: { Type: 'Pass', Output: '{% $states.input.a + 1 %}', End: true } });
const WAIT = definition({ Wait: { Type: 'Wait', Seconds: 86_400, End: true } });
const ASK = definition({
  Ask: {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
    Arguments: { FunctionName: FUNCTION, Payload: { token: '{% $states.context.Task.Token %}' } },
    TimeoutSeconds: 60,
    End: true,
  },
});
const machine = (name: string, text: string): Step =>
  states('CreateStateMachine', { name, definition: text, roleArn: ROLE }, { as: name });
const TOKEN = 'events.2.taskScheduledEventDetails.parameters.(json).Payload.token';
/** Starts an execution that asks for an answer, and waits until it has a token. */
const asking = (name: string): readonly Step[] => [
  states('StartExecution', { stateMachineArn: '$ask.stateMachineArn', name, input: '{}' }, { as: name }),
  states(
    'GetExecutionHistory',
    { executionArn: `$${name}.executionArn` },
    {
      as: `${name}-history`,
      until: { path: `$${name}-history.events.2.type`, value: 'TaskScheduled' },
      uncompared: true,
    },
  ),
];
const ended = (name: string, value: string): Step =>
  states(
    'DescribeExecution',
    { executionArn: `$${name}.executionArn` },
    { as: `${name}-end`, until: { path: `$${name}-end.status`, value } },
  );

const stepFunctions: readonly Step[] = [
  states('ValidateStateMachineDefinition', { definition: ADD }),
  machine('add', ADD),
  machine('wait', WAIT),
  machine('ask', ASK),
  states('ListStateMachines'),
  states('DescribeStateMachine', { stateMachineArn: '$add.stateMachineArn' }),
  states('TagResource', { resourceArn: '$add.stateMachineArn', tags: [{ key: 'plan', value: 'svg-ai' }] }),
  states('ListTagsForResource', { resourceArn: '$add.stateMachineArn' }),
  states('UntagResource', { resourceArn: '$add.stateMachineArn', tagKeys: ['plan'] }),
  states('StartExecution', { stateMachineArn: '$add.stateMachineArn', name: 'sum', input: '{"a":1}' }, { as: 'sum' }),
  ended('sum', 'SUCCEEDED'),
  states('GetExecutionHistory', { executionArn: '$sum.executionArn' }),
  states('ListExecutions', { stateMachineArn: '$add.stateMachineArn' }),
  states('DescribeStateMachineForExecution', { executionArn: '$sum.executionArn' }),
  states('UpdateStateMachine', { stateMachineArn: '$add.stateMachineArn', definition: WAIT }),
  states('StartExecution', { stateMachineArn: '$wait.stateMachineArn', name: 'long', input: '{}' }, { as: 'long' }),
  states('StopExecution', { executionArn: '$long.executionArn', error: 'Enough', cause: 'of it' }),
  ended('long', 'ABORTED'),
  states('RedriveExecution', { executionArn: '$long.executionArn' }),
  states('StopExecution', { executionArn: '$long.executionArn' }),
  ...asking('yes'),
  states('SendTaskHeartbeat', { taskToken: `$yes-history.${TOKEN}` }),
  states('SendTaskSuccess', { taskToken: `$yes-history.${TOKEN}`, output: '{"approved":true}' }),
  ended('yes', 'SUCCEEDED'),
  ...asking('no'),
  states('SendTaskFailure', { taskToken: `$no-history.${TOKEN}`, error: 'Declined', cause: 'as tested' }),
  ended('no', 'FAILED'),
  states('DeleteStateMachine', { stateMachineArn: '$ask.stateMachineArn' }),
];

const dynamodb = of('dynamodb');
const TABLE = 'witness';
const key = (sk: string) => ({ pk: { S: 'a' }, sk: { S: sk } });
const TABLE_ARN = '$table.TableDescription.TableArn';
const active = (name: string): Step =>
  dynamodb(
    'DescribeTable',
    { TableName: TABLE },
    { as: name, until: { path: `$${name}.Table.TableStatus`, value: 'ACTIVE' } },
  );

const tables: readonly Step[] = [
  dynamodb(
    'CreateTable',
    {
      TableName: TABLE,
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 5 },
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
    },
    { as: 'table' },
  ),
  active('made'),
  dynamodb('ListTables'),
  dynamodb('UpdateTable', {
    TableName: TABLE,
    ProvisionedThroughput: { ReadCapacityUnits: 6, WriteCapacityUnits: 6 },
  }),
  active('changed'),
  dynamodb('TagResource', { ResourceArn: TABLE_ARN, Tags: [{ Key: 'plan', Value: 'svg-ai' }] }),
  dynamodb('ListTagsOfResource', { ResourceArn: TABLE_ARN }),
  dynamodb('UntagResource', { ResourceArn: TABLE_ARN, TagKeys: ['plan'] }),
  dynamodb('UpdateTimeToLive', {
    TableName: TABLE,
    TimeToLiveSpecification: { Enabled: true, AttributeName: 'goesAt' },
  }),
  dynamodb('DescribeTimeToLive', { TableName: TABLE }),
  dynamodb('UpdateContinuousBackups', {
    TableName: TABLE,
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  }),
  dynamodb('DescribeContinuousBackups', { TableName: TABLE }),
  dynamodb('PutItem', {
    TableName: TABLE,
    Item: {
      ...key('1'),
      count: { N: '1.5' },
      list: { L: [{ BOOL: true }, { NULL: true }] },
      map: { M: { x: { S: '' } } },
    },
    ConditionExpression: 'attribute_not_exists(pk)',
    ReturnConsumedCapacity: 'TOTAL',
  }),
  dynamodb('GetItem', { TableName: TABLE, Key: key('1'), ConsistentRead: true }),
  dynamodb('UpdateItem', {
    TableName: TABLE,
    Key: key('1'),
    UpdateExpression: 'SET #count = #count + :one',
    ExpressionAttributeNames: { '#count': 'count' },
    ExpressionAttributeValues: { ':one': { N: '1' } },
    ReturnValues: 'ALL_NEW',
  }),
  dynamodb('BatchWriteItem', { RequestItems: { [TABLE]: [{ PutRequest: { Item: key('2') } }] } }),
  dynamodb('BatchGetItem', { RequestItems: { [TABLE]: { Keys: [key('2')] } } }),
  dynamodb('TransactWriteItems', { TransactItems: [{ Put: { TableName: TABLE, Item: key('3') } }] }),
  dynamodb('TransactGetItems', { TransactItems: [{ Get: { TableName: TABLE, Key: key('3') } }] }),
  dynamodb('Query', {
    TableName: TABLE,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': { S: 'a' } },
    ScanIndexForward: false,
    Limit: 2,
  }),
  dynamodb('DeleteItem', { TableName: TABLE, Key: key('3'), ReturnValues: 'ALL_OLD' }),
  dynamodb('Scan', { TableName: TABLE, Select: 'COUNT' }),
  dynamodb('DeleteTable', { TableName: TABLE }),
];

const rds = of('rds');
const PRIMARY = 'svg-ai-db';
const STANDBY = 'svg-ai-db-replica';
const STANDBY_ARN = `arn:aws:rds:${REGION}:123456789012:db:${STANDBY}`;
/** Waits until the instance has this status; what it shows meanwhile depends on the moment. */
const until = (id: string, status: string, region: string, name: string): Step =>
  rds(
    'DescribeDBInstances',
    { DBInstanceIdentifier: id },
    { region, as: name, until: { path: `$${name}.DBInstances.0.DBInstanceStatus`, value: status } },
  );

const databases: readonly Step[] = [
  rds('DescribeDBInstances', {}, { region: PRIMARY_REGION }),
  rds('DescribeDBInstances'),
  rds('AddTagsToResource', { ResourceName: STANDBY_ARN, Tags: [{ Key: 'plan', Value: 'svg-ai' }] }),
  rds('ListTagsForResource', { ResourceName: STANDBY_ARN }),
  rds('ModifyDBInstance', { DBInstanceIdentifier: STANDBY, BackupRetentionPeriod: 3, ApplyImmediately: true }),
  until(STANDBY, 'available', REGION, 'modified'),
  rds('RebootDBInstance', { DBInstanceIdentifier: STANDBY }),
  until(STANDBY, 'available', REGION, 'rebooted'),
  rds('PromoteReadReplica', { DBInstanceIdentifier: STANDBY, BackupRetentionPeriod: 7 }),
  until(STANDBY, 'available', REGION, 'promoted'),
  rds('StopDBInstance', { DBInstanceIdentifier: PRIMARY }, { region: PRIMARY_REGION }),
  until(PRIMARY, 'stopped', PRIMARY_REGION, 'stopped'),
  rds('StartDBInstance', { DBInstanceIdentifier: PRIMARY }, { region: PRIMARY_REGION }),
  until(PRIMARY, 'available', PRIMARY_REGION, 'started'),
];

const route53 = of('route53');
const ZONE = '$zone.HostedZone.Id';
const CHECK = '$check.HealthCheck.Id';
const names: readonly Step[] = [
  route53('CreateHostedZone', { Name: 'witness.example', CallerReference: 'zone' }, { as: 'zone' }),
  route53('GetHostedZone', { Id: ZONE }),
  route53('ListHostedZones'),
  route53('ListHostedZonesByName', { DNSName: 'witness.example', MaxItems: '1' }),
  route53(
    'CreateHealthCheck',
    {
      CallerReference: 'check',
      HealthCheckConfig: { Type: 'CALCULATED', HealthThreshold: 0, Inverted: false },
    },
    { as: 'check' },
  ),
  route53('GetHealthCheck', { HealthCheckId: CHECK }),
  route53('GetHealthCheckStatus', { HealthCheckId: CHECK }),
  route53('UpdateHealthCheck', { HealthCheckId: CHECK, HealthCheckVersion: 1, Inverted: true }),
  route53('ListHealthChecks'),
  route53(
    'ChangeResourceRecordSets',
    {
      HostedZoneId: ZONE,
      ChangeBatch: {
        Comment: 'as tested',
        Changes: [
          {
            Action: 'CREATE',
            ResourceRecordSet: {
              Name: 'api.witness.example',
              Type: 'A',
              TTL: 60,
              SetIdentifier: 'primary',
              Failover: 'PRIMARY',
              HealthCheckId: CHECK,
              ResourceRecords: [{ Value: '127.0.0.1' }],
            },
          },
        ],
      },
    },
    { as: 'change' },
  ),
  route53(
    'GetChange',
    { Id: '$change.ChangeInfo.Id' },
    {
      as: 'changed',
      until: { path: '$changed.ChangeInfo.Status', value: 'INSYNC' },
    },
  ),
  route53('ListResourceRecordSets', { HostedZoneId: ZONE }),
  route53('TestDNSAnswer', { HostedZoneId: ZONE, RecordName: 'witness.example', RecordType: 'NS' }),
];

const cloudwatch = of('monitoring');
const METRIC = { Namespace: 'Witness', MetricName: 'Healthy' };
const alarms: readonly Step[] = [
  cloudwatch('PutMetricData', {
    Namespace: 'Witness',
    MetricData: [{ MetricName: 'Healthy', Value: 0.5, Unit: 'Count' }],
  }),
  cloudwatch('ListMetrics', { Namespace: 'Witness' }),
  cloudwatch('GetMetricStatistics', {
    ...METRIC,
    StartTime: hours(-2),
    EndTime: hours(2),
    Period: 86_400,
    Statistics: ['Sum', 'Minimum'],
  }),
  cloudwatch('GetMetricData', {
    MetricDataQueries: [{ Id: 'm', MetricStat: { Metric: METRIC, Period: 86_400, Stat: 'Maximum' } }],
    StartTime: hours(-2),
    EndTime: hours(2),
  }),
  cloudwatch('PutMetricAlarm', {
    AlarmName: 'witness',
    // Nothing writes it: no evaluation comes between the calls.
    Namespace: 'Witness',
    MetricName: 'Nobody',
    Statistic: 'Minimum',
    Period: 86_400,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'LessThanThreshold',
    TreatMissingData: 'ignore',
    Dimensions: [{ Name: 'Plan', Value: 'svg-ai' }],
  }),
  cloudwatch('SetAlarmState', { AlarmName: 'witness', StateValue: 'ALARM', StateReason: 'as tested' }),
  cloudwatch('DisableAlarmActions', { AlarmNames: ['witness'] }),
  cloudwatch('DescribeAlarms', { AlarmNames: ['witness'] }),
  cloudwatch('EnableAlarmActions', { AlarmNames: ['witness'] }),
  cloudwatch('DescribeAlarmHistory', { AlarmName: 'witness', ScanBy: 'TimestampAscending' }),
  cloudwatch('DeleteAlarms', { AlarmNames: ['witness'] }),
  cloudwatch('PutDashboard', { DashboardName: 'witness', DashboardBody: '{"widgets":[]}' }),
  cloudwatch('GetDashboard', { DashboardName: 'witness' }),
  cloudwatch('ListDashboards'),
  cloudwatch('DeleteDashboards', { DashboardNames: ['witness'] }),
];

const events = of('events');
const rules: readonly Step[] = [
  events('PutRule', { Name: 'witness', EventPattern: '{"source":["witness"]}', Description: 'as tested' }),
  events('PutTargets', {
    Rule: 'witness',
    Targets: [{ Id: '1', Arn: FUNCTION, RetryPolicy: { MaximumRetryAttempts: 0 } }],
  }),
  events('ListRules'),
  events('ListTargetsByRule', { Rule: 'witness' }),
  events('DisableRule', { Name: 'witness' }),
  events('DescribeRule', { Name: 'witness' }),
  events('EnableRule', { Name: 'witness' }),
  events('PutEvents', {
    Entries: [
      { Source: 'witness', DetailType: 'test', Detail: '{}' },
      { Source: 'witness', DetailType: 'test', Detail: 'no' },
    ],
  }),
  events('RemoveTargets', { Rule: 'witness', Ids: ['1'] }),
  events('DeleteRule', { Name: 'witness' }),
];

const scheduler = of('scheduler');
const schedule = {
  Name: 'witness',
  State: 'DISABLED',
  ScheduleExpression: 'rate(1 hour)',
  FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 5 },
  Target: { Arn: FUNCTION, RoleArn: ROLE, Input: '{}', RetryPolicy: { MaximumRetryAttempts: 0 } },
};
const schedules: readonly Step[] = [
  scheduler('CreateSchedule', schedule),
  scheduler('UpdateSchedule', { ...schedule, ScheduleExpression: 'rate(2 hours)' }),
  scheduler('GetSchedule', { Name: 'witness' }),
  scheduler('ListSchedules'),
  scheduler('DeleteSchedule', { Name: 'witness' }),
];

const sns = of('sns');
const TOPIC = '$topic.TopicArn';
/** `receiver`: URL of an HTTP subscriber that shows the token that it was sent as `{"token"}`. */
const topics = (receiver: string): readonly Step[] => [
  sns('CreateTopic', { Name: 'witness' }, { as: 'topic' }),
  sns('SetTopicAttributes', { TopicArn: TOPIC, AttributeName: 'DisplayName', AttributeValue: 'Witness' }),
  sns('GetTopicAttributes', { TopicArn: TOPIC }),
  sns('ListTopics'),
  sns(
    'Subscribe',
    {
      TopicArn: TOPIC,
      Protocol: 'lambda',
      Endpoint: FUNCTION,
      ReturnSubscriptionArn: true,
    },
    { as: 'subscription' },
  ),
  sns('SetSubscriptionAttributes', {
    SubscriptionArn: '$subscription.SubscriptionArn',
    AttributeName: 'FilterPolicy',
    AttributeValue: '{"kind":["test"]}',
  }),
  sns('GetSubscriptionAttributes', { SubscriptionArn: '$subscription.SubscriptionArn' }),
  sns('ListSubscriptions'),
  sns('ListSubscriptionsByTopic', { TopicArn: TOPIC }),
  sns('Publish', {
    TopicArn: TOPIC,
    Subject: 'hello',
    Message: 'as tested',
    MessageAttributes: { kind: { DataType: 'String', StringValue: 'test' } },
  }),
  sns('PublishBatch', { TopicArn: TOPIC, PublishBatchRequestEntries: [{ Id: '1', Message: 'one' }] }),
  sns('Unsubscribe', { SubscriptionArn: '$subscription.SubscriptionArn' }),
  sns('Subscribe', { TopicArn: TOPIC, Protocol: 'http', Endpoint: receiver }),
  {
    ...of('http')('GET', { url: receiver }, { as: 'received', uncompared: true }),
    until: { path: '$received.arrived', value: true },
  },
  sns('ConfirmSubscription', { TopicArn: TOPIC, Token: '$received.token' }),
  sns('DeleteTopic', { TopicArn: TOPIC }),
];

const secretsmanager = of('secretsmanager');
const secrets: readonly Step[] = [
  secretsmanager('CreateSecret', { Name: 'witness', SecretString: 'one', Description: 'as tested' }),
  secretsmanager('PutSecretValue', { SecretId: 'witness', SecretString: 'two' }),
  secretsmanager('GetSecretValue', { SecretId: 'witness' }),
  secretsmanager('DescribeSecret', { SecretId: 'witness' }),
  secretsmanager('ListSecrets'),
];

const s3 = of('s3');
const Bucket = 'witness';
const Key = 'records/one ü.json';
const MONTH_H = 30 * 24;
const objects: readonly Step[] = [
  s3('ListBuckets'),
  s3('HeadBucket', { Bucket }),
  s3('GetBucketVersioning', { Bucket }),
  s3('GetObjectLockConfiguration', { Bucket }),
  s3(
    'PutObject',
    {
      Bucket,
      Key,
      Body: { '@bytes': '{"a":"ü"}' },
      ContentType: 'application/json',
      Metadata: { plan: 'svg-ai' },
      ObjectLockMode: 'GOVERNANCE',
      ObjectLockRetainUntilDate: hours(MONTH_H),
    },
    { as: 'object' },
  ),
  s3('GetObject', { Bucket, Key, VersionId: '$object.VersionId' }),
  s3('HeadObject', { Bucket, Key }),
  s3('PutObjectRetention', { Bucket, Key, Retention: { Mode: 'COMPLIANCE', RetainUntilDate: hours(2 * MONTH_H) } }),
  s3('GetObjectRetention', { Bucket, Key }),
  s3('ListObjectsV2', { Bucket, Prefix: 'records/' }),
  s3('DeleteObject', { Bucket, Key }),
  s3('ListObjectVersions', { Bucket }),
];

const lambda = of('lambda');
const FunctionName = 'echo';
const functions: readonly Step[] = [
  lambda('Invoke', { FunctionName, Payload: { '@bytes': '{"a":[1,"ü"]}' } }),
  lambda('GetFunction', { FunctionName }),
  lambda('GetFunctionConfiguration', { FunctionName }),
  lambda('ListFunctions'),
  lambda('PutFunctionConcurrency', { FunctionName, ReservedConcurrentExecutions: 3 }),
  lambda('GetFunctionConcurrency', { FunctionName }),
  lambda('DeleteFunctionConcurrency', { FunctionName }),
  lambda('ListEventSourceMappings', { FunctionName }),
];

const others: readonly Step[] = [
  of('eks')('ListClusters'),
  of('eks')('DescribeCluster', { name: 'svg-ai-west' }),
  of('sts')('GetCallerIdentity'),
  of('sts')('AssumeRole', { RoleArn: 'arn:aws:iam::123456789012:role/witness', RoleSessionName: 'witness' }),
];

export const everyCall = (receiver: string): readonly Step[] => [
  ...functions,
  ...stepFunctions,
  ...tables,
  ...databases,
  ...names,
  ...alarms,
  ...rules,
  ...schedules,
  ...topics(receiver),
  ...secrets,
  ...objects,
  ...others,
];
