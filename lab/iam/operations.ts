/**
 * What each operation of the door needs: actions, resources, condition keys. One row each; an operation without one is refused.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
import { arnFrom, arnOf, functionArn } from '#lab/iam/arns.ts';
import { DYNAMODB } from '#lab/iam/dynamodb-operations.ts';
import { bare, type Facts, type Need, type Row, type Rows } from '#lab/iam/need.ts';
import { S3 } from '#lab/iam/s3-operations.ts';

/** Lists of names: one need each; without any, the whole type. */
const each = (names: readonly string[] | undefined, need: (name: string) => Need): readonly Need[] =>
  (names?.length ? names : ['*']).map(need);

const passRole = (roleArn: string | undefined, service: string): readonly Need[] =>
  roleArn === undefined
    ? []
    : [{ action: 'iam:PassRole', resource: roleArn, context: { 'iam:passedtoservice': service } }];

// --- RDS: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html

const instance =
  (action: string): Row =>
  ({ DBInstanceIdentifier: id }, { region }) => [
    { action, resource: arnFrom(id ?? '*', (name) => arnOf('rds', region, `db:${name}`)) },
  ];
const taggedByArn =
  (action: string): Row =>
  ({ ResourceName }) => [{ action, resource: ResourceName ?? '*' }];

const RDS: Rows = {
  DescribeDBInstances: instance('rds:DescribeDBInstances'),
  PromoteReadReplica: instance('rds:PromoteReadReplica'),
  ModifyDBInstance: instance('rds:ModifyDBInstance'),
  RebootDBInstance: instance('rds:RebootDBInstance'),
  StopDBInstance: instance('rds:StopDBInstance'),
  StartDBInstance: instance('rds:StartDBInstance'),
  ListTagsForResource: taggedByArn('rds:ListTagsForResource'),
  AddTagsToResource: taggedByArn('rds:AddTagsToResource'),
};

// --- CloudWatch: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html

const alarm =
  (action: string, region: string) =>
  (name: string): Need => ({
    action,
    resource: arnOf('cloudwatch', region, `alarm:${name}`),
  });
const alarms =
  (action: string): Row =>
  ({ AlarmNames }, { region }) =>
    each(AlarmNames, alarm(action, region));
const oneAlarm =
  (action: string): Row =>
  ({ AlarmName }, { region }) => [alarm(action, region)(AlarmName ?? '*')];

/** Dashboards are of an account, of no region. */
const dashboard =
  (action: string) =>
  (name: string): Need => ({ action, resource: arnOf('cloudwatch', '', `dashboard/${name}`) });
const oneDashboard =
  (action: string): Row =>
  ({ DashboardName }) => [dashboard(action)(DashboardName ?? '*')];

const CLOUDWATCH: Rows = {
  PutMetricData: ({ Namespace = '' }) => [
    { action: 'cloudwatch:PutMetricData', resource: '*', context: { 'cloudwatch:namespace': Namespace } },
  ],
  GetMetricData: bare('cloudwatch:GetMetricData'),
  GetMetricStatistics: bare('cloudwatch:GetMetricStatistics'),
  ListMetrics: bare('cloudwatch:ListMetrics'),
  PutMetricAlarm: oneAlarm('cloudwatch:PutMetricAlarm'),
  // Composite alarms are only shown to whom it is allowed on everything.
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
  DescribeAlarms: ({ AlarmNames, AlarmTypes }, { region }) =>
    AlarmTypes?.includes('CompositeAlarm')
      ? [{ action: 'cloudwatch:DescribeAlarms', resource: '*' }]
      : each(AlarmNames, alarm('cloudwatch:DescribeAlarms', region)),
  DescribeAlarmHistory: oneAlarm('cloudwatch:DescribeAlarmHistory'),
  DeleteAlarms: alarms('cloudwatch:DeleteAlarms'),
  SetAlarmState: oneAlarm('cloudwatch:SetAlarmState'),
  EnableAlarmActions: alarms('cloudwatch:EnableAlarmActions'),
  DisableAlarmActions: alarms('cloudwatch:DisableAlarmActions'),
  PutDashboard: oneDashboard('cloudwatch:PutDashboard'),
  GetDashboard: oneDashboard('cloudwatch:GetDashboard'),
  ListDashboards: bare('cloudwatch:ListDashboards'),
  DeleteDashboards: ({ DashboardNames }) => each(DashboardNames, dashboard('cloudwatch:DeleteDashboards')),
};

