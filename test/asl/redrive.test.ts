import { describe, expect, it } from 'vitest';
import { REDRIVABLE_DAYS } from '#lab/services/stepfunctions/execution.ts';
import type { Invoke, StatusChangeEvent } from '#lab/services/stepfunctions/service.ts';
import { type Result, ROLE, resultOf, type TestEngine, testEngine } from './engine.ts';
import { direct, end, graph, machine } from './vectors/vector.ts';

/** RedriveExecution: https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html */

const DAY_MS = 86_400_000;

/** Functions by name: `broken` ones fail until they are mended, `hanging` ones never answer until then. */
const functions = () => {
  const calls: string[] = [];
  const broken = new Set<string>();
  const hanging = new Set<string>();
  const invoke: Invoke = (fn, _payload, { signal }) => {
    const name = fn.split(':').at(-1) ?? '';
    calls.push(name);
    if (broken.has(name)) {
      return Promise.resolve({ payload: { errorType: 'Broken', errorMessage: name }, functionError: 'Unhandled' });
    }
    if (hanging.has(name)) {
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    }
    return Promise.resolve({ payload: name });
  };
  return { calls, broken, hanging, invoke };
};

const begin = async (engine: TestEngine, states: object, more: object = {}, input: unknown = {}): Promise<string> => {
  const definition = { ...machine(states as Record<string, object>), ...more };
  const { stateMachineArn } = await engine.createStateMachine({
    name: `r${Math.random()}`.replace('.', ''),
    definition,
    roleArn: ROLE,
  });
  return engine.startExecution({ stateMachineArn, input }).executionArn;
};

const redrive = async (engine: TestEngine, executionArn: string, clientToken?: string): Promise<Result> => {
  await engine.api('RedriveExecution', { executionArn, ...(clientToken && { clientToken }) });
  return resultOf(engine, executionArn);
};

const describe1 = (engine: TestEngine, executionArn: string) => engine.api('DescribeExecution', { executionArn });

/** The types of the events from the redrive on. */
const afterRedrive = ({ types }: Result): readonly string[] => types.slice(types.lastIndexOf('ExecutionRedriven'));

