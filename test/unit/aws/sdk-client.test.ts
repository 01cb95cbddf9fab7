import { DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { clientOptions } from '#aws/sdk-client.ts';
import { attempt } from '#src/attempt.ts';
import { pieceOfWork } from '#src/work.ts';
import { type AwsAnswer, type AwsServer, awsServer, describedReplica } from '#test/support/aws-server.ts';

let rds: AwsServer;
let answer: () => AwsAnswer | Promise<AwsAnswer>;
const clients: RDSClient[] = [];

beforeEach(async () => {
  answer = () => describedReplica();
  rds = await awsServer(() => answer());
});

afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
  rds.close();
});

const describeOnce = () => {
  const client = new RDSClient({
    ...clientOptions('us-west-2'),
    endpoint: rds.endpoint,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  clients.push(client);
  return () => client.send(new DescribeDBInstancesCommand({}));
};

const BROKEN: AwsAnswer = [500, '<Response><Errors><Error><Code>InternalFailure</Code></Error></Errors></Response>'];

it('tries again, in a piece of work and where nothing bounds the work', async () => {
  const describe = describeOnce();
  for (const call of [describe, () => pieceOfWork(describe)]) {
    let broken = 1;
    answer = () => (broken-- > 0 ? BROKEN : describedReplica());
    await expect(call()).resolves.toMatchObject({ DBInstances: [{ DBInstanceIdentifier: 'replica' }] });
  }
  expect(rds.calls).toHaveLength(4);
});

it('makes no further try for work that is over', async () => {
  const time = new AbortController();
  answer = () => {
    // The answer arrives when the step has ended: the SDK would wait a moment and try again.
    time.abort();
    return BROKEN;
  };
  await expect(pieceOfWork(describeOnce(), time.signal)).rejects.toMatchObject({ name: 'AbortError' });
  expect(rds.calls).toHaveLength(1);
});

it('makes no call at all for work that is over', async () => {
  const describe = describeOnce();
  await expect(pieceOfWork(describe, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
  expect(rds.calls).toEqual([]);
});

it('ends a call under way with its work, and does not make it again', async () => {
  answer = () => new Promise<AwsAnswer>(() => undefined);
  let call: Promise<unknown> = Promise.resolve();
  const describe = describeOnce();
  const given = await attempt(() => {
    call = describe();
    return call;
  }, 1_000);
  expect(given).toMatchObject({ outcome: 'unreachable', detail: expect.stringContaining('no answer in 1000 ms') });
  // At once, not after the request's own time-out of seconds.
  await expect(call).rejects.toMatchObject({ name: 'AbortError' });
  expect(rds.calls).toHaveLength(1);
});

it('serves the next piece of work after one that ended', async () => {
  const describe = describeOnce();
  await pieceOfWork(describe, AbortSignal.abort()).catch(() => undefined);
  await expect(pieceOfWork(describe)).resolves.toBeDefined();
  expect(rds.calls).toHaveLength(1);
});