// --- Route 53: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonroute53.html

/** Lower case, no dot at the end, and what is no letter, digit, hyphen, underscore or dot as its octal code. */
export const normalizedName = (name: string): string =>
  name
    .toLowerCase()
    .replace(/\.$/, '')
    .replace(/[^a-z0-9_.-]/g, (character) =>
      [...Buffer.from(character)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join(''),
    );

/** IDs come with or without their path: `/hostedzone/Z1`. */
const route53 = (action: string, kind: string, id: string | undefined): readonly Need[] => [
  { action, resource: `arn:aws:route53:::${kind}/${(id ?? '*').split('/').at(-1)}` },
];
const zone =
  (action: string): Row =>
  (input) =>
    route53(action, 'hostedzone', input.HostedZoneId ?? input.Id);
const check =
  (action: string): Row =>
  (input) =>
    route53(action, 'healthcheck', input.HealthCheckId);

const ROUTE53: Rows = {
  CreateHostedZone: bare('route53:CreateHostedZone'),
  GetHostedZone: zone('route53:GetHostedZone'),
  ListHostedZones: bare('route53:ListHostedZones'),
  ListHostedZonesByName: bare('route53:ListHostedZonesByName'),
  ListResourceRecordSets: zone('route53:ListResourceRecordSets'),
  // https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/specifying-conditions-route53.html
  ChangeResourceRecordSets: ({ HostedZoneId, ChangeBatch }) => {
    interface Change {
      readonly Action?: string;
      readonly ResourceRecordSet?: { readonly Name?: string; readonly Type?: string };
    }
    const changes: readonly Change[] = ChangeBatch?.Changes ?? [];
    return route53('route53:ChangeResourceRecordSets', 'hostedzone', HostedZoneId).map((need) => ({
      ...need,
      context: {
        'route53:changeresourcerecordsetsnormalizedrecordnames': changes.map(({ ResourceRecordSet: set }) =>
          normalizedName(set?.Name ?? ''),
        ),
        'route53:changeresourcerecordsetsactions': changes.map(({ Action = '' }) => Action),
        'route53:changeresourcerecordsetsrecordtypes': changes.map(({ ResourceRecordSet: set }) => set?.Type ?? ''),
      },
    }));
  },
  GetChange: ({ Id }) => route53('route53:GetChange', 'change', Id),
  TestDNSAnswer: bare('route53:TestDNSAnswer'),
  CreateHealthCheck: bare('route53:CreateHealthCheck'),
  GetHealthCheck: check('route53:GetHealthCheck'),
  ListHealthChecks: bare('route53:ListHealthChecks'),
  UpdateHealthCheck: check('route53:UpdateHealthCheck'),
  GetHealthCheckStatus: check('route53:GetHealthCheckStatus'),
};

// --- Lambda: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html

const lambda =
  (action: string): Row =>
  ({ FunctionName, Qualifier }, { region }) => [{ action, resource: functionArn(region, FunctionName, Qualifier) }];

const LAMBDA: Rows = {
  Invoke: lambda('lambda:InvokeFunction'),
  GetFunction: lambda('lambda:GetFunction'),
  GetFunctionConfiguration: lambda('lambda:GetFunctionConfiguration'),
  ListFunctions: bare('lambda:ListFunctions'),
  PutFunctionConcurrency: lambda('lambda:PutFunctionConcurrency'),
  GetFunctionConcurrency: lambda('lambda:GetFunctionConcurrency'),
  DeleteFunctionConcurrency: lambda('lambda:DeleteFunctionConcurrency'),
  ListEventSourceMappings: bare('lambda:ListEventSourceMappings'),
};

// --- Step Functions: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html

const on =
  (action: string, member: string): Row =>
  (input) => [{ action, resource: input[member] ?? '*' }];

const STATES: Rows = {
  CreateStateMachine: ({ name, roleArn }, { region }) => [
    { action: 'states:CreateStateMachine', resource: arnOf('states', region, `stateMachine:${name}`) },
    ...passRole(roleArn, 'states.amazonaws.com'),
  ],
  UpdateStateMachine: ({ stateMachineArn, roleArn }) => [
    { action: 'states:UpdateStateMachine', resource: stateMachineArn ?? '*' },
    ...passRole(roleArn, 'states.amazonaws.com'),
  ],
  DeleteStateMachine: on('states:DeleteStateMachine', 'stateMachineArn'),
  ListStateMachines: bare('states:ListStateMachines'),
  DescribeStateMachine: on('states:DescribeStateMachine', 'stateMachineArn'),
  ValidateStateMachineDefinition: bare('states:ValidateStateMachineDefinition'),
  ListTagsForResource: on('states:ListTagsForResource', 'resourceArn'),
  TagResource: on('states:TagResource', 'resourceArn'),
  UntagResource: on('states:UntagResource', 'resourceArn'),
  StartExecution: on('states:StartExecution', 'stateMachineArn'),
  StopExecution: on('states:StopExecution', 'executionArn'),
  RedriveExecution: on('states:RedriveExecution', 'executionArn'),
  DescribeExecution: on('states:DescribeExecution', 'executionArn'),
  DescribeStateMachineForExecution: on('states:DescribeStateMachineForExecution', 'executionArn'),
  ListExecutions: on('states:ListExecutions', 'stateMachineArn'),
  GetExecutionHistory: on('states:GetExecutionHistory', 'executionArn'),
  // The token says which task: none of the three takes a resource.
  SendTaskSuccess: bare('states:SendTaskSuccess'),
  SendTaskFailure: bare('states:SendTaskFailure'),
  SendTaskHeartbeat: bare('states:SendTaskHeartbeat'),
};

// --- SNS: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html

const SNS_FAULT = { fault: 'AuthorizationErrorException' } as const;
const topic =
  (action: string): Row =>
  ({ TopicArn }) => [{ action, resource: TopicArn ?? '*', ...SNS_FAULT }];
/** Subscriptions have no ARN of their own in policies: their topic's counts. */
const subscription =
  (action: string): Row =>
  ({ SubscriptionArn = '' }) => [
    { action, resource: SubscriptionArn.split(':').slice(0, 6).join(':') || '*', ...SNS_FAULT },
  ];

/**
 * Whoever publishes to a topic under a customer's key needs the key too.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#sns-what-permissions-for-sse
 */
export const publishNeeds = (topicArn: string, facts: Pick<Facts, 'keyOfTopic'>): readonly Need[] => {
  const key = facts.keyOfTopic(topicArn);
  const via = { 'kms:viaservice': `sns.${topicArn.split(':')[3]}.amazonaws.com` };
  return [
    { action: 'sns:Publish', resource: topicArn, ...SNS_FAULT },
    ...(key === undefined ? [] : ['kms:GenerateDataKey', 'kms:Decrypt']).map((action) => ({
      action,
      resource: key ?? '*',
      context: via,
      fault: 'KMSAccessDeniedException',
    })),
  ];
};
const publish: Row = (input, _call, facts) => publishNeeds(input.TopicArn ?? input.TargetArn ?? '*', facts);

const SNS: Rows = {
  CreateTopic: ({ Name }, { region }) => [
    { action: 'sns:CreateTopic', resource: arnOf('sns', region, Name ?? '*'), ...SNS_FAULT },
  ],
  DeleteTopic: topic('sns:DeleteTopic'),
  ListTopics: () => [{ action: 'sns:ListTopics', resource: '*', ...SNS_FAULT }],
  GetTopicAttributes: topic('sns:GetTopicAttributes'),
  SetTopicAttributes: topic('sns:SetTopicAttributes'),
  Subscribe: topic('sns:Subscribe'),
  ConfirmSubscription: topic('sns:ConfirmSubscription'),
  ListSubscriptions: () => [{ action: 'sns:ListSubscriptions', resource: '*', ...SNS_FAULT }],
  ListSubscriptionsByTopic: topic('sns:ListSubscriptionsByTopic'),
  Unsubscribe: subscription('sns:Unsubscribe'),
  GetSubscriptionAttributes: subscription('sns:GetSubscriptionAttributes'),
  SetSubscriptionAttributes: subscription('sns:SetSubscriptionAttributes'),
  Publish: publish,
  PublishBatch: publish,
};

// --- EventBridge and its Scheduler: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html

const rule =
  (action: string): Row =>
  (input, { region }) => [{ action, resource: arnOf('events', region, `rule/${input.Rule ?? input.Name}`) }];

const EVENTS: Rows = {
  PutRule: rule('events:PutRule'),
  PutTargets: (input, call, facts) => [
    ...rule('events:PutTargets')(input, call, facts),
    ...(input.Targets ?? []).flatMap(({ RoleArn }: { RoleArn?: string }) => passRole(RoleArn, 'events.amazonaws.com')),
  ],
  PutEvents: ({ Entries }, { region }) => {
    const buses = (Entries ?? []).map((entry: { EventBusName?: string }) => entry.EventBusName ?? 'default');
    return each([...new Set<string>(buses)], (name) => ({
      action: 'events:PutEvents',
      resource: arnFrom(name, () => arnOf('events', region, `event-bus/${name}`)),
    }));
  },
  ListRules: ({ NamePrefix }, { region }) => [
    { action: 'events:ListRules', resource: arnOf('events', region, `rule/${NamePrefix ?? ''}*`) },
  ],
  DescribeRule: rule('events:DescribeRule'),
  ListTargetsByRule: rule('events:ListTargetsByRule'),
  RemoveTargets: rule('events:RemoveTargets'),
  DeleteRule: rule('events:DeleteRule'),
  EnableRule: rule('events:EnableRule'),
  DisableRule: rule('events:DisableRule'),
};

const schedule =
  (action: string): Row =>
  ({ Name, GroupName = 'default', Target }, { region }) => [
    { action, resource: arnOf('scheduler', region, `schedule/${GroupName}/${Name}`) },
    ...passRole(Target?.RoleArn, 'scheduler.amazonaws.com'),
  ];

const SCHEDULER: Rows = {
  CreateSchedule: schedule('scheduler:CreateSchedule'),
  UpdateSchedule: schedule('scheduler:UpdateSchedule'),
  GetSchedule: schedule('scheduler:GetSchedule'),
  ListSchedules: bare('scheduler:ListSchedules'),
  DeleteSchedule: schedule('scheduler:DeleteSchedule'),
};

// --- Secrets Manager: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html

/** A secret is asked for by name and judged by its ARN, six random characters and all; one that is not there by the name. */
const secret =
  (action: string): Row =>
  ({ SecretId = '*' }, { region }, facts) => [{ action, resource: facts.secretArn(region, SecretId) ?? SecretId }];

const SECRETS: Rows = {
  GetSecretValue: secret('secretsmanager:GetSecretValue'),
  DescribeSecret: secret('secretsmanager:DescribeSecret'),
  PutSecretValue: secret('secretsmanager:PutSecretValue'),
  CreateSecret: ({ Name }, { region }) => [
    { action: 'secretsmanager:CreateSecret', resource: arnOf('secretsmanager', region, `secret:${Name}`) },
  ],
  ListSecrets: bare('secretsmanager:ListSecrets'),
};

// --- EKS and STS

const EKS: Rows = {
  DescribeCluster: ({ name }, { region }) => [
    { action: 'eks:DescribeCluster', resource: arnOf('eks', region, `cluster/${name}`) },
  ],
  ListClusters: bare('eks:ListClusters'),
};

const STS: Rows = {
  // Needs nothing, and nothing can deny it. https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
  GetCallerIdentity: () => [],
  AssumeRole: ({ RoleArn = '*', RoleSessionName, ExternalId }) => [
    {
      action: 'sts:AssumeRole',
      resource: RoleArn,
      context: {
        ...(RoleSessionName !== undefined && { 'sts:rolesessionname': RoleSessionName }),
        ...(ExternalId !== undefined && { 'sts:externalid': ExternalId }),
      },
    },
  ],
};

/** By SigV4 signing name. */
export const OPERATIONS: Readonly<Record<string, Rows>> = {
  rds: RDS,
  monitoring: CLOUDWATCH,
  route53: ROUTE53,
  lambda: LAMBDA,
  states: STATES,
  sns: SNS,
  events: EVENTS,
  scheduler: SCHEDULER,
  secretsmanager: SECRETS,
  eks: EKS,
  sts: STS,
  dynamodb: DYNAMODB,
  s3: S3,
};
