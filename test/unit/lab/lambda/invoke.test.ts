import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestLambda, testLambda } from '#test/support/fixtures/lambda-functions.ts';
import { waitFor } from '#test/support/wait-for.ts';

const SOURCES = {
  echo: `export const handler = async (event, context) => {
    console.log('got', event);
    return { event, context: { ...context, remaining: context.getRemainingTimeInMillis() }, pid: process.pid, env: process.env };
  };`,
  throws: `class LagTooHighError extends Error { name = 'LagTooHighError' }
    export const handler = async () => { throw new LagTooHighError('12 s behind') };`,
  throwsText: `export const handler = async () => { throw 'just text' };`,
  hangs: `export const handler = () => new Promise(() => setInterval(() => {}, 1000));`,
  spins: `export const handler = async () => { for (;;) {} };`,
  exits: `export const handler = async () => { process.exit(3) };`,
  leaves: `export const handler = async () => { process.exit(0) };`,
  rejects: `export const handler = async () => { Promise.reject(new Error('forgotten')); await new Promise((r) => setTimeout(r, 5000)) };`,
  eats: `export const handler = async () => { const all = []; for (;;) all.push(new Array(100000).fill({ a: 1 }).map((x) => ({ ...x }))) };`,
  noModule: `import 'no-such-package'; export const handler = async () => 1;`,
  badSyntax: `export const handler = async () => {`,
  otherExport: `export const other = async () => 1;`,
  initThrows: `throw new RangeError('bad setting'); export const handler = async () => 1;`,
  nothing: `export const handler = async () => {};`,
  loop: `export const handler = async () => { const a = {}; a.a = a; return a };`,
};

let lab: TestLambda;
beforeAll(async () => {
  lab = testLambda();
  for (const [name, source] of Object.entries(SOURCES)) {
    await lab.add(name, source, {
      Environment: { Variables: { PLAN: 'example', COUNT: 3 } },
      ...(name === 'hangs' || name === 'spins' ? { Timeout: 1 } : {}),
      ...(name === 'eats' ? { MemorySize: 64 } : {}),
    });
  }
});
afterAll(async () => {
  const pids = lab.lambda.pids();
  await lab.stop();
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow();
});

const errorOf = async (name: string) => {
  const result = await lab.lambda.invoke(name, {});
  expect(result.functionError).toBe('Unhandled');
  return { ...result.error, requestId: result.requestId };
};

describe('an invocation', () => {
  it('gets its event, a whole context and the environment of its role', async () => {
    const result = await lab.lambda.invoke('echo', { hello: 'you' });
    expect(result.functionError).toBeUndefined();
    expect(result.payload).toMatchObject({
      event: { hello: 'you' },
      context: {
        awsRequestId: result.requestId,
        functionName: 'echo',
        functionVersion: '$LATEST',
        invokedFunctionArn: 'arn:aws:lambda:us-west-2:123456789012:function:echo',
        memoryLimitInMB: '256',
        logGroupName: '/aws/lambda/echo',
      },
      env: {
        PLAN: 'example',
        COUNT: '3',
        AWS_REGION: 'us-west-2',
        AWS_DEFAULT_REGION: 'us-west-2',
        AWS_LAMBDA_FUNCTION_NAME: 'echo',
        AWS_ACCESS_KEY_ID: 'LABROLEecho-role',
        AWS_SECRET_ACCESS_KEY: 'secret-echo-role',
        AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
        TZ: 'UTC',
      },
    });
    const { context, env } = result.payload as { context: { remaining: number }; env: Record<string, string> };
    expect(context.remaining).toBeGreaterThan(15_000);
    expect(context.remaining).toBeLessThanOrEqual(20_000);
    expect(env).not.toHaveProperty('HTTPS_PROXY');
    expect(env).not.toHaveProperty('VITEST');
  });

  it('uses the warm process again, and more processes for invocations at the same time', async () => {
    const pidOf = (result: { payload: unknown }) => (result.payload as { pid: number }).pid;
    const first = pidOf(await lab.lambda.invoke('echo', 1));
    expect(pidOf(await lab.lambda.invoke('echo', 2))).toBe(first);
    const many = await Promise.all([1, 2, 3].map((n) => lab.lambda.invoke('echo', n)));
    expect(many.map((result) => (result.payload as { event: number }).event)).toEqual([1, 2, 3]);
  });

  it('writes START, its own lines, END and REPORT into the log of the function', async () => {
    const result = await lab.lambda.invoke('echo', { mark: 'in-the-log' });
    const tail = result.logTail;
    expect(tail).toMatch(new RegExp(`^START RequestId: ${result.requestId} Version: \\$LATEST\n`));
    expect(tail).toContain(`\t${result.requestId}\tINFO\tgot { mark: 'in-the-log' }`);
    expect(tail).toMatch(
      /\nEND RequestId: .*\nREPORT RequestId: .*\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 256 MB/,
    );
    expect(readFileSync(join(lab.folder, 'logs/us-west-2/echo.log'), 'utf8')).toContain(tail);
  });

  it('gives null for a handler that returns nothing', async () => {
    expect((await lab.lambda.invoke('nothing')).text).toBe('null');
  });

  it('leaves the function running when the caller stops waiting', async () => {
    const controller = new AbortController();
    const waiting = lab.lambda.invoke('hangs', {}, { signal: controller.signal });
    controller.abort(new Error('stopped'));
    await expect(waiting).rejects.toThrow('stopped');
    await waitFor('the time-out of the abandoned invocation', () => lab.lambda.find('hangs').running.size === 0);
  });
});

