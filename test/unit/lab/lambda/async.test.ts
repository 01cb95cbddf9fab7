import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Call } from '#lab/contract.ts';
import { type TestLambda, testLambda } from '#test/support/fixtures/lambda-functions.ts';
import { waitFor } from '#test/support/wait-for.ts';

const call = (region = 'us-west-2'): Call => ({
  id: 'c',
  service: 'lambda',
  operation: 'Invoke',
  region,
  accessKeyId: 'LABPERSON',
  at: 0,
});

const delivered: { arn: string; body: string; attributes?: Readonly<Record<string, string>> }[] = [];
let lab: TestLambda;
const QUEUE = 'arn:aws:sqs:us-west-2:123456789012:dead';
const TOPIC = 'arn:aws:sns:us-west-2:123456789012:failed';

beforeAll(async () => {
  lab = testLambda({
    deliver: async (arn, body, { attributes }) => void delivered.push({ arn, body, ...(attributes && { attributes }) }),
  });
  await lab.add(
    'flaky',
    `let n = 0; export const handler = async (event) => { n += 1; if (n < event.until) throw new Error('try ' + n); return n };`,
  );
  await lab.add('fails', `export const handler = async () => { throw new Error('always') };`, {
    DeadLetterConfig: { TargetArn: QUEUE },
  });
  await lab.add(
    'slow',
    `export const handler = async () => { await new Promise((r) => setTimeout(r, 500)); return 'done' };`,
  );
  await lab.add('noop', `export const handler = async (event) => event;`);
});
afterAll(() => lab.stop());

// biome-ignore lint/suspicious/noExplicitAny: answers of different operations.
const ask = (operation: string, input: object, region?: string): any =>
  lab.lambda.service.operations[operation]?.(input, call(region));

describe('an asynchronous invocation', () => {
  it('is tried again after a failure until it succeeds, and tells the success destination', async () => {
    lab.lambda.setEventInvokeConfig('flaky', { DestinationConfig: { OnSuccess: { Destination: TOPIC } } });
    const requestId = lab.lambda.invokeAsync('flaky', { until: 3 });
    const message = await waitFor('the destination', () => delivered.find(({ arn }) => arn === TOPIC));
    expect(JSON.parse(message.body)).toMatchObject({
      requestContext: { requestId, condition: 'Success', approximateInvokeCount: 3 },
      requestPayload: { until: 3 },
      responsePayload: 3,
    });
  });

  it('goes to the dead-letter queue and to the failure destination after two retries', async () => {
    delivered.length = 0;
    lab.lambda.setEventInvokeConfig('fails', { DestinationConfig: { OnFailure: { Destination: TOPIC } } });
    lab.lambda.invokeAsync('fails', { a: 1 });
    await waitFor('both destinations', () => delivered.length === 2);
    expect(JSON.parse(delivered[0]?.body ?? '')).toMatchObject({
      requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 3 },
      responseContext: { functionError: 'Unhandled' },
      responsePayload: { errorMessage: 'always' },
    });
    expect(delivered[1]).toMatchObject({ arn: QUEUE, body: '{"a":1}', attributes: { ErrorMessage: 'always' } });
  });

  it('waits when the function is throttled, and is not lost', async () => {
    lab.lambda.setConcurrency('slow', 0);
    const requestId = lab.lambda.invokeAsync('slow', {});
    lab.lambda.setEventInvokeConfig('slow', { DestinationConfig: { OnSuccess: { Destination: TOPIC } } });
    lab.lambda.setConcurrency('slow', undefined);
    await waitFor('the event', () => delivered.some(({ body }) => body.includes(requestId)));
  });
});

