import { expect, test } from 'vitest';
import { stays, waitFor } from '#test/support/wait-for.ts';
import { type Result, ROLE, resultOf, type TestEngine, testEngine } from './engine.ts';
import { end, graph, machine } from './vectors/vector.ts';

const approval = (more: object = {}) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
  Arguments: { FunctionName: 'ask', Payload: { token: '{% $states.context.Task.Token %}' } },
  ...end,
  ...more,
});

/** Starts a machine whose function gets a token; `token` resolves when it has been handed over. */
const asking = async (state: object, more: Record<string, object> = {}) => {
  const { promise: token, resolve } = Promise.withResolvers<string>();
  const engine: TestEngine = testEngine({
    invoke: async (_, payload) => {
      resolve((payload as { token: string }).token);
      return { payload: 'asked' };
    },
  });
  const definition = machine({ T: state, ...more });
  const { stateMachineArn } = await engine.createStateMachine({ name: 'asking', definition, roleArn: ROLE });
  const { executionArn } = engine.startExecution({ stateMachineArn });
  return { engine, token: await token, result: (): Promise<Result> => resultOf(engine, executionArn), executionArn };
};

test('SendTaskSuccess ends the task with its output', async () => {
  const { engine, token, result } = await asking(approval());
  await engine.api('SendTaskHeartbeat', { taskToken: token });
  await engine.api('SendTaskSuccess', { taskToken: token, output: '{"approved":true}' });
  const { status, output, types } = await result();
  expect({ status, output }).toEqual({ status: 'SUCCEEDED', output: { approved: true } });
  expect(types).toEqual([
    ...['ExecutionStarted', 'TaskStateEntered', 'TaskScheduled', 'TaskStarted', 'TaskSubmitted', 'TaskSucceeded'],
    ...['TaskStateExited', 'ExecutionSucceeded'],
  ]);
});

test('SendTaskFailure fails it under the name that it gives, and Catch sees it', async () => {
  const Catch = [{ ErrorEquals: ['Refused'], Next: 'Z', Output: '{% $states.errorOutput %}' }];
  const { engine, token, result } = await asking(approval({ Catch }), { Z: { Type: 'Succeed' } });
  await engine.api('SendTaskFailure', { taskToken: token, error: 'Refused', cause: 'by a person' });
  const { output, types } = await result();
  expect(output).toEqual({ Error: 'Refused', Cause: 'by a person' });
  expect(types).toContain('TaskFailed');
});

test('a missed heartbeat is States.Timeout in the history and matches States.HeartbeatTimeout', async () => {
  const Catch = [{ ErrorEquals: ['States.HeartbeatTimeout'], Next: 'Z', Output: '{% $states.errorOutput %}' }];
  const { result } = await asking(approval({ HeartbeatSeconds: 1, Catch }), { Z: { Type: 'Succeed' } });
  const { output, events } = await result();
  expect(output).toEqual({ Error: 'States.Timeout', Cause: '' });
  expect(events.find(({ type }) => type === 'TaskTimedOut')?.taskTimedOutEventDetails).toEqual({
    error: 'States.Timeout',
    resource: 'invoke.waitForTaskToken',
    resourceType: 'lambda',
  });
});

test('heartbeats keep a task alive past HeartbeatSeconds', async () => {
  const { engine, token, result, executionArn } = await asking(approval({ HeartbeatSeconds: 3 }));
  const beats = async (): Promise<boolean> => {
    await engine.api('SendTaskHeartbeat', { taskToken: token });
    return (await engine.api<{ status: string }>('DescribeExecution', { executionArn })).status === 'RUNNING';
  };
  await stays('the task waits', beats, 4_000);
  await engine.api('SendTaskSuccess', { taskToken: token, output: '1' });
  expect((await result()).status).toBe('SUCCEEDED');
});

test('TimeoutSeconds ends a wait for a token', async () => {
  const { engine, token, result } = await asking(approval({ TimeoutSeconds: 1 }));
  const { error, types } = await result();
  expect(error).toBe('States.Timeout');
  expect(types).toContain('TaskTimedOut');
  await expect(engine.api('SendTaskSuccess', { taskToken: token, output: '1' })).rejects.toMatchObject({
    shape: 'TaskTimedOut',
  });
});

test('a token answers once; others are refused by AWS names', async () => {
  const { engine, token, result } = await asking(approval());
  await expect(engine.api('SendTaskSuccess', { taskToken: token, output: '{' })).rejects.toMatchObject({
    shape: 'InvalidOutput',
  });
  await engine.api('SendTaskSuccess', { taskToken: token, output: '1' });
  await result();
  await expect(engine.api('SendTaskFailure', { taskToken: token })).rejects.toMatchObject({ shape: 'TaskTimedOut' });
  await expect(engine.api('SendTaskHeartbeat', { taskToken: 'x' })).rejects.toMatchObject({ shape: 'InvalidToken' });
});

test('every attempt has a token of its own', async () => {
  const tokens: string[] = [];
  const engine = testEngine({
    invoke: async (_, payload) => {
      tokens.push((payload as { token: string }).token);
      return { payload: null };
    },
  });
  const definition = machine({ T: approval({ Retry: [{ ErrorEquals: ['Again'] }] }) });
  const { stateMachineArn } = await engine.createStateMachine({ name: 'again', definition, roleArn: ROLE });
  const { executionArn } = engine.startExecution({ stateMachineArn });
  const first = await waitFor('the first token', () => tokens[0]);
  await engine.api('SendTaskFailure', { taskToken: first, error: 'Again' });
  const second = await waitFor('the second token', () => tokens[1]);
  expect(second).not.toBe(first);
  await engine.api('SendTaskSuccess', { taskToken: second, output: '2' });
  expect((await resultOf(engine, executionArn)).output).toBe(2);
});

test('a stopped sibling gives its token back', async () => {
  let token = '';
  const engine = testEngine({
    invoke: async (fn, payload) => {
      if (fn === 'bad') {
        await waitFor('the token', () => token);
        return { payload: { errorType: 'E' }, functionError: 'Unhandled' };
      }
      token = (payload as { token: string }).token;
      return { payload: null };
    },
  });
  const bad = { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', Arguments: { FunctionName: 'bad' }, ...end };
  const Branches = [graph({ A: approval() }), graph({ B: bad })];
  const definition = machine({ P: { Type: 'Parallel', Branches, ...end } });
  const { stateMachineArn } = await engine.createStateMachine({ name: 'sibling', definition, roleArn: ROLE });
  const { executionArn } = engine.startExecution({ stateMachineArn });
  const { error, types } = await resultOf(engine, executionArn);
  expect(error).toBe('E');
  expect(types.slice(-3)).toEqual(['TaskStateAborted', 'ParallelStateFailed', 'ExecutionFailed']);
  await expect(engine.api('SendTaskSuccess', { taskToken: token, output: '1' })).rejects.toMatchObject({
    shape: 'TaskTimedOut',
  });
});
