import { expect, it } from 'vitest';
import { deployStack } from '#lab/stack/deploy.ts';
import { standardTargets } from '#lab/stack/resources.ts';
import { packageOf, type ResourceDeclaration } from '#lab/stack/template.ts';
import { recorder } from '#test/support/fixtures/recorder.ts';

/* What becomes of the policies in a template. */

const REGION = 'us-west-2';
const TRUST = {
  Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
};
const role = (more: object): ResourceDeclaration => ({
  Type: 'AWS::IAM::Role',
  Properties: { AssumeRolePolicyDocument: TRUST, ...more },
});
const inline = (statement: object) => ({
  Policies: [
    {
      PolicyName: 'p',
      PolicyDocument: { Statement: [{ Effect: 'Allow', Action: 'rds:*', Resource: '*', ...statement }] },
    },
  ],
});

const deploy = async (Resources: Record<string, ResourceDeclaration>) => {
  const { services } = recorder(REGION);
  const functions = {
    createFunction: async () => ({ arn: 'unused' }),
    setEventInvokeConfig: () => undefined,
    addEventSourceMapping: () => ({ id: 'unused' }),
  };
  const queues = {
    createQueue: (region: string, { QueueName }: { QueueName: string }) => ({
      arn: `arn:aws:sqs:${region}:123456789012:${QueueName}`,
      url: `https://sqs.${region}.amazonaws.com/123456789012/${QueueName}`,
    }),
  };
  const targets = standardTargets({ ...services, lambda: functions, sqs: queues });
  await deployStack(packageOf({ Resources }, '.'), { region: REGION, stackName: 's', targets });
  return services.roles;
};

it.each([
  [
    inline({ Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }),
    'the condition operator IpAddress is not supported',
  ],
  [inline({ Condition: { StringEquals: { 'rds:DatabaseEngine': 'postgres' } } }), 'condition key rds:DatabaseEngine'],
  [
    { ManagedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] },
    'does not know what arn:aws:iam::aws:policy/ReadOnlyAccess allows',
  ],
  [{ PermissionsBoundary: 'arn:aws:iam::123456789012:policy/b' }, 'PermissionsBoundary is not supported'],
])('a role that cannot be judged is refused: %j', async (more, reason) => {
  await expect(deploy({ Worker: role(more) })).rejects.toThrow(`Worker (AWS::IAM::Role): `);
  await expect(deploy({ Worker: role(more) })).rejects.toThrow(reason);
});

it("a role has the statements of the stack's managed policies", async () => {
  const PolicyDocument = { Statement: [{ Effect: 'Allow', Action: 'rds:*', Resource: '*' }] };
  const roles = await deploy({
    Shared: { Type: 'AWS::IAM::ManagedPolicy', Properties: { PolicyDocument } },
    Worker: role({ RoleName: 'worker', ManagedPolicyArns: [{ Ref: 'Shared' }] }),
  });
  const worker = roles.roles.get('worker');
  expect(worker && roles.documentsOf(worker)).toEqual([PolicyDocument]);
});

it("permissions of functions are their policies, with the source as a condition; a queue's policy hangs on its ARN", async () => {
  const roles = await deploy({
    Rule: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        FunctionName: 'f',
        Action: 'lambda:InvokeFunction',
        Principal: 'events.amazonaws.com',
        SourceArn: 'arn:aws:events:r:1:rule/x',
      },
    },
    Url: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        FunctionName: 'f',
        Action: 'lambda:InvokeFunctionUrl',
        Principal: '*',
        FunctionUrlAuthType: 'NONE',
      },
    },
    Dead: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'dead' } },
    DeadPolicy: {
      Type: 'AWS::SQS::QueuePolicy',
      Properties: {
        Queues: [{ Ref: 'Dead' }],
        PolicyDocument: { Statement: [{ Effect: 'Allow', Principal: '*', Action: 'sqs:SendMessage', Resource: '*' }] },
      },
    },
  });
  const statements = roles.statementsOn(`arn:aws:lambda:${REGION}:123456789012:function:f`);
  expect(statements).toHaveLength(2);
  expect(statements).toEqual(
    expect.arrayContaining([
      {
        Effect: 'Allow',
        Action: 'lambda:InvokeFunction',
        Principal: { Service: 'events.amazonaws.com' },
        Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:events:r:1:rule/x' } },
      },
      {
        Effect: 'Allow',
        Action: 'lambda:InvokeFunctionUrl',
        Principal: '*',
        Condition: { StringEquals: { 'lambda:FunctionUrlAuthType': 'NONE' } },
      },
    ]),
  );
  expect(roles.statementsOn(`arn:aws:sqs:${REGION}:123456789012:dead`)).toHaveLength(1);
});

it('a key has its policy, or lets the account decide, and is found by id and alias', async () => {
  const roles = await deploy({
    Own: {
      Type: 'AWS::KMS::Key',
      Properties: {
        KeyPolicy: { Statement: [{ Effect: 'Allow', Principal: '*', Action: 'kms:Decrypt', Resource: '*' }] },
      },
    },
    Plain: { Type: 'AWS::KMS::Key' },
    Name: { Type: 'AWS::KMS::Alias', Properties: { AliasName: 'alias/notices', TargetKeyId: { Ref: 'Own' } } },
  });
  const own = roles.keyArn(REGION, 'alias/notices') ?? '';
  expect(own).toMatch(/^arn:aws:kms:us-west-2:123456789012:key\/s-Own-/);
  expect(roles.statementsOn(own)).toMatchObject([{ Action: 'kms:Decrypt' }]);
  const plain = roles.resourcePolicies.find(({ resource }) => resource.includes('Plain'));
  expect(plain?.statements).toMatchObject([{ Principal: { AWS: 'arn:aws:iam::123456789012:root' }, Action: 'kms:*' }]);
  expect(roles.keyArn(REGION, 'alias/aws/sns')).toBeUndefined();
});
