import { direct, echo, end, failing, failingUntil, hanging, invoke, machine, refused, type Vector } from './vector.ts';

const caught = { Caught: { Type: 'Pass', Output: '{% $states.input %}', ...end } };
const catchAs = (...ErrorEquals: string[]) => ({
  Catch: [{ ErrorEquals, Next: 'Caught', Output: { caught: '{% $states.errorOutput.Error %}' } }],
});

/** Machines with one task that fails one way or another and a catcher for it. */
const catching = (name: string, stub: Vector['functions'], errorEquals: string, error: string): Vector => ({
  name,
  definition: machine({ T: invoke('f', { TimeoutSeconds: 1, ...catchAs(errorEquals), ...end }), ...caught }),
  ...(stub && { functions: stub }),
  status: 'SUCCEEDED',
  output: { caught: error },
});

/** Tasks with Retry, Catch and time-outs. */
export const taskVectors: readonly Vector[] = [
  {
    name: 'the function itself as Resource: payload in, payload out',
    definition: machine({ T: direct('f', { Arguments: { n: '{% $states.input.n + 1 %}' }, ...end }) }),
    functions: { f: echo },
    input: { n: 1 },
    status: 'SUCCEEDED',
    output: { n: 2 },
    types: [
      ...['ExecutionStarted', 'TaskStateEntered', 'LambdaFunctionScheduled', 'LambdaFunctionStarted'],
      ...['LambdaFunctionSucceeded', 'TaskStateExited', 'ExecutionSucceeded'],
    ],
  },
  {
    name: 'a qualifier of the ARN does not hide the function',
    definition: machine({ T: direct('f:live', end) }),
    functions: { f: echo },
    input: 1,
    status: 'SUCCEEDED',
    output: 1,
  },
  {
    name: 'a task sees its result, its input and its variables in Assign and Output',
    definition: machine({
      T: invoke('f', {
        Assign: { got: '{% $states.result.StatusCode %}' },
        Output: '{% $states.input.n %}',
        Next: 'Z',
      }),
      Z: { Type: 'Pass', Output: ['{% $got %}', '{% $states.input %}'], ...end },
    }),
    functions: { f: echo },
    input: { n: 3 },
    status: 'SUCCEEDED',
    output: [200, 3],
  },
  {
    name: 'a retry runs the task again without entering the state again',
    definition: machine({ T: invoke('f', { Retry: [{ ErrorEquals: ['Flaky'], IntervalSeconds: 1 }], ...end }) }),
    functions: { f: failingUntil(3, 'Flaky') },
    status: 'SUCCEEDED',
    output: { attempt: 3 },
    types: [
      ...['ExecutionStarted', 'TaskStateEntered'],
      ...['TaskScheduled', 'TaskStarted', 'TaskFailed', 'TaskScheduled', 'TaskStarted', 'TaskFailed'],
      ...['TaskScheduled', 'TaskStarted', 'TaskSucceeded', 'TaskStateExited', 'ExecutionSucceeded'],
    ],
  },
  {
    name: 'Arguments are evaluated for every attempt and see the retry count',
    definition: machine({
      T: direct('f', {
        Arguments: '{% $states.context.State.RetryCount %}',
        Retry: [{ ErrorEquals: ['States.TaskFailed'], MaxAttempts: 2 }],
        ...end,
      }),
    }),
    functions: {
      f: (payload, attempt, signal) =>
        attempt < 3 ? failing('E')(payload, attempt, signal) : echo(payload, attempt, signal),
    },
    status: 'SUCCEEDED',
    output: 2,
  },
  {
    name: 'three retries are the default, then the error stands',
    definition: machine({ T: direct('f', { Retry: [{ ErrorEquals: ['E'] }], ...end }) }),
    functions: { f: failingUntil(5, 'E') },
    status: 'FAILED',
    error: 'E',
    cause: '"errorMessage":"on purpose"',
  },
  {
    name: 'MaxAttempts 0 never retries',
    definition: machine({
      T: direct('f', { Retry: [{ ErrorEquals: ['E'], MaxAttempts: 0 }, { ErrorEquals: ['States.ALL'] }], ...end }),
    }),
    functions: { f: failingUntil(2, 'E') },
    status: 'FAILED',
    error: 'E',
  },
  {
    name: 'each retrier counts for itself',
    definition: machine({
      T: direct('f', {
        Retry: [
          { ErrorEquals: ['E1'], MaxAttempts: 1 },
          { ErrorEquals: ['E2'], MaxAttempts: 1 },
        ],
        ...end,
      }),
    }),
    functions: {
      f: (payload, attempt, signal) =>
        attempt < 3 ? failing(`E${attempt}`)(payload, attempt, signal) : echo(payload, attempt, signal),
    },
    input: 'in',
    status: 'SUCCEEDED',
    output: 'in',
  },
  {
    name: 'without Output, a catcher passes the error on; Assign keeps it',
    definition: machine({
      T: direct('f', {
        Catch: [{ ErrorEquals: ['E'], Next: 'Z', Assign: { why: '{% $states.errorOutput.Error %}' } }],
        ...end,
      }),
      Z: { Type: 'Pass', Output: { why: '{% $why %}', keys: '{% $keys($states.input) %}' }, ...end },
    }),
    functions: { f: failing('E') },
    status: 'SUCCEEDED',
    output: { why: 'E', keys: ['Error', 'Cause'] },
  },
  catching('a function that timed out', { f: failing('Sandbox.Timedout') }, 'Sandbox.Timedout', 'Sandbox.Timedout'),
  catching(
    'a function that failed without a type',
    { f: async () => ({ payload: { errorMessage: 'Task timed out' }, functionError: 'Unhandled' }) },
    'States.TaskFailed',
    'States.TaskFailed',
  ),
  catching(
    'throttling',
    { f: refused('TooManyRequestsException') },
    'Lambda.TooManyRequestsException',
    'Lambda.TooManyRequestsException',
  ),
  catching('a service error', { f: refused('ServiceException') }, 'States.ALL', 'Lambda.ServiceException'),
  catching('a broken connection', { f: refused('Error') }, 'States.TaskFailed', 'Lambda.SdkClientException'),
  catching('a time-out by its name', { f: hanging }, 'States.Timeout', 'States.Timeout'),
  {
    name: 'States.TaskFailed does not match a time-out',
    definition: machine({ T: invoke('f', { TimeoutSeconds: 1, ...catchAs('States.TaskFailed'), ...end }), ...caught }),
    functions: { f: hanging },
    status: 'FAILED',
    error: 'States.Timeout',
    types: [
      ...['ExecutionStarted', 'TaskStateEntered', 'TaskScheduled', 'TaskStarted', 'TaskTimedOut', 'ExecutionFailed'],
    ],
  },
  {
    name: 'TimeoutSeconds may be an expression; a direct function times out in its own words',
    definition: machine({ T: direct('f', { TimeoutSeconds: '{% $states.input.limit %}', ...end }) }),
    functions: { f: hanging },
    input: { limit: 1 },
    status: 'FAILED',
    error: 'States.Timeout',
    types: [
      ...['ExecutionStarted', 'TaskStateEntered', 'LambdaFunctionScheduled', 'LambdaFunctionStarted'],
      ...['LambdaFunctionTimedOut', 'ExecutionFailed'],
    ],
  },
  {
    name: 'a TimeoutSeconds that is no positive integer',
    definition: machine({ T: direct('f', { TimeoutSeconds: '{% 0 %}', ...end }) }),
    functions: { f: echo },
    status: 'FAILED',
    error: 'States.QueryEvaluationError',
  },
  {
    name: 'an Output that fails can be caught like the task itself',
    definition: machine({
      T: direct('f', { Output: '{% $none %}', ...catchAs('States.QueryEvaluationError'), ...end }),
      ...caught,
    }),
    functions: { f: echo },
    status: 'SUCCEEDED',
    output: { caught: 'States.QueryEvaluationError' },
    types: [
      ...['ExecutionStarted', 'TaskStateEntered', 'LambdaFunctionScheduled', 'LambdaFunctionStarted'],
      ...['LambdaFunctionSucceeded', 'EvaluationFailed', 'TaskStateExited'],
      ...['PassStateEntered', 'PassStateExited', 'ExecutionSucceeded'],
    ],
  },
  {
    name: 'the time-out of the machine ends the execution, whatever it does',
    definition: machine({ T: invoke('f', { ...catchAs('States.ALL'), ...end }), ...caught }, { TimeoutSeconds: 1 }),
    functions: { f: hanging },
    status: 'TIMED_OUT',
    types: ['ExecutionStarted', 'TaskStateEntered', 'TaskScheduled', 'TaskStarted', 'ExecutionTimedOut'],
  },
];
