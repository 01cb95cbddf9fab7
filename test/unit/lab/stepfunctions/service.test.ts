import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { StatusChangeEvent } from '#lab/services/stepfunctions/service.ts';
import { ROLE, resultOf, type TestEngine, testEngine } from '#test/asl/engine.ts';
import { direct, end, hanging, invokeOf, machine } from '#test/asl/vectors/vector.ts';

const passing = machine({ A: { Type: 'Pass', ...end } });
const waiting = machine({ T: direct('slow', end) });
const text = JSON.stringify;
const ARN = 'arn:aws:states:us-west-2:123456789012:stateMachine:';

const create = async (engine: TestEngine, name: string, definition: object = passing): Promise<string> => {
  const input = { name, definition: text(definition), roleArn: ROLE };
  return (await engine.api<{ stateMachineArn: string }>('CreateStateMachine', input)).stateMachineArn;
};

const fault = (shape: string) => expect.objectContaining({ name: 'ServiceFault', shape });

test('CreateStateMachine is idempotent for the same definition and refuses another under the same name', async () => {
  const engine = testEngine();
  const arn = await create(engine, 'one');
  expect(arn).toBe(`${ARN}one`);
  expect(await create(engine, 'one')).toBe(arn);
  await expect(create(engine, 'one', waiting)).rejects.toEqual(fault('StateMachineAlreadyExists'));
  await expect(create(engine, 'a b')).rejects.toEqual(fault('InvalidName'));
  await expect(create(engine, 'two', { StartAt: 'A' })).rejects.toThrow(
    "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /'",
  );
});

