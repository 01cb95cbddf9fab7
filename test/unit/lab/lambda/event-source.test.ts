import { readFileSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import type { EventSourceMappingInput, StreamRecord } from '#lab/services/lambda/event-source.ts';
import { type TestLambda, testLambda } from '#test/support/fixtures/lambda-functions.ts';
import { stays, waitFor } from '#test/support/wait-for.ts';

const STREAM = 'arn:aws:dynamodb:us-west-2:123456789012:table/ledger/stream/2026';
const QUEUE = 'arn:aws:sqs:us-west-2:123456789012:undelivered';
/** Writes each batch into its log; fails on records whose key begins with `bad`. */
const CONSUMER = `export const handler = async ({ Records }) => {
  const keys = Records.map((r) => r.dynamodb.Keys.pk.S);
  console.log('batch ' + keys.join(','));
  const bad = Records.find((r) => r.dynamodb.Keys.pk.S.startsWith('bad'));
  if (bad && process.env.PARTIAL) return { batchItemFailures: [{ itemIdentifier: bad.dynamodb.SequenceNumber }] };
  if (bad) throw new Error('poison');
};`;

let lab: TestLambda;
let sent: { arn: string; body: string }[];
let sequence = 0;
afterEach(() => lab.stop());

const start = async (input: Partial<EventSourceMappingInput>, variables: Record<string, string> = {}) => {
  sent = [];
  lab = testLambda({ deliver: async (arn, body) => void sent.push({ arn, body }) });
  await lab.add('consumer', CONSUMER, { Environment: { Variables: variables } });
  lab.lambda.addEventSourceMapping({ FunctionName: 'consumer', EventSourceArn: STREAM, ...input });
};
const write = (pk: string, eventName = 'INSERT'): void => {
  sequence += 1;
  const record: StreamRecord = {
    eventName,
    eventSourceARN: STREAM,
    dynamodb: {
      SequenceNumber: String(sequence),
      ApproximateCreationDateTime: Date.now() / 1000,
      Keys: { pk: { S: pk } },
    },
  } as StreamRecord;
  lab.lambda.onStreamRecord(record);
};
const batches = () => {
  const text = readFileSync(lab.lambda.find('consumer').log.path, 'utf8');
  return [...text.matchAll(/batch (\S+)/g)].map(([, keys]) => keys);
};
const told = (key: string) => waitFor(`a batch with ${key}`, () => batches().some((batch) => batch?.includes(key)));

it('gives the records in order, in batches no larger than asked', async () => {
  await start({ BatchSize: 2 });
  for (const key of ['a', 'b', 'c', 'd', 'e']) write(key);
  await told('e');
  expect(batches()).toEqual(['a,b', 'c,d', 'e']);
});

it('waits for the batching window to fill a batch', async () => {
  await start({ BatchSize: 10, MaximumBatchingWindowInSeconds: 2000 });
  write('a');
  await stays('nothing delivered yet', () => batches().length === 0, 100);
  write('b');
  await told('b');
  expect(batches()).toEqual(['a,b']);
});

it('isolates a poisonous record by halving, and tells the destination what is lost', async () => {
  await start({
    BisectBatchOnFunctionError: true,
    MaximumRetryAttempts: 1,
    DestinationConfig: { OnFailure: { Destination: QUEUE } },
  });
  for (const key of ['a', 'bad', 'c', 'd']) write(key);
  const bad = String(sequence - 2);
  await told('c,d');
  await waitFor('the destination', () => sent.length > 0);
  expect(sent).toHaveLength(1);
  expect(JSON.parse(sent[0]?.body ?? '')).toMatchObject({
    requestContext: { condition: 'RetryAttemptsExhausted' },
    DDBStreamBatchInfo: { startSequenceNumber: bad, endSequenceNumber: bad, batchSize: 1, streamArn: STREAM },
  });
  expect(batches()).toEqual(expect.arrayContaining(['a,bad,c,d', 'a,bad', 'a', 'bad', 'c,d']));
});

it('goes on behind the record that the function reports as failed', async () => {
  await start(
    {
      MaximumRetryAttempts: 1,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      DestinationConfig: { OnFailure: { Destination: QUEUE } },
    },
    { PARTIAL: '1' },
  );
  for (const key of ['a', 'bad']) write(key);
  await waitFor('the destination', () => sent.length > 0);
  write('c');
  await told('c');
  expect(batches()).toEqual(['a,bad', 'bad', 'c']);
});

it('takes only what the filter wants', async () => {
  await start({
    FilterCriteria: {
      Filters: [{ Pattern: '{"eventName":["INSERT"],"dynamodb":{"Keys":{"pk":{"S":[{"anything-but":["skip"]}]}}}}' }],
    },
  });
  write('gone', 'REMOVE');
  write('skip');
  write('kept');
  await told('kept');
  expect(batches()).toEqual(['kept']);
});

it('gives up records that are older than allowed', async () => {
  await start({ MaximumRecordAgeInSeconds: 60, DestinationConfig: { OnFailure: { Destination: QUEUE } } });
  write('bad');
  const [message] = await waitFor('the destination', () => sent.length > 0 && sent);
  expect(JSON.parse(message?.body ?? '')).toMatchObject({ requestContext: { condition: 'RecordAgeExceeded' } });
});

it('refuses a source that the lab does not feed from', async () => {
  await expect(start({ EventSourceArn: QUEUE })).rejects.toMatchObject({ shape: 'InvalidParameterValueException' });
});

it('refuses a filter that is no pattern', async () => {
  await expect(start({ FilterCriteria: { Filters: [{ Pattern: '{"eventName":"INSERT"}' }] } })).rejects.toMatchObject({
    shape: 'InvalidParameterValueException',
  });
});
