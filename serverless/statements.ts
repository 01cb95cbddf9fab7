import { isReturn } from '#domain/direction.ts';
import type { Plan } from '#domain/plan.ts';
import type { Side } from '#domain/side.ts';
import { trafficSwitch } from '#domain/traffic-switch.ts';
import { leaseTable } from '#domain/write-lease.ts';

/** A statement of an IAM policy; `Sid` gives the reason where the resource is `*`. */
export interface Statement {
  readonly Sid?: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

const sub = (text: string) => ({ 'Fn::Sub': text });
const arn = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
const allow = (Resource: unknown, ...Action: string[]): Statement => ({ Effect: 'Allow', Action, Resource });

/** Only items whose partition key is like that. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html */
const leading = (key: string) => ({ Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [key] } } });

const putMetric = (namespace: string): Statement => ({
  Sid: 'MetricsHaveNoResources',
  ...allow('*', 'cloudwatch:PutMetricData'),
  Condition: { StringEquals: { 'cloudwatch:namespace': namespace } },
});

/** Where the two tables are: in this stack, or (for the witness) in the standby region's. */
export interface Tables {
  readonly ledger: unknown;
  readonly state: unknown;
}

export const tablesHere: Tables = { ledger: arn('LedgerTable'), state: arn('StateTable') };

export const tablesOf = (plan: Plan, stage: string): Tables => {
  const table = (name: string) =>
    sub(
      `arn:\${AWS::Partition}:dynamodb:${plan.regions.standby}:\${AWS::AccountId}:table/continuity-${plan.plan}-${stage}-${name}`,
    );
  return { ledger: table('ledger'), state: table('state') };
};

/** Both directions have a witness in the same region. */
export const witnessService = (plan: Plan): string =>
  `continuity-${plan.plan}-witness${isReturn(plan) ? `-${plan.regions.standby}` : ''}`;

/** Function of the witness stack that resolves names at the third site. */
export const resolverFunction = (plan: Plan, stage: string): string => `${witnessService(plan)}-${stage}-ResolveNames`;

