// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax of Fn::Sub.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDynamoDbService, type DynamoDbService } from '#lab/services/dynamodb.ts';
import { createQueueStore } from '#lab/services/sqs.ts';
import { deployStack } from '#lab/stack/deploy.ts';
import { standardTargets } from '#lab/stack/resources.ts';
import { loadTemplate, packageOf, type Template } from '#lab/stack/template.ts';
import { type TestLambda, testLambda } from '#test/support/fixtures/lambda-functions.ts';
import { recorder } from '#test/support/fixtures/recorder.ts';
import { stackTemplate } from '#test/support/fixtures/stack-template.ts';
import { zip } from '#test/support/fixtures/zip.ts';
import { waitFor } from '#test/support/wait-for.ts';

const HANDLER = `export const handler = async (event) => {
  if (event.fail) throw new Error('as asked');
  for (const record of event.Records ?? []) console.log('stream', record.eventName, record.dynamodb.Keys.pk.S);
  return { number: process.env.NUMBER, ledger: process.env.LEDGER, topic: process.env.TOPIC, key: process.env.AWS_ACCESS_KEY_ID };
};`;

let lab: TestLambda;
let dynamodb: DynamoDbService;
let sqs: ReturnType<typeof createQueueStore>;
let seen: ReturnType<typeof recorder>;
let folder: string;

beforeEach(() => {
  sqs = createQueueStore();
  lab = testLambda({ deliver: async (arn, body, { attributes = {} }) => void sqs.send(arn, { body, attributes }) });
  dynamodb = createDynamoDbService({ log: () => {}, onStreamRecord: (record) => lab.lambda.onStreamRecord(record) });
  seen = recorder('us-west-2');
  folder = join(lab.folder, 'package');
  mkdirSync(folder);
  writeFileSync(join(folder, 'functions.zip'), zip({ 'src/handler.mjs': HANDLER }));
  writeFileSync(join(folder, 'cloudformation-template-update-stack.json'), JSON.stringify(stackTemplate()));
  writeFileSync(
    join(folder, 'serverless-state.json'),
    JSON.stringify({ service: { service: 'plan', provider: { stage: 'lab' } } }),
  );
});
afterEach(async () => {
  await lab.stop();
  await dynamodb.stop();
});

const targets = () => standardTargets({ ...seen.services, lambda: lab.lambda, dynamodb, sqs });
const deploy = async (parameters = {}) =>
  deployStack(await loadTemplate(folder), {
    region: 'us-west-2',
    stackName: 'plan-lab',
    parameters,
    targets: targets(),
  });
const deployTemplate = (template: Template) =>
  deployStack(packageOf(template, folder), { region: 'us-west-2', stackName: 's', targets: targets() });