describe('the Lambda API', () => {
  it('answers Invoke with the payload as bytes, the error header and the log tail', async () => {
    const ok = await ask('Invoke', { FunctionName: 'noop:$LATEST', Payload: Buffer.from('{"x":1}'), LogType: 'Tail' });
    expect(ok).toMatchObject({ StatusCode: 200, ExecutedVersion: '$LATEST' });
    expect(ok).not.toHaveProperty('FunctionError');
    expect(Buffer.from(ok.Payload).toString()).toBe('{"x":1}');
    expect(Buffer.from(ok.LogResult, 'base64').toString()).toContain('REPORT RequestId:');
    const failed = await ask('Invoke', { FunctionName: 'arn:aws:lambda:us-west-2:123456789012:function:fails' });
    expect(failed.FunctionError).toBe('Unhandled');
    expect(JSON.parse(Buffer.from(failed.Payload).toString())).toMatchObject({
      errorType: 'Error',
      errorMessage: 'always',
    });
    expect(await ask('Invoke', { FunctionName: 'noop', InvocationType: 'DryRun' })).toEqual({ StatusCode: 204 });
    expect(await ask('Invoke', { FunctionName: 'noop', InvocationType: 'Event' })).toMatchObject({ StatusCode: 202 });
  });

  it('refuses what AWS refuses', async () => {
    await expect(ask('Invoke', { FunctionName: 'nobody' })).rejects.toMatchObject({
      shape: 'ResourceNotFoundException',
      status: 404,
    });
    await expect(ask('Invoke', { FunctionName: 'noop' }, 'us-east-1')).rejects.toMatchObject({
      shape: 'ResourceNotFoundException',
    });
    await expect(ask('Invoke', { FunctionName: 'noop', Payload: Buffer.from('{') })).rejects.toMatchObject({
      shape: 'InvalidRequestContentException',
    });
  });

  it('throttles at the reserved concurrency', async () => {
    ask('PutFunctionConcurrency', { FunctionName: 'slow', ReservedConcurrentExecutions: 1 });
    const first = ask('Invoke', { FunctionName: 'slow' });
    await expect(ask('Invoke', { FunctionName: 'slow' })).rejects.toMatchObject({
      shape: 'TooManyRequestsException',
      status: 429,
      members: { Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded' },
    });
    await first;
    expect(ask('GetFunction', { FunctionName: 'slow' }).Concurrency).toEqual({ ReservedConcurrentExecutions: 1 });
    ask('DeleteFunctionConcurrency', { FunctionName: 'slow' });
    await Promise.all([ask('Invoke', { FunctionName: 'slow' }), ask('Invoke', { FunctionName: 'slow' })]);
  });

  it('describes the functions of the region', () => {
    expect(
      ask('ListFunctions', {}).Functions.map(({ FunctionName }: { FunctionName: string }) => FunctionName),
    ).toEqual(['flaky', 'fails', 'slow', 'noop']);
    expect(ask('ListFunctions', {}, 'us-east-1').Functions).toEqual([]);
    expect(ask('GetFunctionConfiguration', { FunctionName: 'noop' })).toMatchObject({
      Timeout: 20,
      MemorySize: 256,
      State: 'Active',
    });
  });
});

describe('metrics in the log', () => {
  it('reach CloudWatch once each, and only they', async () => {
    const seen: object[] = [];
    const other = testLambda({ onMetrics: (region, input) => seen.push({ region, ...input }) });
    const line = (value: string) =>
      `{"_aws":{"Timestamp":1700000000000,"CloudWatchMetrics":[{"Namespace":"Continuity","Dimensions":[["step"]],"Metrics":[{"Name":"StepDuration","Unit":"Milliseconds"}]}]},"step":"Fence","StepDuration":${value}}`;
    await other.add(
      'metered',
      `export const handler = async ({ value }) => { process.stdout.write('${line("' + value + '")}\\n{"_aws": broken\\n') };`,
    );
    await other.lambda.invoke('metered', { value: 4 });
    await other.lambda.invoke('metered', { value: '[1,2]' });
    await other.stop();
    const datum = {
      MetricName: 'StepDuration',
      Unit: 'Milliseconds',
      Timestamp: new Date(1_700_000_000_000),
      Dimensions: [{ Name: 'step', Value: 'Fence' }],
    };
    expect(seen).toEqual([
      { region: 'us-west-2', Namespace: 'Continuity', MetricData: [{ ...datum, Value: 4 }] },
      { region: 'us-west-2', Namespace: 'Continuity', MetricData: [{ ...datum, Values: [1, 2] }] },
    ]);
  });
});

describe('processes', () => {
  it('are there after warming, one per function, again after a kill, and one failing function stops none', async () => {
    const other = testLambda();
    await other.add('one', 'export const handler = async () => process.pid;');
    await other.add('broken', `throw new Error('never'); export const handler = 1;`);
    await other.add('two', 'export const handler = async () => process.pid;');
    await other.lambda.warm();
    expect(other.lambda.find('one').pool.pids()).toHaveLength(1);
    expect(other.lambda.pids()).toHaveLength(2);
    other.lambda.killRegion('us-west-2');
    await other.lambda.warm(['one']);
    const [pid] = other.lambda.find('one').pool.pids();
    expect((await other.lambda.invoke('one')).payload).toBe(pid);
    await other.stop();
  });

  it('of a replaced function finish what they do', async () => {
    const other = testLambda();
    const slow = (answer: string) =>
      `export const handler = async () => { await new Promise((r) => setTimeout(r, 300)); return '${answer}' };`;
    await other.add('same', slow('old'));
    await other.lambda.warm();
    const running = other.lambda.invoke('same');
    await other.add('same', slow('new'));
    expect((await running).payload).toBe('old');
    expect((await other.lambda.invoke('same')).payload).toBe('new');
    await other.stop();
  });
});

describe('speed', () => {
  it('costs little to invoke a warm function', async () => {
    await lab.lambda.warm(['noop']);
    for (let n = 0; n < 50; n += 1) await lab.lambda.invoke('noop', { n });
    const times: number[] = [];
    for (let n = 0; n < 300; n += 1) {
      const from = performance.now();
      await lab.lambda.invoke('noop', { n });
      times.push(performance.now() - from);
    }
    const median = times.sort((a, b) => a - b)[150] ?? Number.POSITIVE_INFINITY;
    if (process.env.LAB_PRINT_TIMES) console.log(`warm invocation: median ${median.toFixed(3)} ms`);
    // The aim is 2 ms; the bound leaves room for a machine that others use too.
    expect(median).toBeLessThan(10);
  });
});