/** Every permission that a function may have, by name: serverless/roles.ts says which has which. */
export const statements = (plan: Plan, tables: Tables, stage: string) => {
  const { regions, database, workloads, traffic } = plan;
  const instance = (side: Side) =>
    sub(`arn:\${AWS::Partition}:rds:${regions[side]}:\${AWS::AccountId}:db:${database.instances[side]}`);
  const cluster = (side: Side) =>
    sub(`arn:\${AWS::Partition}:eks:${regions[side]}:\${AWS::AccountId}:cluster/${workloads.clusters[side]}`);
  const bySwitch = traffic.strategy === 'health-switch';
  const switchAlarm = (side: Side) =>
    sub(`arn:\${AWS::Partition}:cloudwatch:${regions[side]}:\${AWS::AccountId}:alarm:${trafficSwitch(plan).alarm}`);
  const lease = sub(
    `arn:\${AWS::Partition}:dynamodb:${regions.witness}:\${AWS::AccountId}:table/${leaseTable(plan.plan, stage)}`,
  );
  const zone = sub(`arn:\${AWS::Partition}:route53:::hostedzone/${traffic.zoneId}`);
  return {
    /** Append only: no UpdateItem, no DeleteItem; the put is on the condition that there is none. */
    record: [allow(tables.ledger, 'dynamodb:PutItem', 'dynamodb:Query')],
    readRecord: [allow(tables.ledger, 'dynamodb:Query')],
    readState: [allow(tables.state, 'dynamodb:GetItem')],
    writeState: [allow(tables.state, 'dynamodb:GetItem', 'dynamodb:UpdateItem')],
    /** What every vantage point last saw is asked for at once. */
    listReadings: [allow(tables.state, 'dynamodb:Query')],
    writeReadings: [
      allow(tables.state, 'dynamodb:GetItem', 'dynamodb:Query'),
      { ...allow(tables.state, 'dynamodb:PutItem'), ...leading(`reading#${plan.plan}`) },
    ],
    // One of those who have it answers at a public address. It must not write what a recovery goes by.
    writeApprovals: [
      allow(tables.state, 'dynamodb:GetItem'),
      { ...allow(tables.state, 'dynamodb:PutItem'), ...leading('approval#*') },
    ],
    /** Beside what approvals are granted: the item of the run's orders is read by the same right. */
    abortRun: [allow(tables.state, 'dynamodb:UpdateItem')],
    /** The token says which task. https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html */
    answerTasks: [
      { Sid: 'TaskTokensHaveNoResources', ...allow('*', 'states:SendTaskSuccess', 'states:SendTaskFailure') },
    ],
    describeDatabases: [allow([instance('primary'), instance('standby')], 'rds:DescribeDBInstances')],
    describeStandby: [allow(instance('standby'), 'rds:DescribeDBInstances')],
    promoteReplica: [allow(instance('standby'), 'rds:PromoteReadReplica')],
    openSession: [
      allow(
        // Secrets Manager adds six characters to a secret's name.
        sub(
          `arn:\${AWS::Partition}:secretsmanager:${regions.standby}:\${AWS::AccountId}:secret:${database.secret}-??????`,
        ),
        'secretsmanager:GetSecretValue',
      ),
    ],
    /** What it may do inside a cluster is the cluster's own access entry: docs/getting-started.md. */
    reachClusters: [allow([cluster('primary'), cluster('standby')], 'eks:DescribeCluster')],
    reachStandby: [allow(cluster('standby'), 'eks:DescribeCluster')],
    readTraffic: bySwitch
      ? [
          allow(
            isReturn(plan) ? [switchAlarm('standby'), switchAlarm('primary')] : switchAlarm('standby'),
            'cloudwatch:DescribeAlarms',
          ),
        ]
      : [
          allow(zone, 'route53:ListResourceRecordSets'),
          // The id of a change is given when it is made.
          allow(sub(`arn:\${AWS::Partition}:route53:::change/*`), 'route53:GetChange'),
        ],
    /** Of the watchdog, after a return home: either region's switch is put back. */
    restTraffic: bySwitch && isReturn(plan) ? [putMetric(trafficSwitch(plan).namespace)] : [],
    /** Nothing may change a health check, and by the switch nothing may change a record either: serverless/check-traffic.ts. */
    shiftTraffic: bySwitch
      ? [putMetric(trafficSwitch(plan).namespace)]
      : [
          {
            ...allow(zone, 'route53:ChangeResourceRecordSets'),
            Condition: {
              'ForAllValues:StringEquals': {
                'route53:ChangeResourceRecordSetsNormalizedRecordNames': traffic.records.map(({ name }) =>
                  name.toLowerCase(),
                ),
                'route53:ChangeResourceRecordSetsActions': ['UPSERT'],
              },
            },
          },
        ],
    askThirdSite: [
      allow(
        sub(
          `arn:\${AWS::Partition}:lambda:${regions.witness}:\${AWS::AccountId}:function:${resolverFunction(plan, stage)}`,
        ),
        'lambda:InvokeFunction',
      ),
    ],
    readLease: [allow(lease, 'dynamodb:GetItem')],
    /** To take the write lease away and to give it; nothing deletes it. */
    writeLease: [allow(lease, 'dynamodb:GetItem', 'dynamodb:UpdateItem')],
    putMetrics: [putMetric('Continuity')],
    // Asked by a prefix, CloudWatch judges by all alarms of the region.
    readAlarms: [
      allow(
        sub(`arn:\${AWS::Partition}:cloudwatch:${regions.standby}:\${AWS::AccountId}:alarm:*`),
        'cloudwatch:DescribeAlarms',
      ),
    ],
    startFailover: [allow({ Ref: 'FailoverStateMachine' }, 'states:StartExecution')],
    describeFailovers: [
      allow(
        sub(
          `arn:\${AWS::Partition}:states:\${AWS::Region}:\${AWS::AccountId}:execution:\${FailoverStateMachine.Name}:*`,
        ),
        'states:DescribeExecution',
      ),
    ],
    listFailovers: [allow({ Ref: 'FailoverStateMachine' }, 'states:ListExecutions')],
    announce: [
      allow({ Ref: 'NoticeTopic' }, 'sns:Publish'),
      allow(arn('NoticeKey'), 'kms:Decrypt', 'kms:GenerateDataKey'),
    ],
    announceToApprovers: [
      allow({ Ref: 'ApprovalTopic' }, 'sns:Publish'),
      allow(arn('NoticeKey'), 'kms:Decrypt', 'kms:GenerateDataKey'),
    ],
    readLinkKey: [allow({ Ref: 'LinkKey' }, 'secretsmanager:GetSecretValue')],
    readStream: [
      allow(
        { 'Fn::GetAtt': ['LedgerTable', 'StreamArn'] },
        'dynamodb:DescribeStream',
        'dynamodb:GetRecords',
        'dynamodb:GetShardIterator',
      ),
      { Sid: 'ListStreamsHasNoResources', ...allow('*', 'dynamodb:ListStreams') },
    ],
    /** ListBucket is what HeadBucket asks for. No right to delete, nor to shorten what is locked. */
    keepEvidence: [
      allow(arn('EvidenceBucket'), 's3:ListBucket'),
      allow(sub(`\${EvidenceBucket.Arn}/records/*`), 's3:PutObject', 's3:PutObjectRetention'),
    ],
    deadEvidence: [allow(arn('EvidenceDeadLetterQueue'), 'sqs:SendMessage')],
    deadAlarms: [allow(arn('AlarmDeadLetterQueue'), 'sqs:SendMessage')],
    deadDeaths: [allow(arn('DeathDeadLetterQueue'), 'sqs:SendMessage')],
    deadNotices: [allow(arn('NoticeDeadLetterQueue'), 'sqs:SendMessage')],
  } satisfies Record<string, readonly Statement[]>;
};