test('what the engine does not run is refused when the machine is created', async () => {
  const engine = testEngine();
  const jsonPath = { StartAt: 'A', States: { A: { Type: 'Pass', ...end } } };
  await expect(create(engine, 'a', jsonPath)).rejects.toThrow(/Only QueryLanguage JSONata is supported/);
  const express = engine.createStateMachine({ name: 'b', definition: passing, roleArn: ROLE, type: 'EXPRESS' });
  await expect(express).rejects.toEqual(fault('StateMachineTypeNotSupported'));
  const publish = machine({ A: { Type: 'Task', Resource: 'arn:aws:states:::sns:publish', Arguments: {}, ...end } });
  await expect(create(engine, 'c', publish)).rejects.toThrow(/sns:publish' is not supported by the lab/);
});

test('the life of a machine: describe, list, update, tags, delete', async () => {
  const engine = testEngine();
  const stateMachineArn = await create(engine, 'one');
  expect(await engine.api('DescribeStateMachine', { stateMachineArn })).toMatchObject({
    ...{ stateMachineArn, name: 'one', status: 'ACTIVE', type: 'STANDARD', roleArn: ROLE, definition: text(passing) },
    creationDate: expect.any(Date),
  });
  expect(await engine.api('ListStateMachines')).toMatchObject({ stateMachines: [{ stateMachineArn, name: 'one' }] });

  const definition = text(machine({ A: { Type: 'Pass', Output: 2, ...end } }));
  await expect(engine.api('UpdateStateMachine', { stateMachineArn })).rejects.toEqual(
    fault('MissingRequiredParameter'),
  );
  const { revisionId } = await engine.api('UpdateStateMachine', { stateMachineArn, definition });
  expect(await engine.api('DescribeStateMachine', { stateMachineArn })).toMatchObject({ definition, revisionId });

  await engine.api('TagResource', { resourceArn: stateMachineArn, tags: [{ key: 'plan', value: 'orders' }] });
  const tags = await engine.api('ListTagsForResource', { resourceArn: stateMachineArn });
  expect(tags).toEqual({ tags: [{ key: 'plan', value: 'orders' }] });

  await engine.api('DeleteStateMachine', { stateMachineArn });
  await engine.api('DeleteStateMachine', { stateMachineArn });
  const gone = engine.api('DescribeStateMachine', { stateMachineArn });
  await expect(gone).rejects.toEqual(fault('StateMachineDoesNotExist'));
  await expect(engine.api('StartExecution', { stateMachineArn: 'x' })).rejects.toEqual(fault('InvalidArn'));
});

test('an execution keeps the definition that it started with', async () => {
  const engine = testEngine({ invoke: invokeOf({ slow: hanging }) });
  const stateMachineArn = await create(engine, 'one', waiting);
  const { executionArn } = engine.startExecution({ stateMachineArn });
  await engine.api('UpdateStateMachine', { stateMachineArn, definition: text(passing) });
  const of = await engine.api('DescribeStateMachineForExecution', { executionArn });
  expect(of).toMatchObject({ stateMachineArn, name: 'one', definition: text(waiting) });
  await engine.stop();
});

test('StartExecution: the same name with the same input while it runs is the same execution', async () => {
  const engine = testEngine({ invoke: invokeOf({ slow: hanging }) });
  const stateMachineArn = await create(engine, 'one', waiting);
  const start = (name?: string, input?: string) => engine.api('StartExecution', { stateMachineArn, name, input });
  const first = await start('incident-1', '{"a":1}');
  expect(first).toEqual({
    executionArn: 'arn:aws:states:us-west-2:123456789012:execution:one:incident-1',
    startDate: expect.any(Date),
  });
  expect(await start('incident-1', '{ "a": 1 }')).toEqual(first);
  await expect(start('incident-1', '{"a":2}')).rejects.toEqual(fault('ExecutionAlreadyExists'));
  await engine.api('StopExecution', { executionArn: first.executionArn });
  await expect(start('incident-1', '{"a":1}')).rejects.toEqual(fault('ExecutionAlreadyExists'));
  await expect(start('a b')).rejects.toEqual(fault('InvalidName'));
  await expect(start('x', 'no json')).rejects.toEqual(fault('InvalidExecutionInput'));
  const unnamed = await start();
  expect(unnamed.executionArn).toMatch(/:one:[0-9a-f]{8}-[0-9a-f-]{27}$/);
  await engine.stop();
});

test('ListExecutions: newest first, by status, in pages', async () => {
  const engine = testEngine({ invoke: invokeOf({ slow: hanging }) });
  const stateMachineArn = await create(engine, 'one', waiting);
  for (const name of ['e1', 'e2', 'e3']) engine.startExecution({ stateMachineArn, name });
  await engine.api('StopExecution', { executionArn: 'arn:aws:states:us-west-2:123456789012:execution:one:e2' });
  type Page = { executions: { name: string; status: string }[]; nextToken?: string };
  const list = (more: object = {}) => engine.api<Page>('ListExecutions', { stateMachineArn, ...more });
  const names = ({ executions }: Page): string[] => executions.map(({ name }) => name);
  expect(names(await list())).toEqual(['e3', 'e2', 'e1']);
  expect(names(await list({ statusFilter: 'RUNNING' }))).toEqual(['e3', 'e1']);
  const page = await list({ maxResults: 2 });
  expect(names(page)).toEqual(['e3', 'e2']);
  engine.startExecution({ stateMachineArn, name: 'e4' });
  expect(names(await list({ maxResults: 2, nextToken: page.nextToken }))).toEqual(['e1']);
  await expect(list({ nextToken: '?' })).rejects.toEqual(fault('InvalidToken'));
  await engine.stop();
});

test('DescribeExecution and GetExecutionHistory of an execution that has ended', async () => {
  const engine = testEngine();
  const stateMachineArn = await create(engine, 'one');
  const { executionArn } = engine.startExecution({ stateMachineArn, name: 'e', input: { a: 1 } });
  await engine.ended(executionArn);
  expect(await engine.api('DescribeExecution', { executionArn })).toMatchObject({
    ...{ executionArn, stateMachineArn, name: 'e', status: 'SUCCEEDED', input: '{"a":1}', output: '{"a":1}' },
    startDate: expect.any(Date),
    stopDate: expect.any(Date),
    inputDetails: { included: true },
  });
  type History = { events: { id: number; stateEnteredEventDetails?: object }[]; nextToken?: string };
  const history = (more: object = {}) => engine.api<History>('GetExecutionHistory', { executionArn, ...more });
  const ids = ({ events }: History): number[] => events.map(({ id }) => id);
  expect(ids(await history())).toEqual([1, 2, 3, 4]);
  expect(ids(await history({ reverseOrder: true }))).toEqual([4, 3, 2, 1]);
  const page = await history({ maxResults: 3 });
  expect(ids(await history({ maxResults: 3, nextToken: page.nextToken }))).toEqual([4]);
  const bare = await history({ includeExecutionData: false });
  expect(bare.events[1]?.stateEnteredEventDetails).toEqual({ name: 'A' });
  await expect(history({ maxResults: 1001 })).rejects.toEqual(fault('ValidationException'));
  const none = engine.api('DescribeExecution', { executionArn: `${executionArn}x` });
  await expect(none).rejects.toEqual(fault('ExecutionDoesNotExist'));
});

test('events name the one that led to them, with millisecond times that do not fall', async () => {
  const engine = testEngine();
  const stateMachineArn = await create(engine, 'one');
  const { events } = await resultOf(engine, engine.startExecution({ stateMachineArn }).executionArn);
  expect(events.map(({ id, previousEventId }) => [id, previousEventId])).toEqual([
    [1, 0],
    [2, 0],
    [3, 2],
    [4, 3],
  ]);
  const times = events.map(({ timestamp }) => timestamp?.getTime() ?? 0);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});

test('a status change event at the start and at the end of every execution', async () => {
  const events: StatusChangeEvent[] = [];
  const engine = testEngine({ onStatusChange: (event) => events.push(event) });
  const stateMachineArn = await create(engine, 'one');
  const { executionArn } = engine.startExecution({ stateMachineArn, name: 'e', input: { a: 1 } });
  await engine.ended(executionArn);
  expect(events.map(({ detail }) => detail.status)).toEqual(['RUNNING', 'SUCCEEDED']);
  expect(events[1]).toMatchObject({
    source: 'aws.states',
    'detail-type': 'Step Functions Execution Status Change',
    region: 'us-west-2',
    account: '123456789012',
    resources: [executionArn],
    detail: {
      ...{ executionArn, stateMachineArn, name: 'e', input: '{"a":1}', output: '{"a":1}' },
      startDate: expect.any(Number),
      stopDate: expect.any(Number),
    },
  });
});

test('stop ends what runs without a word to the bus; a listener that throws stops nothing', async () => {
  const seen: unknown[] = [];
  const engine = testEngine({
    invoke: invokeOf({ slow: hanging }),
    onStatusChange: ({ detail }) => {
      seen.push(detail.status);
      throw new Error('no bus');
    },
  });
  const stateMachineArn = await create(engine, 'one', waiting);
  const { executionArn } = engine.startExecution({ stateMachineArn });
  await engine.stop();
  expect((await engine.ended(executionArn)).status).toBe('ABORTED');
  expect(seen).toEqual(['RUNNING']);
});

test('ValidateStateMachineDefinition gives every finding with code and location', async () => {
  const engine = testEngine();
  const definition = text(machine({ A: { Type: 'Pass', Output: '{% 1 + %}', Next: 'B' } }));
  expect(await engine.api('ValidateStateMachineDefinition', { definition })).toMatchObject({
    result: 'FAIL',
    truncated: false,
    diagnostics: [
      { severity: 'ERROR', code: 'SCHEMA_VALIDATION_FAILED', location: '/States/A/Output' },
      { severity: 'ERROR', code: 'MISSING_TRANSITION_TARGET', location: '/States/A/Next' },
    ],
  });
  const ok = await engine.api('ValidateStateMachineDefinition', { definition: text(passing) });
  expect(ok).toEqual({ result: 'OK', diagnostics: [], truncated: false });
});

test('a resource of another service goes to the hook, its errors under the prefix of the service', async () => {
  const calls: unknown[] = [];
  const engine = testEngine({
    integrate: async (resource, args, { caller }) => {
      calls.push([resource, args, caller]);
      if (resource.endsWith(':putEvents'))
        throw Object.assign(new Error('no bus'), { name: 'ResourceNotFoundException' });
      return { MessageId: 'm-1', at: new Date(0) };
    },
  });
  const definition = machine({
    A: {
      Type: 'Task',
      Resource: 'arn:aws:states:::sns:publish',
      Arguments: { Message: '{% $states.input %}' },
      Next: 'B',
    },
    B: { Type: 'Task', Resource: 'arn:aws:states:::events:putEvents', Arguments: { Entries: [] }, ...end },
  });
  const stateMachineArn = await create(engine, 'one', definition);
  const { executionArn } = engine.startExecution({ stateMachineArn, input: 'hello' });
  const { error, cause, events } = await resultOf(engine, executionArn);
  expect({ error, cause }).toEqual({ error: 'EventBridge.ResourceNotFoundException', cause: 'no bus' });
  expect(calls).toEqual([
    ['arn:aws:states:::sns:publish', { Message: 'hello' }, ROLE],
    ['arn:aws:states:::events:putEvents', { Entries: [] }, ROLE],
  ]);
  const success = events.find(({ type }) => type === 'TaskSucceeded')?.taskSucceededEventDetails;
  expect(success).toMatchObject({
    resourceType: 'sns',
    resource: 'publish',
    output: '{"MessageId":"m-1","at":"1970-01-01T00:00:00.000Z"}',
  });
});

test('what lambda:invoke asks for reaches the function: name, qualifier, role and signal', async () => {
  const seen: unknown[] = [];
  const engine = testEngine({
    invoke: async (fn, payload, { qualifier, caller, signal }) => {
      seen.push([fn, payload, qualifier, caller, signal.aborted]);
      return { payload: null };
    },
  });
  const arn = 'arn:aws:lambda:us-west-2:123456789012:function:f';
  const task = (more: object) => ({ Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', ...more });
  const definition = machine({
    A: task({ Arguments: { FunctionName: `${arn}:live`, Payload: 1 }, Next: 'B' }),
    B: task({ Arguments: { FunctionName: 'f', Qualifier: '7' }, ...end }),
  });
  const stateMachineArn = await create(engine, 'one', definition);
  await engine.ended(engine.startExecution({ stateMachineArn }).executionArn);
  expect(seen).toEqual([
    [arn, 1, 'live', ROLE, false],
    ['f', {}, '7', ROLE, false],
  ]);
});

test('the machines of this project are accepted', async () => {
  const file = new URL('../../../../state-machines/regional-failover.asl.json', import.meta.url);
  const definition = readFileSync(file, 'utf8').replaceAll(
    /\$\{(\w+)(?:\.\w+)?\}/g,
    'arn:aws:lambda:us-west-2:123456789012:function:$1',
  );
  const answer = await testEngine().api('ValidateStateMachineDefinition', { definition });
  expect(answer).toEqual({ result: 'OK', diagnostics: [], truncated: false });
});