describe('a packaged stack', () => {
  it('is made whole, with its references in place', async () => {
    const from = performance.now();
    const stack = await deploy();
    if (process.env.LAB_PRINT_TIMES) {
      console.log(`${stack.resources.size} resources in ${(performance.now() - from).toFixed(1)} ms`);
    }
    expect(stack.outputs).toEqual({
      MachineArn: 'arn:aws:states:us-west-2:123456789012:stateMachine:regional-failover',
    });
    expect(stack.resources.has('OnlyLive')).toBe(false);
    expect(seen.of('createBucket')).toEqual([
      expect.objectContaining({ name: stack.resources.get('DeploymentBucket')?.ref, region: 'us-west-2' }),
    ]);
    expect(stack.ignored).toContain('Key');

    const ledger = stack.resources.get('Ledger');
    expect(ledger?.ref).toMatch(/^plan-lab-Ledger-[0-9A-F]{12}$/);
    const topic = 'arn:aws:sns:us-west-2:123456789012:milestones-lab';
    const result = await lab.lambda.invoke('plan-lab-step-3', {});
    const role = stack.resources.get('Step3Role')?.ref;
    expect(result.payload).toEqual({ number: '3', ledger: ledger?.ref, topic, key: `LABROLE${role}` });

    const [machine] = seen.of('createStateMachine');
    expect(JSON.parse(String(machine?.definition)).States.Claim).toEqual({
      Type: 'Task',
      Resource: 'arn:aws:lambda:us-west-2:123456789012:function:plan-lab-step-1',
      Comment: 'say "hi"',
      End: true,
    });
    expect(machine).toMatchObject({
      type: 'STANDARD',
      loggingConfiguration: { level: 'ALL', includeExecutionData: true },
    });

    const [alarm] = seen.of('putMetricAlarm');
    expect(alarm).toMatchObject({ Threshold: 2, EvaluationPeriods: 3, Period: 60, AlarmActions: [] });
    const [rule] = seen.of('putRule');
    expect(JSON.parse(String(rule?.EventPattern)).resources).toEqual([
      `arn:aws:cloudwatch:us-west-2:123456789012:alarm:${alarm?.AlarmName}`,
    ]);
    expect(seen.of('putTargets')).toMatchObject([{ Rule: rule?.Name, Targets: [{ Id: 'intake' }] }]);
    expect(seen.of('subscribe')).toMatchObject([
      { TopicArn: topic, Protocol: 'email', Attributes: { FilterPolicy: '{"level":["page"]}' } },
    ]);
    expect(seen.of('createSchedule')).toMatchObject([{ ScheduleExpression: 'rate(1 minute)' }]);

    const { roles } = seen.services.roles;
    expect(roles.get(role ?? '')?.policies[0]?.document.Statement).toEqual([
      {
        Effect: 'Allow',
        Action: 'dynamodb:PutItem',
        Resource: `arn:aws:dynamodb:us-west-2:123456789012:table/${ledger?.ref}`,
      },
    ]);
    expect(seen.services.roles.resourcePolicies.map(({ resource }) => resource)).toEqual(
      expect.arrayContaining([topic, 'arn:aws:lambda:us-west-2:123456789012:function:plan-lab-step-2']),
    );
  });

  it('feeds the stream of a table to a function, filtered', async () => {
    const stack = await deploy();
    const table = stack.resources.get('Ledger')?.ref;
    for (const [pk, v] of [
      ['a', '1'],
      ['a', '2'],
      ['b', '1'],
    ]) {
      await dynamodb.execute('us-west-2', 'PutItem', { TableName: table, Item: { pk: { S: pk }, v: { N: v } } });
    }
    const { path } = lab.lambda.find('plan-lab-step-0').log;
    const told = () => [...readFileSync(path, 'utf8').matchAll(/stream (\w+ \w+)/g)].map(([, what]) => what);
    await waitFor('the last insert', () => told().includes('INSERT b'));
    expect(told()).toEqual(['INSERT a', 'INSERT b']);
  });

  it('sends the dead letters of its functions to its queue', async () => {
    const stack = await deploy();
    lab.lambda.invokeAsync('plan-lab-step-1', { fail: true });
    const queue = String(stack.resources.get('DeadLetters')?.attributes.Arn);
    const [letter] = await waitFor('the dead letter', () =>
      sqs.messages(queue).length > 0 ? sqs.messages(queue) : undefined,
    );
    expect(JSON.parse(letter?.body ?? '')).toMatchObject({
      requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 2 },
      requestPayload: { fail: true },
    });
  });
});

describe('a stack that cannot be made', () => {
  it('names every resource that the lab does not know', async () => {
    await expect(deploy({ Stage: 'live' })).rejects.toThrow('OnlyLive: AWS::Made::Up is not supported');
  });

  it('names wrong parameters', async () => {
    await expect(deploy({ Stage: 'moon', Other: 1 })).rejects.toMatchObject({
      findings: ['Other is not a parameter of the template', 'Stage is moon; allowed: lab, live'],
    });
  });

  it('names the cycle', async () => {
    const bucket = (name: string, DependsOn?: string) => ({
      Type: 'AWS::S3::Bucket',
      Properties: { BucketName: { 'Fn::Sub': name } },
      ...(DependsOn && { DependsOn }),
    });
    const template = {
      Resources: { A: bucket('a-${B}'), B: bucket('b', 'C'), C: bucket('c-${A.Arn}'), D: bucket('d') },
    };
    await expect(deployTemplate(template)).rejects.toMatchObject({ findings: ['A -> B -> C -> A'] });
  });

  it('names the resource, its type and the reason, and makes nothing that needs it', async () => {
    const template: Template = {
      Resources: {
        Broken: {
          Type: 'AWS::Lambda::Function',
          Properties: { Handler: 'a.b', Role: 'arn:aws:iam::1:role/r', Code: { S3Key: 'x/gone.zip' } },
        },
        Needs: { Type: 'AWS::SNS::Topic', Properties: { TopicName: { Ref: 'Broken' } } },
        Typo: { Type: 'AWS::SNS::Topic', Properties: { TopicName: { 'Fn::GetAtt': ['Other', 'Name'] } } },
        Other: { Type: 'AWS::S3::Bucket' },
      },
    };
    const error = await deployTemplate(template).catch((reason: { findings: string[] }) => reason);
    expect((error as { findings: string[] }).findings.sort()).toEqual([
      expect.stringMatching(/^Broken \(AWS::Lambda::Function\): the archive .*gone\.zip is missing$/),
      expect.stringMatching(/^Typo \(AWS::SNS::Topic\): Other \(AWS::S3::Bucket\) has no attribute Name; it has Arn/),
    ]);
    expect(seen.of('createTopic')).toEqual([]);
  });

  it('says when there is no package', async () => {
    await expect(loadTemplate(join(folder, 'nowhere'))).rejects.toThrow('package the stack first');
  });
});
