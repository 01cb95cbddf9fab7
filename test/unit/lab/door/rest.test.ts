import * as lambda from '@aws-sdk/client-lambda';
import * as route53 from '@aws-sdk/client-route-53';
import * as s3 from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { parsePairs } from '#lab/door/query-string.ts';
import { matchRoute } from '#lab/door/rest.ts';
import { modelOf } from '#lab/door/sdk-schemas.ts';

const route = (client: object, method: string, url: string) => {
  const [path = '', query = ''] = url.split('?');
  const match = matchRoute(modelOf(client), {
    method,
    path,
    query: parsePairs(query),
    headers: {},
    body: Buffer.alloc(0),
  });
  return match && { name: match.operation.name, ...match.labels };
};

test('the most literal route wins', () => {
  expect(route(lambda, 'GET', '/2015-03-31/functions/')).toEqual({ name: 'ListFunctions' });
  expect(route(lambda, 'GET', '/2015-03-31/functions/arn%3Aaws%3Alambda%3Ax')).toEqual({
    name: 'GetFunction',
    FunctionName: 'arn:aws:lambda:x',
  });
  expect(route(lambda, 'POST', '/2015-03-31/functions/f/invocations')).toEqual({ name: 'Invoke', FunctionName: 'f' });
  expect(route(route53, 'POST', '/2013-04-01/hostedzone/Z1/rrset/')).toEqual({
    name: 'ChangeResourceRecordSets',
    HostedZoneId: 'Z1',
  });
});

test('a fixed query key makes another operation of the same path', () => {
  expect(route(s3, 'GET', '/bucket?list-type=2')).toMatchObject({ name: 'ListObjectsV2', Bucket: 'bucket' });
  expect(route(s3, 'GET', '/bucket?versioning')).toMatchObject({ name: 'GetBucketVersioning' });
  expect(route(s3, 'GET', '/bucket/a/b%20c.json?x-id=GetObject')).toEqual({
    name: 'GetObject',
    Bucket: 'bucket',
    Key: 'a/b c.json',
  });
});

test('an unknown path is no operation', () => {
  expect(route(lambda, 'GET', '/nothing/here')).toBeUndefined();
});
