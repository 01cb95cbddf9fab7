import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Authority, createAuthority } from '#lab/iam/authority.ts';
import type { PolicyDocument, PolicyStatement } from '#lab/iam/policy.ts';
import type { StreamRecord } from '#lab/services/lambda/event-source.ts';
import { createRoleStore, type RoleStore } from '#lab/stack/roles.ts';
import { type TestLambda, testLambda } from '#test/support/fixtures/lambda-functions.ts';
import { stays, waitFor } from '#test/support/wait-for.ts';

/* What Lambda does in a function's role. https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html */

const STREAM = 'arn:aws:dynamodb:us-west-2:123456789012:table/ledger/stream/2026';
const OTHER = 'arn:aws:lambda:us-west-2:123456789012:function:other';
const ECHO = 'export const handler = async (event) => event;';

let roles: RoleStore;
let authority: Authority;
let lab: TestLambda;

const role = (name: string, service: string, ...Statement: PolicyStatement[]): void =>
  roles.putRole({
    name,
    arn: `arn:aws:iam::123456789012:role/${name}`,
    trust: {
      Statement: { Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' },
    } as PolicyDocument,
    policies: [{ name: 'only', document: { Statement } }],
    managedPolicyArns: [],
  });
const allow = (Resource: string, ...Action: string[]): PolicyStatement => ({ Effect: 'Allow', Action, Resource });
const READS = [
  allow(STREAM, 'dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'),
  allow('*', 'dynamodb:ListStreams'),
];

beforeEach(() => {
  roles = createRoleStore();
  authority = createAuthority({
    roles,
    facts: { keyOfTopic: () => undefined, secretArn: () => undefined, partitionKey: () => undefined },
  });
  lab = testLambda({ roleChecks: authority });
});
afterEach(() => lab.stop());

it('a function is made with a role that trusts Lambda', async () => {
  await expect(lab.add('worker', ECHO)).rejects.toThrow('cannot be assumed by Lambda');
  role('worker-role', 'states.amazonaws.com');
  await expect(lab.add('worker', ECHO)).rejects.toThrow('cannot be assumed by Lambda');
  role('worker-role', 'lambda.amazonaws.com');
  await lab.add('worker', ECHO);
});

it('a stream is read while the role may read it', async () => {
  role('worker-role', 'lambda.amazonaws.com', ...READS.slice(0, 1));
  await lab.add('worker', ECHO);
  const mapping = { FunctionName: 'worker', EventSourceArn: STREAM };
  expect(() => lab.lambda.addEventSourceMapping(mapping)).toThrow(`Cannot access stream ${STREAM}.`);
  role('worker-role', 'lambda.amazonaws.com', ...READS);
  lab.lambda.addEventSourceMapping(mapping);

  role('worker-role', 'lambda.amazonaws.com');
  const requests = () => lab.lambda.find('worker').pool.pids().length;
  lab.lambda.onStreamRecord({
    eventSourceARN: STREAM,
    dynamodb: { SequenceNumber: '1', ApproximateCreationDateTime: Date.now() / 1000 },
  } as StreamRecord);
  await waitFor('the mapping to be refused', () => lab.lines.some((line) => line.includes('a stream cannot be read')));
  await stays('not invoked', () => requests() === 0, 100);
  role('worker-role', 'lambda.amazonaws.com', ...READS);
  await waitFor('the record to be read', () => requests() === 1);
});

it('a destination is told when the role may tell it', async () => {
  const invokes = (): boolean => authority.uses().some(({ resource, allowed }) => resource === OTHER && allowed);
  role('worker-role', 'lambda.amazonaws.com');
  role('other-role', 'lambda.amazonaws.com');
  await lab.add('worker', ECHO);
  await lab.add('other', ECHO);
  lab.lambda.setEventInvokeConfig('worker', { DestinationConfig: { OnSuccess: { Destination: OTHER } } });
  lab.lambda.invokeAsync('worker', {});
  await waitFor('the refusal', () =>
    lab.lines.some((line) => line.includes('could not be reached') && line.includes('lambda:InvokeFunction')),
  );
  expect(invokes()).toBe(false);
  role('worker-role', 'lambda.amazonaws.com', allow(OTHER, 'lambda:InvokeFunction'));
  lab.lambda.invokeAsync('worker', {});
  await waitFor('the destination', invokes);
});
