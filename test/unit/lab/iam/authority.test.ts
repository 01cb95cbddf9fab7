import { beforeEach, describe, expect, it } from 'vitest';
import { deliverySwitch } from '#lab/delivery.ts';
import { type Authority, createAuthority } from '#lab/iam/authority.ts';
import type { PolicyDocument, PolicyStatement } from '#lab/iam/policy.ts';
import type { LambdaService } from '#lab/services/lambda/service.ts';
import type { SnsService } from '#lab/services/sns/sns.ts';
import { createQueueStore } from '#lab/services/sqs.ts';
import { checkInvoke, checkMachineRole } from '#lab/services/stepfunctions/role-check.ts';
import { createRoleStore, type RoleStore } from '#lab/stack/roles.ts';

/* What services do in a role, and as themselves. */

const REGION = 'us-west-2';
const arn = (service: string, rest: string) => `arn:aws:${service}:${REGION}:123456789012:${rest}`;
const FUNCTION = arn('lambda', 'function:intake');
const TOPIC = arn('sns', 'notices');
const RULE = arn('events', 'rule/alarm');
const ROLE = 'arn:aws:iam::123456789012:role/worker';
const KEY = arn('kms', 'key/notices');

let roles: RoleStore;
let authority: Authority;
let invoked: string[];
let published: string[];
let queues: ReturnType<typeof createQueueStore>;
let deadQueue: string;

