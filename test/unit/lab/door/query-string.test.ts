import * as cloudwatch from '@aws-sdk/client-cloudwatch';
import * as rds from '@aws-sdk/client-rds';
import * as sns from '@aws-sdk/client-sns';
import { expect, test } from 'vitest';
import { parsePairs, readQueryInput } from '#lab/door/query-string.ts';
import { modelOf } from '#lab/door/sdk-schemas.ts';

const read = (client: object, operation: string, text: string) => {
  const found = modelOf(client).operations.get(operation);
  if (!found) throw new Error(operation);
  return readQueryInput(found.input, parsePairs(text, true));
};

test('lists named by their element, as the SDK and botocore write them', () => {
  const text =
    'Filters.Filter.1.Name=a&Filters.Filter.1.Values.Value.1=x&Filters.Filter.1.Values.Value.2=y+z&MaxRecords=20';
  expect(read(rds, 'DescribeDBInstances', text)).toEqual({
    Filters: [{ Name: 'a', Values: ['x', 'y z'] }],
    MaxRecords: 20,
  });
});

test('more than nine elements stay in order', () => {
  const text = Array.from({ length: 12 }, (_, i) => `AlarmNames.member.${i + 1}=a${i + 1}`)
    .reverse()
    .join('&');
  expect(read(cloudwatch, 'DeleteAlarms', text)).toEqual({
    AlarmNames: Array.from({ length: 12 }, (_, i) => `a${i + 1}`),
  });
});

test('maps, with the names that a service gives to key and value', () => {
  const text =
    'Message=m&MessageAttributes.entry.1.Name=k&MessageAttributes.entry.1.Value.DataType=String&MessageAttributes.entry.1.Value.StringValue=%C3%BC%26';
  expect(read(sns, 'Publish', text)).toEqual({
    Message: 'm',
    MessageAttributes: { k: { DataType: 'String', StringValue: 'ü&' } },
  });
});

test('an empty list is a list, and a name that the operation does not know is left out', () => {
  expect(read(cloudwatch, 'DescribeAlarms', 'AlarmNames=&Unknown.1=x')).toEqual({ AlarmNames: [] });
});

test('a plus is a space in forms only', () => {
  expect(parsePairs('a=1+2', true).get('a')).toEqual(['1 2']);
  expect(parsePairs('a=1+2&a=3&b').get('a')).toEqual(['1+2', '3']);
});
