import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { examplePlan } from '#test/unit/domain/support.ts';
import { GRANTS } from '../../../serverless/roles.ts';
import { QUEUES } from '../../../serverless/stack-values.ts';

/*
 * What `npm run package` wrote, as CloudFormation would read it. Asserts on the parsed template.
 */

interface Resource {
  readonly Type: string;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  // biome-ignore lint/suspicious/noExplicitAny: properties differ by type; each test reads those of one.
  readonly Properties: any;
}

type Resources = Readonly<Record<string, Resource>>;

interface Statement {
  readonly Sid?: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

/** The only statements whose resource may be `*`, and why. */
const WITHOUT_RESOURCE: Readonly<Record<string, string>> = {
  TracesHaveNoResources: 'X-Ray takes no resource for the two put actions',
  MetricsHaveNoResources: 'PutMetricData takes none; the namespace is in the condition',
  ListStreamsHasNoResources: 'ListStreams takes none',
  TaskTokensHaveNoResources: 'the token says which task: the two answers take no resource',
  NetworkInterfacesHaveNoResources: 'interfaces are made before there is anything to name',
  LogDeliveryHasNoResources: 'the log delivery actions take none',
};

const read = (folder: string): Resources => {
  const text = readFileSync(`${folder}/cloudformation-template-update-stack.json`, 'utf8');
  return (JSON.parse(text) as { Resources: Resources }).Resources;
};

const plan = examplePlan();
let pipeline: Resources;
let witness: Resources;

beforeAll(() => {
  pipeline = read('.serverless');
  witness = read('.build/witness');
});

const ofType = (resources: Resources, type: string): readonly [string, Resource][] =>
  Object.entries(resources).filter(([, resource]) => resource.Type === type);

const statementsOf = (role: Resource): readonly Statement[] =>
  role.Properties.Policies.flatMap(
    (policy: { PolicyDocument: { Statement: Statement[] } }) => policy.PolicyDocument.Statement,
  );

const stacks = [
  ['pipeline', () => pipeline],
  ['witness', () => witness],
] as const;

describe.each(stacks)('functions of the %s', (_, stack) => {
  it('each have a role of their own, arm64, Node 24, tracing and a log group that forgets', () => {
    const functions = ofType(stack(), 'AWS::Lambda::Function');
    expect(functions.length).toBeGreaterThan(0);
    for (const [id, { Properties }] of functions) {
      const key = id.replace('LambdaFunction', '');
      expect(Properties.Role, id).toEqual({ 'Fn::GetAtt': [`${key}Role`, 'Arn'] });
      expect(Properties.Runtime).toBe('nodejs24.x');
      expect(Properties.Architectures).toEqual(['arm64']);
      expect(Properties.TracingConfig).toEqual({ Mode: 'Active' });
      expect(stack()[`${key}LogGroup`]?.Properties.RetentionInDays, id).toBe(365);
    }
    const roles = functions.map(([, { Properties }]) => JSON.stringify(Properties.Role));
    expect(new Set(roles).size).toBe(roles.length);
  });

  it('may do nothing to everything, but for what takes no resource', () => {
    for (const [id, role] of ofType(stack(), 'AWS::IAM::Role')) {
      for (const statement of statementsOf(role)) {
        const actions = [statement.Action].flat();
        expect(
          actions.filter((action) => action.includes('*')),
          id,
        ).toEqual([]);
        if (JSON.stringify(statement.Resource) === '"*"') {
          expect(Object.keys(WITHOUT_RESOURCE), `${id}: ${actions}`).toContain(statement.Sid);
        }
      }
    }
  });

  it('get no role that the framework made', () => {
    expect(stack()).not.toHaveProperty('IamRoleLambdaExecution');
  });
});

describe('the machine', () => {
  const definition = () => {
    const [text, references] = (pipeline.FailoverStateMachine as Resource).Properties.DefinitionString['Fn::Sub'];
    return { machine: JSON.parse(text), references: references as Record<string, unknown> };
  };

  interface State {
    readonly Type: string;
    readonly TimeoutSeconds?: number | string;
    readonly Arguments?: { readonly FunctionName?: string };
    readonly Branches?: readonly { readonly States: Readonly<Record<string, State>> }[];
  }

  const tasks = (states: Readonly<Record<string, State>>): readonly [string, State][] =>
    Object.entries(states).flatMap(([name, state]): readonly [string, State][] => [
      ...(state.Type === 'Task' ? [[name, state] as [string, State]] : []),
      ...(state.Branches ?? []).flatMap((branch) => tasks(branch.States)),
    ]);

  it('invokes functions of this stack, each with less time than its task', () => {
    const { machine, references } = definition();
    const found = tasks(machine.States);
    expect(found.length).toBeGreaterThan(10);
    for (const [name, state] of found) {
      const reference = references[state.Arguments?.FunctionName?.slice(2, -1) ?? ''];
      const id = (reference as { 'Fn::GetAtt': [string, string] })['Fn::GetAtt'][0];
      const fn = pipeline[id];
      expect(fn?.Type, name).toBe('AWS::Lambda::Function');
      // A task that waits for people waits as long as the plan says.
      if (typeof state.TimeoutSeconds === 'string') continue;
      expect(fn?.Properties.Timeout, name).toBeLessThan(state.TimeoutSeconds ?? 0);
    }
  });

  it('has its own role, traces, and logs without inputs', () => {
    const { Properties } = pipeline.FailoverStateMachine as Resource;
    expect(Properties.RoleArn).toEqual({ 'Fn::GetAtt': ['FailoverStateMachineRole', 'Arn'] });
    expect(Properties.TracingConfiguration).toEqual({ Enabled: true });
    expect(Properties.LoggingConfiguration).toMatchObject({ Level: 'ERROR', IncludeExecutionData: false });
  });

  it('may invoke exactly the functions that it names', () => {
    const named = new Set(Object.values(definition().references).map((reference) => JSON.stringify(reference)));
    const invoke = statementsOf(pipeline.FailoverStateMachineRole as Resource).find(({ Action }) =>
      Action.includes('lambda:InvokeFunction'),
    );
    expect(new Set([invoke?.Resource].flat().map((resource) => JSON.stringify(resource)))).toEqual(named);
  });
});

describe('time', () => {
  /** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
  const LAMBDA_MOST = 900;

  it.each(stacks)('is bounded for each function of the %s, within what Lambda gives', (_, stack) => {
    for (const [id, { Properties }] of ofType(stack(), 'AWS::Lambda::Function')) {
      expect(Properties.Timeout, id).toBeGreaterThan(0);
      expect(Properties.Timeout, id).toBeLessThanOrEqual(LAMBDA_MOST);
    }
  });

  it('is longer for the machine than for any of its tasks', () => {
    const machine = JSON.parse(
      (pipeline.FailoverStateMachine as Resource).Properties.DefinitionString['Fn::Sub'][0],
    ) as { TimeoutSeconds: number };
    const longest = Math.max(
      ...ofType(pipeline, 'AWS::Lambda::Function').map(([, { Properties }]) => Properties.Timeout),
    );
    expect(machine.TimeoutSeconds).toBeGreaterThan(longest);
  });

  it('does not let a schedule run a probe beside itself for long: the look ends before the second one after it begins', () => {
    for (const [, stack] of stacks) {
      expect(stack().ProbeServiceLambdaFunction?.Properties.Timeout).toBeLessThan(120);
    }
  });
});

describe('dead letters', () => {
  // Without it SNS drops what nobody took, and no alarm says so.
  // https://docs.aws.amazon.com/sns/latest/dg/sns-configure-dead-letter-queue.html
  it('lets every topic whose subscriptions have a dead-letter queue send to it', () => {
    const all = Object.values(pipeline);
    const senders = (queue: string): string[] =>
      all
        .filter(({ Type, Properties }) => Type === 'AWS::SQS::QueuePolicy' && Properties.Queues[0].Ref === queue)
        .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
        .filter(({ Principal }) => Principal.Service === 'sns.amazonaws.com')
        .flatMap(({ Condition }) => Condition.ArnEquals['aws:SourceArn'])
        .map(({ Ref }) => Ref);
    const redriven = all.filter(
      ({ Type, Properties }) => Type === 'AWS::SNS::Subscription' && Properties.RedrivePolicy,
    );
    expect(redriven.length).toBeGreaterThan(2);
    for (const { Properties } of redriven) {
      const [queue] = Properties.RedrivePolicy.deadLetterTargetArn['Fn::GetAtt'];
      expect(senders(queue), Properties.Endpoint).toContain(Properties.TopicArn.Ref);
    }
  });
});

describe('the network', () => {
  it('of the plan is where the functions run that reach a database or a cluster, and no others', () => {
    const within = ofType(pipeline, 'AWS::Lambda::Function')
      .filter(([, { Properties }]) => Properties.VpcConfig !== undefined)
      .map(([id]) => id.replace('LambdaFunction', ''));
    // Who learns where a cluster is, or the login of the database, goes there.
    const reaches = ({ Action, Resource }: Statement): boolean =>
      Action.includes('eks:DescribeCluster') ||
      (Action.includes('secretsmanager:GetSecretValue') && JSON.stringify(Resource).includes(plan.database.secret));
    const reach = Object.keys(GRANTS).filter((key) => statementsOf(pipeline[`${key}Role`] as Resource).some(reaches));
    expect(reach).toContain('ScaleUpWorkloads');
    expect(reach.length).toBeGreaterThan(5);
    expect(within.sort()).toEqual(reach.sort());
    expect(pipeline.FencePrimaryLambdaFunction?.Properties.VpcConfig).toEqual({
      SubnetIds: plan.network.standby?.subnets,
      SecurityGroupIds: plan.network.standby?.securityGroups,
    });
    expect(witness.ProbeServiceLambdaFunction?.Properties.VpcConfig.SubnetIds).toEqual(plan.network.witness?.subnets);
  });
});

describe('the clusters', () => {
  const reached = (cluster: string): readonly string[] =>
    Object.keys(GRANTS).filter((key) =>
      statementsOf(pipeline[`${key}Role`] as Resource).some(
        ({ Action, Resource }) =>
          Action.includes('eks:DescribeCluster') && JSON.stringify(Resource).includes(`cluster/${cluster}`),
      ),
    );

  // Whoever is not named there has no access entry, and finds out in the middle of a recovery.
  it('are reached by the roles that docs/getting-started.md has an access entry made for, and no others', () => {
    const text = readFileSync('docs/getting-started.md', 'utf8').replaceAll(/\s+/g, ' ');
    const [, all = '', primary = ''] =
      /for the roles of (.*?): in the standby all of them, in the primary those of (.*?)\. /.exec(text) ?? [];
    const named = (list: string): readonly string[] => list.split(/, | and /).sort();
    const { clusters } = plan.workloads;
    expect(named(all)).toEqual([...reached(clusters.standby)].sort());
    expect(named(primary)).toEqual([...reached(clusters.primary)].sort());
  });
});

describe('evidence', () => {
  const bucket = () => pipeline.EvidenceBucket?.Properties;

  it('lies in a bucket that nobody can empty: locked, versioned, encrypted, closed to the public', () => {
    expect(bucket()).toMatchObject({
      ObjectLockEnabled: true,
      VersioningConfiguration: { Status: 'Enabled' },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    });
    const [rule] = bucket().BucketEncryption.ServerSideEncryptionConfiguration;
    expect(rule.ServerSideEncryptionByDefault.SSEAlgorithm).toBe('AES256');
  });

  it('is locked as long as the archive tier of the plan says, and goes to cold storage', () => {
    expect(bucket().ObjectLockConfiguration.Rule.DefaultRetention).toEqual({ Mode: 'COMPLIANCE', Days: 365 });
    const [cold] = bucket().LifecycleConfiguration.Rules;
    expect(cold.Transitions[0].StorageClass).toBe('GLACIER_IR');
    expect(JSON.stringify(bucket().LifecycleConfiguration)).not.toContain('Expiration');
  });

  it('is refused to whoever comes without TLS', () => {
    const [statement] = pipeline.EvidenceBucketPolicy?.Properties.PolicyDocument.Statement ?? [];
    expect(statement).toMatchObject({
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    });
    expect(statement.Resource).toHaveLength(2);
  });

  it('can be put there and never deleted nor unlocked by any role', () => {
    const actions = ofType(pipeline, 'AWS::IAM::Role').flatMap(([, role]) =>
      statementsOf(role).flatMap(({ Action }) => [Action].flat().filter((action) => action.startsWith('s3:'))),
    );
    expect(actions.sort()).toEqual(['s3:ListBucket', 's3:PutObject', 's3:PutObjectRetention']);
  });

  it('comes from the record at the end of a run, and what fails is kept', () => {
    const { EventSourceArn, FunctionName, DestinationConfig } = pipeline.EvidenceStream?.Properties ?? {};
    expect(EventSourceArn).toEqual({ 'Fn::GetAtt': ['LedgerTable', 'StreamArn'] });
    expect(FunctionName).toEqual({ 'Fn::GetAtt': ['ArchiveRecordLambdaFunction', 'Arn'] });
    expect(DestinationConfig.OnFailure.Destination).toEqual({ 'Fn::GetAtt': ['EvidenceDeadLetterQueue', 'Arn'] });
  });
});

describe('what an upgrade or a removal of the stack keeps', () => {
  it.each(stacks)('is every table and bucket of the %s that is ours', (_, stack) => {
    const kept = ['AWS::DynamoDB::Table', 'AWS::S3::Bucket'].flatMap((type) => ofType(stack(), type));
    for (const [id, resource] of kept.filter(([name]) => name !== 'ServerlessDeploymentBucket')) {
      expect(resource, id).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    }
  });

  it('is the ledger, the state and the evidence', () => {
    for (const id of ['LedgerTable', 'StateTable', 'EvidenceBucket', 'EvidenceBucketPolicy']) {
      expect(pipeline[id], id).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    }
  });
});

describe('alarms on the pipeline itself', () => {
  const alarms = () => ofType(pipeline, 'AWS::CloudWatch::Alarm');
  const paging = () => alarms().filter(([, { Properties }]) => Properties.AlarmActions?.length > 0);
  const pages = [{ Ref: 'NoticeTopic' }];

  it('watch the depth of every queue', () => {
    const queues = ofType(pipeline, 'AWS::SQS::Queue').map(([id]) => id);
    const watched = paging()
      .filter(([, { Properties }]) => Properties.MetricName === 'ApproximateNumberOfMessagesVisible')
      .map(([, { Properties }]) => Properties.Dimensions[0].Value['Fn::GetAtt'][0]);
    expect(watched.sort()).toEqual(queues.sort());
    expect(queues.sort()).toEqual([...QUEUES].sort());
  });

  it('take the silence of a probe for an alarm that pages, from both vantage points, and starts nothing', () => {
    const prefix = pipeline.AlarmRule?.Properties.EventPattern.detail.alarmName[0].prefix;
    for (const vantage of ['Standby', 'Witness']) {
      const { Properties } = pipeline[`ProbeSilent${vantage}Alarm`] as Resource;
      expect(Properties).toMatchObject({
        Namespace: 'Continuity',
        MetricName: 'ProbeReported',
        TreatMissingData: 'breaching',
        AlarmActions: pages,
      });
      expect(Properties.AlarmName.startsWith(prefix)).toBe(false);
    }
  });

  it('watch the errors of every function that no state calls, throttling, and how executions end', () => {
    const { references } = (() => {
      const [, found] = (pipeline.FailoverStateMachine as Resource).Properties.DefinitionString['Fn::Sub'];
      return { references: Object.values(found as Record<string, { 'Fn::GetAtt': string[] }>) };
    })();
    const called = references.map((reference) => reference['Fn::GetAtt'][0]);
    const others = ofType(pipeline, 'AWS::Lambda::Function')
      .map(([id]) => id)
      .filter((id) => !called.includes(id));
    const watched = paging()
      .filter(([, { Properties }]) => Properties.MetricName === 'Errors')
      .map(([, { Properties }]) => Properties.Dimensions[0].Value.Ref);
    expect(watched.sort()).toEqual(others.sort());
    const metrics = paging().map(([, { Properties }]) => Properties.MetricName);
    for (const name of ['Throttles', 'ExecutionsFailed', 'ExecutionsTimedOut', 'FailedInvocations', 'IteratorAge'])
      expect(metrics).toContain(name);
  });

  it('page people, or are the two that start a recovery, or the switch of the traffic', () => {
    const silent = alarms()
      .filter(([, { Properties }]) => !(Properties.AlarmActions?.length > 0))
      .map(([id]) => id);
    expect(silent.sort()).toEqual(['HealthyFromStandbyAlarm', 'HealthyFromWitnessAlarm', 'TrafficSwitchAlarm']);
  });

  it('are all on the dashboard, which reads in no other region than its own', () => {
    const body = JSON.parse(pipeline.Dashboard?.Properties.DashboardBody['Fn::Sub']);
    const [row, ...graphs] = body.widgets;
    const shown = row.properties.alarms.map((arn: string) => /^\$\{(\w+)\.Arn\}$/.exec(arn)?.[1]);
    expect(shown.sort()).toEqual(
      alarms()
        .map(([id]) => id)
        .sort(),
    );
    for (const { properties } of graphs) expect(properties.region).toBe('us-west-2');
  });
});

describe('secrets on the way', () => {
  it('are those of topics and queues: each is encrypted', () => {
    const topics = ofType(pipeline, 'AWS::SNS::Topic');
    expect(topics.length).toBeGreaterThan(2);
    for (const [id, { Properties }] of topics) expect(Properties.KmsMasterKeyId, id).toEqual({ Ref: 'NoticeKey' });
    for (const [id, { Properties }] of ofType(pipeline, 'AWS::SQS::Queue'))
      expect(Properties.SqsManagedSseEnabled, id).toBe(true);
  });
});

describe('what is kept', () => {
  it('is encrypted, recoverable and protected from deletion', () => {
    const tables = stacks.flatMap(([, stack]) => ofType(stack(), 'AWS::DynamoDB::Table'));
    expect(tables.map(([id]) => id)).toEqual(expect.arrayContaining(['LedgerTable', 'StateTable']));
    for (const [, { Properties }] of tables) {
      expect(Properties).toMatchObject({
        SSESpecification: { SSEEnabled: true },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        DeletionProtectionEnabled: true,
      });
    }
    expect(pipeline.LedgerTable?.Properties.StreamSpecification).toEqual({ StreamViewType: 'NEW_IMAGE' });
    expect(pipeline.NoticeTopic?.Properties.KmsMasterKeyId).toEqual({ Ref: 'NoticeKey' });
    for (const [id, { Properties }] of ofType(pipeline, 'AWS::SQS::Queue')) {
      expect(Properties.SqsManagedSseEnabled, id).toBe(true);
    }
  });

  it('can be appended to the ledger and never changed there', () => {
    const ledger = JSON.stringify({ 'Fn::GetAtt': ['LedgerTable', 'Arn'] });
    for (const [id, role] of ofType(pipeline, 'AWS::IAM::Role')) {
      const actions = statementsOf(role)
        .filter(({ Resource }) => JSON.stringify(Resource) === ledger)
        .flatMap(({ Action }) => Action);
      expect(
        actions.filter((action) => !['dynamodb:PutItem', 'dynamodb:Query'].includes(action)),
        id,
      ).toEqual([]);
    }
  });
});

describe('detection', () => {
  it.each(['Standby', 'Witness'])('alarms on the health as seen from the %s', (vantage) => {
    expect(pipeline[`HealthyFrom${vantage}Alarm`]?.Properties).toMatchObject({
      Namespace: 'Continuity',
      MetricName: 'ServiceHealthy',
      Dimensions: [
        { Name: 'Plan', Value: 'svg-ai' },
        { Name: 'Vantage', Value: vantage.toLowerCase() },
      ],
      Statistic: 'Minimum',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      DatapointsToAlarm: 3,
      EvaluationPeriods: 3,
      Period: 60,
      TreatMissingData: 'missing',
    });
  });

  it('hands only changes into ALARM of those alarms to the intake, and loses none', () => {
    const { EventPattern, Targets } = pipeline.AlarmRule?.Properties ?? {};
    const prefix = EventPattern.detail.alarmName[0].prefix;
    const health = ofType(pipeline, 'AWS::CloudWatch::Alarm').filter(([id]) => id.startsWith('Healthy'));
    for (const [, { Properties }] of health) expect(Properties.AlarmName.startsWith(prefix)).toBe(true);
    expect(EventPattern.detail.state).toEqual({ value: ['ALARM'] });
    expect(Targets[0].DeadLetterConfig.Arn).toEqual({ 'Fn::GetAtt': ['AlarmDeadLetterQueue', 'Arn'] });
  });

  it('takes alarms by SNS as well: the intake is subscribed, may be called, and what it cannot take is kept', () => {
    const { TopicArn, Protocol, Endpoint, RedrivePolicy } = pipeline.AlarmTopicSubscription?.Properties ?? {};
    expect({ TopicArn, Protocol, Endpoint }).toEqual({
      TopicArn: { Ref: 'AlarmTopic' },
      Protocol: 'lambda',
      Endpoint: { 'Fn::GetAtt': ['ReceiveAlarmLambdaFunction', 'Arn'] },
    });
    expect(RedrivePolicy.deadLetterTargetArn).toEqual({ 'Fn::GetAtt': ['AlarmDeadLetterQueue', 'Arn'] });
    expect(pipeline.AlarmTopicPermission?.Properties).toMatchObject({
      Principal: 'sns.amazonaws.com',
      SourceArn: { Ref: 'AlarmTopic' },
    });
  });

  it.each(stacks)('looks every minute from the %s', (_, stack) => {
    const { ScheduleExpression, Target } = stack().ProbeSchedule?.Properties ?? {};
    expect(ScheduleExpression).toBe('rate(1 minute)');
    expect(Target.RoleArn).toEqual({ 'Fn::GetAtt': ['ProbeScheduleRole', 'Arn'] });
    const [invoke] = statementsOf(stack().ProbeScheduleRole as Resource);
    expect(invoke?.Resource).toEqual([{ 'Fn::GetAtt': ['ProbeServiceLambdaFunction', 'Arn'] }]);
  });
});

describe('readiness', () => {
  it('is asked of every function of the recovery path, by a role that may run just those', () => {
    const asked = ofType(pipeline, 'AWS::Scheduler::Schedule')
      .filter(([, { Properties }]) => Properties.Target.Input === '{"readiness":true}')
      .map(([, { Properties }]) => Properties.Target.Arn['Fn::GetAtt'][0]);
    const functions = ofType(pipeline, 'AWS::Lambda::Function').map(([id]) => id);
    expect(asked.sort()).toEqual(functions.filter((id) => !/^(ProbeService|WatchClaims)/.test(id)).sort());
    const allowed = statementsOf(pipeline.ReadinessScheduleRole as Resource).flatMap(
      ({ Resource }) => Resource as { 'Fn::GetAtt': string[] }[],
    );
    expect(allowed.map((arn) => arn['Fn::GetAtt'][0]).sort()).toEqual(asked);
  });
});

describe('notices', () => {
  it('come from the ledger, but not from the entries about notices, and a failed stretch is kept', () => {
    const { EventSourceArn, FilterCriteria, DestinationConfig } = pipeline.NoticeStream?.Properties ?? {};
    expect(EventSourceArn).toEqual({ 'Fn::GetAtt': ['LedgerTable', 'StreamArn'] });
    expect(JSON.parse(FilterCriteria.Filters[0].Pattern)).toEqual({
      eventName: ['INSERT'],
      dynamodb: { NewImage: { kind: { S: [{ 'anything-but': ['notice'] }] } } },
    });
    expect(DestinationConfig.OnFailure.Destination).toEqual({ 'Fn::GetAtt': ['NoticeDeadLetterQueue', 'Arn'] });
  });

  it('go to each contact of the plan once', () => {
    const addresses = ofType(pipeline, 'AWS::SNS::Subscription')
      .filter(([, { Properties }]) => Properties.TopicArn.Ref === 'NoticeTopic')
      .map(([, { Properties }]) => Properties.Endpoint);
    expect(addresses.length).toBeGreaterThan(0);
    expect(new Set(addresses).size).toBe(addresses.length);
  });

  it('bring an approver what is theirs, and nobody else: a link is a permission', () => {
    const personal = ofType(pipeline, 'AWS::SNS::Subscription')
      .filter(([, { Properties }]) => Properties.TopicArn.Ref === 'ApprovalTopic')
      .map(([, { Properties }]) => Properties);
    expect(personal.length).toBeGreaterThan(2);
    const of = personal.map(({ FilterPolicy }) => FilterPolicy.approver.join());
    expect(new Set(of).size).toBe(personal.length);
    expect(new Set(personal.map(({ Endpoint }) => Endpoint)).size).toBe(personal.length);
    expect(pipeline.ApprovalTopic?.Properties.KmsMasterKeyId).toEqual({ Ref: 'NoticeKey' });
  });

  it('lead to one function that the world may call: by its URL, not past it', () => {
    expect(ofType(pipeline, 'AWS::Lambda::Url').map(([id]) => id)).toEqual(['DecideByLinkUrl']);
    const open = ofType(pipeline, 'AWS::Lambda::Permission').filter(
      ([, { Properties }]) => Properties.Principal === '*',
    );
    for (const [id, { Properties }] of open) {
      expect(Properties.FunctionName, id).toEqual({ 'Fn::GetAtt': ['DecideByLinkLambdaFunction', 'Arn'] });
      expect(Properties.FunctionUrlAuthType === 'NONE' || Properties.InvokedViaFunctionUrl === true, id).toBe(true);
    }
    expect(open).toHaveLength(2);
    expect(pipeline.DecideByLinkLambdaFunction?.Properties.ReservedConcurrentExecutions).toBe(5);
  });
});