const putRole = (service: string, condition: object, ...Statement: PolicyStatement[]): void =>
  roles.putRole({
    name: 'worker',
    arn: ROLE,
    trust: {
      Statement: { Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole', ...condition },
    } as PolicyDocument,
    policies: [{ name: 'only', document: { Statement } }],
    managedPolicyArns: [],
  });
const allow = (Action: string, Resource = '*'): PolicyStatement => ({ Effect: 'Allow', Action, Resource });

const by = (service: string, sourceArn: string) => ({ from: { service, sourceArn } });
const deliver = (target: string, options: Parameters<ReturnType<typeof deliverySwitch>>[2]) =>
  deliverySwitch({
    lambda: () => ({ invokeAsync: (name: string) => invoked.push(name) }) as unknown as LambdaService,
    sns: () => ({ publish: () => published.push(target) }) as unknown as SnsService,
    states: () => undefined,
    queues,
    authority,
  })(target, '{}', options);

beforeEach(() => {
  roles = createRoleStore();
  authority = createAuthority({
    roles,
    facts: {
      keyOfTopic: (topic) => (topic === TOPIC ? roles.keyArn(REGION, 'notices') : undefined),
      secretArn: () => undefined,
      partitionKey: () => undefined,
    },
  });
  [invoked, published] = [[], []];
  queues = createQueueStore();
  deadQueue = queues.createQueue(REGION, { QueueName: 'dead' }).arn;
});

describe('a service as itself', () => {
  const toFunction = (source = RULE) => deliver(FUNCTION, by('events.amazonaws.com', source));

  it("invokes a function when the function's policy says so, for that source", async () => {
    await expect(toFunction()).rejects.toThrow('no resource-based policy allows the lambda:InvokeFunction action');
    roles.addResourcePolicy({
      resource: FUNCTION,
      statements: [
        {
          Effect: 'Allow',
          Action: 'lambda:InvokeFunction',
          Principal: { Service: 'events.amazonaws.com' },
          Condition: { ArnLike: { 'aws:SourceArn': RULE } },
        },
      ],
    });
    await toFunction();
    await expect(toFunction(`${RULE}-2`)).rejects.toThrow('not authorized');
    await expect(deliver(FUNCTION, by('sns.amazonaws.com', TOPIC))).rejects.toThrow('not authorized');
    expect(invoked).toEqual([FUNCTION]);
  });

  it("sends to a queue when the queue's policy says so", async () => {
    const letter = () => deliver(deadQueue, by('sns.amazonaws.com', TOPIC));
    await expect(letter()).rejects.toThrow('sqs:SendMessage');
    roles.addResourcePolicy({
      resource: deadQueue,
      statements: [{ ...allow('sqs:SendMessage', deadQueue), Principal: { Service: 'sns.amazonaws.com' } }],
    });
    await letter();
    expect(queues.messages(deadQueue)).toHaveLength(1);
  });

  it('alarms publish to a topic without a policy of its own, rules do not', async () => {
    await deliver(TOPIC, by('cloudwatch.amazonaws.com', arn('cloudwatch', 'alarm:down')));
    await expect(deliver(TOPIC, by('events.amazonaws.com', RULE))).rejects.toThrow('SNS:Publish');
    expect(published).toEqual([TOPIC]);
  });

  it('needs the key of an encrypted topic', async () => {
    const alarm = () => deliver(TOPIC, by('cloudwatch.amazonaws.com', arn('cloudwatch', 'alarm:down')));
    roles.addResourcePolicy({ resource: KEY, statements: [{ ...allow('kms:*'), Principal: { AWS: '123456789012' } }] });
    await expect(alarm()).rejects.toMatchObject({ shape: 'KMSAccessDeniedException' });
    roles.addResourcePolicy({
      resource: KEY,
      statements: [
        {
          Effect: 'Allow',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
          Resource: '*',
          Condition: { StringEquals: { 'aws:SourceAccount': '123456789012' } },
        },
      ],
    });
    await alarm();
  });

  it('a URL is open when both permissions are there', () => {
    const open = (Action: string, condition: object) =>
      roles.addResourcePolicy({
        resource: FUNCTION,
        statements: [
          {
            Effect: 'Allow',
            Action,
            Principal: '*',
            Condition: condition as PolicyStatement['Condition'],
          } as PolicyStatement,
        ],
      });
    open('lambda:InvokeFunctionUrl', { StringEquals: { 'lambda:FunctionUrlAuthType': 'NONE' } });
    expect(authority.opensUrl(FUNCTION)).toBe(false);
    open('lambda:InvokeFunction', { Bool: { 'lambda:InvokedViaFunctionUrl': 'true' } });
    expect(authority.opensUrl(FUNCTION)).toBe(true);
  });
});

describe('a service in a role', () => {
  const scheduled = () =>
    deliver(FUNCTION, { ...by('scheduler.amazonaws.com', arn('scheduler', 'schedule-group/default')), roleArn: ROLE });
  const fromHere = { Condition: { StringEquals: { 'aws:SourceAccount': '123456789012' } } };

  it('has to be trusted, and the role to be allowed', async () => {
    await expect(scheduled()).rejects.toThrow('not authorized to assume');
    putRole('states.amazonaws.com', {}, allow('lambda:InvokeFunction', FUNCTION));
    await expect(scheduled()).rejects.toThrow('not authorized to assume');
    putRole(
      'scheduler.amazonaws.com',
      { Condition: { StringEquals: { 'aws:SourceAccount': '1' } } },
      allow('lambda:*'),
    );
    await expect(scheduled()).rejects.toThrow('not authorized to assume');
    putRole('scheduler.amazonaws.com', fromHere, allow('lambda:InvokeFunction', `${FUNCTION}-2`));
    await expect(scheduled()).rejects.toThrow('no identity-based policy allows the lambda:InvokeFunction action');
    putRole('scheduler.amazonaws.com', fromHere, allow('lambda:InvokeFunction', FUNCTION));
    await scheduled();
    expect(invoked).toEqual([FUNCTION]);
  });

  it('a machine is made when its role trusts Step Functions, and may write the log it is to write', () => {
    const check = checkMachineRole(authority);
    const machine = { machineArn: arn('states', 'stateMachine:failover'), roleArn: ROLE, logs: true };
    expect(() => check(machine)).toThrow('Neither the global service principal states.amazonaws.com');
    putRole('states.amazonaws.com', fromHere, allow('logs:CreateLogDelivery'));
    expect(() => check(machine)).toThrow('not authorized to access the Log Destination');
    check({ ...machine, logs: false });
    putRole('states.amazonaws.com', fromHere, allow('logs:*'));
    check(machine);
  });

  it('a machine invokes what its role may, and says so in the words of its history', () => {
    putRole('states.amazonaws.com', fromHere, allow('lambda:InvokeFunction', FUNCTION));
    const invoke = (functionArn: string) =>
      checkInvoke(authority, { machineArn: arn('states', 'stateMachine:failover'), roleArn: ROLE, functionArn });
    invoke(FUNCTION);
    expect(() => invoke(`${FUNCTION}-2`)).toThrow(
      expect.objectContaining({
        shape: 'AWSLambdaException',
        message: expect.stringMatching(
          /not authorized to perform: lambda:InvokeFunction .*Error Code: AccessDeniedException/,
        ),
      }),
    );
  });

  it('is on record once, allowed or not', async () => {
    putRole('scheduler.amazonaws.com', fromHere, allow('lambda:InvokeFunction', FUNCTION));
    await scheduled();
    await scheduled();
    const mine = authority.uses().filter(({ role }) => role === 'worker');
    expect(mine).toMatchObject([
      { action: 'lambda:InvokeFunction', resource: FUNCTION, service: 'scheduler.amazonaws.com', allowed: true },
    ]);
  });
});