export type Grant = keyof ReturnType<typeof statements>;

const TRACE = ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'] as const;

export const tracing: Statement = {
  Sid: 'TracesHaveNoResources',
  ...allow('*', ...TRACE),
};

/** Step Functions also asks what to sample: https://docs.aws.amazon.com/step-functions/latest/dg/xray-iam.html */
export const machineTracing: Statement = {
  Sid: 'TracesHaveNoResources',
  ...allow('*', ...TRACE, 'xray:GetSamplingRules', 'xray:GetSamplingTargets'),
};

/** Interfaces are made before there is anything to name. https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions */
export const networking: Statement = {
  Sid: 'NetworkInterfacesHaveNoResources',
  ...allow(
    '*',
    'ec2:CreateNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:DeleteNetworkInterface',
    'ec2:AssignPrivateIpAddresses',
    'ec2:UnassignPrivateIpAddresses',
  ),
};

/** The ARN of a log group ends in `:*` already: its streams. */
export const logging = (functionKey: string): Statement =>
  allow(arn(`${functionKey}LogGroup`), 'logs:CreateLogStream', 'logs:PutLogEvents');

/** Step Functions makes its log delivery by these; none of them takes a resource. https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html */
export const machineLogging: Statement = {
  Sid: 'LogDeliveryHasNoResources',
  ...allow(
    '*',
    'logs:CreateLogDelivery',
    'logs:GetLogDelivery',
    'logs:UpdateLogDelivery',
    'logs:DeleteLogDelivery',
    'logs:ListLogDeliveries',
    'logs:PutResourcePolicy',
    'logs:DescribeResourcePolicies',
    'logs:DescribeLogGroups',
  ),
};