describe('a failed invocation', () => {
  it('names the error of the handler, with its trace', async () => {
    const error = await errorOf('throws');
    expect(error).toMatchObject({ errorType: 'LagTooHighError', errorMessage: '12 s behind' });
    expect(error.trace?.[0]).toContain('12 s behind');
  });

  it('reports what is thrown without being an error', async () => {
    expect(await errorOf('throwsText')).toMatchObject({ errorType: 'string', errorMessage: 'just text', trace: [] });
  });

  it.each(['hangs', 'spins'])('times out (%s), and the next one gets a new process', async (name) => {
    const error = await errorOf(name);
    expect(error).toMatchObject({
      errorType: 'Sandbox.Timedout',
      errorMessage: `RequestId: ${error.requestId} Error: Task timed out after 1.00 seconds`,
    });
    await waitFor('the process to be gone', () => lab.lambda.find(name).pool.pids().length === 0);
  });

  it.each([
    ['exits', 'Runtime.ExitError', 'Runtime exited with error: exit status 3'],
    ['leaves', 'Runtime.ExitError', 'Runtime exited without providing a reason'],
    ['eats', 'Runtime.OutOfMemory', 'Runtime exited with error: signal: killed'],
  ])('reports the death of the process: %s', async (name, errorType, reason) => {
    const error = await errorOf(name);
    expect(error).toMatchObject({ errorType, errorMessage: `RequestId: ${error.requestId} Error: ${reason}` });
  });

  it('reports an unhandled rejection', async () => {
    expect(await errorOf('rejects')).toMatchObject({
      errorType: 'Runtime.UnhandledPromiseRejection',
      errorMessage: 'Error: forgotten',
    });
  });

  it.each([
    ['noModule', 'Runtime.ImportModuleError', /Cannot find package 'no-such-package'/],
    ['badSyntax', 'Runtime.UserCodeSyntaxError', /^SyntaxError: /],
    ['otherExport', 'Runtime.HandlerNotFound', /^src\/handler\.handler is undefined or not exported$/],
    ['initThrows', 'RangeError', /^bad setting$/],
    ['loop', 'Error', /^Unable to stringify response body$/],
  ])('reports an initialisation or an answer that fails: %s', async (name, errorType, message) => {
    const error = await errorOf(name);
    expect(error.errorType).toBe(errorType);
    expect(error.errorMessage).toMatch(message);
  });

  it('can be killed in mid-invocation, and works again after that', async () => {
    await lab.add(
      'victim',
      `export const handler = (event) => event.wait ? new Promise((r) => setTimeout(r, 15000)) : 'alive';`,
    );
    const running = lab.lambda.invoke('victim', { wait: true });
    await waitFor(
      'the function to run',
      () =>
        lab.lambda.find('victim').pool.pids().length === 1 &&
        readFileSync(lab.lambda.find('victim').log.path, 'utf8').includes('START'),
    );
    expect(lab.lambda.kill('victim')).toBe(1);
    const { error, requestId } = await running;
    expect(error).toEqual({
      errorType: 'Runtime.ExitError',
      errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: signal: killed`,
    });
    expect((await lab.lambda.invoke('victim', {})).payload).toBe('alive');
  });
});