describe('redrive', () => {
  it('goes on with the state that failed, with the same input and variables; what was done is not done again', async () => {
    const { calls, broken, invoke } = functions();
    const engine = testEngine({ invoke });
    broken.add('second');
    const arn = await begin(engine, {
      First: direct('first', { Assign: { kept: '{% $states.result %}' }, Next: 'Second' }),
      Second: direct('second', {
        Output: { kept: '{% $kept %}', redrives: '{% $states.context.Execution.RedriveCount %}' },
        ...end,
      }),
    });
    expect(await resultOf(engine, arn)).toMatchObject({ status: 'FAILED', error: 'Broken' });
    expect(await describe1(engine, arn)).toMatchObject({ redriveCount: 0, redriveStatus: 'REDRIVABLE' });
    expect(await describe1(engine, arn)).not.toHaveProperty('redriveDate');
    const before = (await resultOf(engine, arn)).events.length;

    broken.clear();
    const result = await redrive(engine, arn);
    expect(result).toMatchObject({ status: 'SUCCEEDED', output: { kept: 'first', redrives: 1 } });
    expect(calls).toEqual(['first', 'second', 'second']);
    expect(afterRedrive(result)).toEqual([
      'ExecutionRedriven',
      'LambdaFunctionScheduled',
      'LambdaFunctionStarted',
      'LambdaFunctionSucceeded',
      'TaskStateExited',
      'ExecutionSucceeded',
    ]);
    expect(result.events[before]).toMatchObject({
      id: before + 1,
      previousEventId: before,
      executionRedrivenEventDetails: { redriveCount: 1 },
    });
    expect(await describe1(engine, arn)).toMatchObject({
      status: 'SUCCEEDED',
      redriveCount: 1,
      redriveDate: expect.any(Date),
      redriveStatus: 'NOT_REDRIVABLE',
      redriveStatusReason: 'Execution is SUCCEEDED and cannot be redriven',
    });
  });

  it('runs only the branches of a Parallel that failed or were aborted, each from where it was', async () => {
    const { calls, broken, hanging, invoke } = functions();
    const engine = testEngine({ invoke });
    broken.add('fails');
    hanging.add('waits');
    const arn = await begin(engine, {
      Both: {
        Type: 'Parallel',
        Branches: [
          graph({ Quick: direct('quick', end) }),
          graph({ Before: direct('before', { Next: 'Fails' }), Fails: direct('fails', end) }),
          graph({ Waits: direct('waits', end) }),
        ],
        ...end,
      },
    });
    expect(await resultOf(engine, arn)).toMatchObject({ status: 'FAILED', error: 'Broken' });
    calls.length = 0;
    broken.clear();
    hanging.clear();
    const result = await redrive(engine, arn);
    expect(result).toMatchObject({ status: 'SUCCEEDED', output: ['quick', 'fails', 'waits'] });
    expect(calls.sort()).toEqual(['fails', 'waits']);
    expect(afterRedrive(result)).not.toContain('ParallelStateStarted');
    expect(afterRedrive(result)).not.toContain('TaskStateEntered');
    expect(result.events.map(({ id }) => id)).toEqual(result.events.map((_, index) => index + 1));
  });

  it('goes on from within a Parallel in a Parallel, again and again', async () => {
    const { calls, broken, invoke } = functions();
    const engine = testEngine({ invoke });
    broken.add('deep');
    const inner = {
      Type: 'Parallel',
      Branches: [graph({ Deep: direct('deep', end) }), graph({ Side: direct('side', end) })],
      ...end,
    };
    const arn = await begin(engine, {
      Outer: { Type: 'Parallel', Branches: [graph({ Inner: inner }), graph({ Other: direct('other', end) })], ...end },
    });
    expect(await resultOf(engine, arn)).toMatchObject({ status: 'FAILED' });
    expect(await redrive(engine, arn)).toMatchObject({ status: 'FAILED', error: 'Broken' });
    broken.clear();
    expect(await redrive(engine, arn)).toMatchObject({ status: 'SUCCEEDED', output: [['deep', 'side'], 'other'] });
    expect(calls.filter((name) => name === 'deep')).toHaveLength(3);
    expect(calls.filter((name) => name === 'other')).toHaveLength(1);
    expect(await describe1(engine, arn)).toMatchObject({ redriveCount: 2 });
  });

  it('runs only the iterations of a Map that failed or had not begun', async () => {
    const calls: unknown[] = [];
    let broken = true;
    const engine = testEngine({
      invoke: async (_fn, payload) => {
        calls.push(payload);
        return broken && payload === 2 ? { payload: { errorType: 'Broken' }, functionError: 'Unhandled' } : { payload };
      },
    });
    const arn = await begin(
      engine,
      { Each: { Type: 'Map', MaxConcurrency: 1, ItemProcessor: graph({ One: direct('one', end) }), ...end } },
      {},
      [1, 2, 3],
    );
    expect(await resultOf(engine, arn)).toMatchObject({ status: 'FAILED' });
    broken = false;
    expect(await redrive(engine, arn)).toMatchObject({ status: 'SUCCEEDED', output: [1, 2, 3] });
    expect(calls).toEqual([1, 2, 2, 3]);
  });

  it('enters a Fail state again, and fails again', async () => {
    const engine = testEngine();
    const arn = await begin(engine, { End: { Type: 'Fail', Error: 'Sorry' } });
    await resultOf(engine, arn);
    const result = await redrive(engine, arn);
    expect(result).toMatchObject({ status: 'FAILED', error: 'Sorry' });
    expect(afterRedrive(result)).toEqual(['ExecutionRedriven', 'FailStateEntered', 'ExecutionFailed']);
  });

  it('gives a state its retries again', async () => {
    const { calls, broken, invoke } = functions();
    const engine = testEngine({ invoke });
    broken.add('again');
    const Retry = [{ ErrorEquals: ['Broken'], MaxAttempts: 2, IntervalSeconds: 1 }];
    const arn = await begin(engine, { Again: direct('again', { Retry, ...end }) });
    await resultOf(engine, arn);
    expect(calls).toHaveLength(3);
    await redrive(engine, arn);
    expect(calls).toHaveLength(6);
  });

  it('goes on after StopExecution and after the time-out of the machine, which counts from the redrive', async () => {
    const { hanging, invoke } = functions();
    const engine = testEngine({ invoke });
    hanging.add('slow');
    const stopped = await begin(engine, { Slow: direct('slow', end) });
    await engine.api('StopExecution', { executionArn: stopped, cause: 'by mistake' });
    expect(await resultOf(engine, stopped)).toMatchObject({ status: 'ABORTED' });
    const late = await begin(engine, { Slow: direct('slow', end) }, { TimeoutSeconds: 1 });
    expect(await resultOf(engine, late)).toMatchObject({ status: 'TIMED_OUT' });
    expect(await redrive(engine, late)).toMatchObject({ status: 'TIMED_OUT' });
    hanging.clear();
    expect(await redrive(engine, stopped)).toMatchObject({ status: 'SUCCEEDED', output: 'slow' });
    expect(await redrive(engine, late)).toMatchObject({ status: 'SUCCEEDED', output: 'slow' });
  });

  it('runs a Parallel whose result was too long as a whole', async () => {
    let long = true;
    let calls = 0;
    const engine = testEngine({
      invoke: async () => {
        calls += 1;
        return { payload: long ? 'x'.repeat(200_000) : 'short' };
      },
    });
    const branch = () => graph({ [`One${Math.random()}`]: direct('one', end) });
    const arn = await begin(engine, { Both: { Type: 'Parallel', Branches: [branch(), branch()], ...end } });
    expect(await resultOf(engine, arn)).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
    long = false;
    expect(await redrive(engine, arn)).toMatchObject({ status: 'SUCCEEDED', output: ['short', 'short'] });
    expect(calls).toBe(4);
  });

  it('refuses what cannot be redriven, in the words of redriveStatusReason', async () => {
    const { hanging, invoke } = functions();
    const engine = testEngine({ invoke });
    hanging.add('slow');
    const running = await begin(engine, { Slow: direct('slow', end) });
    const done = await begin(engine, { Quick: { Type: 'Succeed' } });
    await resultOf(engine, done);
    const refused = (executionArn: string) => engine.api('RedriveExecution', { executionArn });
    await expect(refused(running)).rejects.toMatchObject({
      shape: 'ExecutionNotRedrivable',
      message: 'Execution is RUNNING and cannot be redriven',
    });
    await expect(refused(done)).rejects.toMatchObject({
      shape: 'ExecutionNotRedrivable',
      message: 'Execution is SUCCEEDED and cannot be redriven',
    });
    await expect(refused(`${done}x`)).rejects.toMatchObject({ shape: 'ExecutionDoesNotExist' });
    await expect(refused('nonsense')).rejects.toMatchObject({ shape: 'InvalidArn' });

    await engine.api('StopExecution', { executionArn: running });
    const stopped = await engine.ended(running);
    expect(stopped.notRedrivable(Date.now() + (REDRIVABLE_DAYS - 1) * DAY_MS)).toBeUndefined();
    expect(stopped.notRedrivable(Date.now() + (REDRIVABLE_DAYS + 1) * DAY_MS)).toBe(
      'Execution redrivable period exceeded',
    );
    expect(stopped.notRedrivable(Date.now() + 400 * DAY_MS)).toBe('Execution has exceeded the max execution time');
  });

  it('takes one of two at the same moment, and answers the same client token with the same date', async () => {
    const { broken, invoke } = functions();
    const engine = testEngine({ invoke });
    broken.add('one');
    const arn = await begin(engine, { One: direct('one', end) });
    await resultOf(engine, arn);
    const both = await Promise.allSettled(
      ['a', 'b'].map((clientToken) => engine.api('RedriveExecution', { executionArn: arn, clientToken })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await resultOf(engine, arn);
    const first = await engine.api('RedriveExecution', { executionArn: arn, clientToken: 'c' });
    await resultOf(engine, arn);
    expect(await engine.api('RedriveExecution', { executionArn: arn, clientToken: 'c' })).toEqual(first);
    expect(await describe1(engine, arn)).toMatchObject({ redriveCount: 2 });
  });

  it('is seen from outside: RUNNING again with its count and date, and in the list of executions', async () => {
    const seen: StatusChangeEvent[] = [];
    const { broken, invoke } = functions();
    const engine = testEngine({ invoke, onStatusChange: (event) => void seen.push(event) });
    broken.add('one');
    const arn = await begin(engine, { One: direct('one', end) });
    await resultOf(engine, arn);
    broken.clear();
    await redrive(engine, arn);
    expect(seen.map(({ detail }) => [detail.status, detail.redriveCount, detail.redriveStatus])).toEqual([
      ['RUNNING', 0, 'NOT_REDRIVABLE'],
      ['FAILED', 0, 'REDRIVABLE'],
      ['RUNNING', 1, 'NOT_REDRIVABLE'],
      ['SUCCEEDED', 1, 'NOT_REDRIVABLE'],
    ]);
    expect(seen[2]?.detail.redriveDate).toEqual(expect.any(Number));
    const stateMachineArn = arn.replace(':execution:', ':stateMachine:').replace(/:[^:]+$/, '');
    expect(await engine.api('ListExecutions', { stateMachineArn })).toMatchObject({
      executions: [{ redriveCount: 1 }],
    });
  });

  it('hands out a new task token: an answer to the old one is told that the task is gone', async () => {
    const tokens: string[] = [];
    const engine = testEngine({
      invoke: async (_fn, payload) => {
        tokens.push((payload as { token: string }).token);
        return { payload: null };
      },
    });
    const arn = await begin(engine, {
      Ask: {
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
        Arguments: { FunctionName: 'ask', Payload: { token: '{% $states.context.Task.Token %}' } },
        ...end,
      },
    });
    await expect.poll(() => tokens.length).toBe(1);
    await engine.api('StopExecution', { executionArn: arn });
    await engine.api('RedriveExecution', { executionArn: arn });
    await expect.poll(() => tokens.length).toBe(2);
    const [old, present] = tokens;
    await expect(engine.api('SendTaskSuccess', { taskToken: old, output: '1' })).rejects.toMatchObject({
      shape: 'TaskTimedOut',
    });
    await engine.api('SendTaskSuccess', { taskToken: present, output: '2' });
    expect(await resultOf(engine, arn)).toMatchObject({ status: 'SUCCEEDED', output: 2 });
  });
});
