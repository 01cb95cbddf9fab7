import { expect, test } from 'vitest';
import { ServiceFault } from '#lab/contract.ts';
import { serviceError } from '#lab/services/stepfunctions/integration.ts';
import { parseFunctionName, parseResource } from '#lab/services/stepfunctions/resource.ts';

const LAMBDA = 'arn:aws:lambda:us-west-2:123456789012:function:f';

test.each([
  [LAMBDA, { kind: 'function', fn: LAMBDA }],
  [`${LAMBDA}:$LATEST`, { kind: 'function', fn: LAMBDA, qualifier: '$LATEST' }],
  [
    'arn:aws:states:::lambda:invoke.waitForTaskToken',
    {
      ...{ kind: 'integration', arn: 'arn:aws:states:::lambda:invoke', service: 'lambda' },
      ...{ action: 'invoke.waitForTaskToken', pattern: 'waitForTaskToken' },
    },
  ],
  [
    'arn:aws:states:::aws-sdk:dynamodb:getItem',
    {
      ...{ kind: 'integration', arn: 'arn:aws:states:::aws-sdk:dynamodb:getItem', service: 'aws-sdk:dynamodb' },
      ...{ action: 'getItem', pattern: 'requestResponse' },
    },
  ],
  ['arn:aws:states:us-west-2:123456789012:activity:a', undefined],
  ['f', undefined],
])('%s', (text, expected) => expect(parseResource(text)).toEqual(expected));

test.each([
  ['f', { fn: 'f' }],
  ['f:live', { fn: 'f', qualifier: 'live' }],
  [LAMBDA, { fn: LAMBDA }],
  [`${LAMBDA}:7`, { fn: LAMBDA, qualifier: '7' }],
])('function name %s', (text, expected) => expect(parseFunctionName(text)).toEqual(expected));

test('a fault of the lab goes by its shape', () => {
  const error = serviceError('lambda', new ServiceFault('TooManyRequestsException', 'Rate Exceeded.'));
  expect([error.error, error.reason]).toEqual(['Lambda.TooManyRequestsException', 'Rate Exceeded.']);
});

test.each([
  ['lambda', 'TooManyRequestsException', 'Lambda.TooManyRequestsException'],
  ['lambda', 'TypeError', 'Lambda.SdkClientException'],
  ['aws-sdk:dynamodb', 'ConditionalCheckFailedException', 'DynamoDb.ConditionalCheckFailedException'],
  ['dynamodb', 'ConditionalCheckFailedException', 'DynamoDB.ConditionalCheckFailedException'],
  ['states', 'ExecutionAlreadyExists', 'StepFunctions.ExecutionAlreadyExistsException'],
  ['aws-sdk:kinesis', 'ResourceInUseException', 'Kinesis.ResourceInUseException'],
])('an error of %s by the name %s is %s', (service, name, expected) => {
  const error = serviceError(service, Object.assign(new Error('why'), { name }));
  expect([error.error, error.reason]).toEqual([expected, 'why']);
});
