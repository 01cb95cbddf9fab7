import { direct, echo, end, failingLater, failingUntil, graph, hanging, machine, type Vector } from './vector.ts';

const pass = (more: object = {}) => graph({ [`I${names++}`]: { Type: 'Pass', ...more, ...end } });
let names = 0;

/** Parallel and inline Map: results, scopes, failures and what they stop. */
export const parallelMapVectors: readonly Vector[] = [
  {
    name: 'Parallel gives the outputs in the order of its branches; Arguments are their input',
    definition: machine({
      P: {
        Type: 'Parallel',
        Arguments: { n: '{% $states.input.n * 2 %}' },
        Branches: [pass({ Output: '{% $states.input.n %}' }), pass()],
        Output: { got: '{% $states.result %}', from: '{% $states.input.n %}' },
        ...end,
      },
    }),
    input: { n: 2 },
    status: 'SUCCEEDED',
    output: { got: [4, { n: 4 }], from: 2 },
    types: [
      ...['ExecutionStarted', 'ParallelStateEntered', 'ParallelStateStarted'],
      ...['PassStateEntered', 'PassStateEntered', 'PassStateExited', 'PassStateExited'],
      ...['ParallelStateSucceeded', 'ParallelStateExited', 'ExecutionSucceeded'],
    ],
  },
  {
    name: 'a failed branch stops its sibling in the middle of a task',
    definition: machine({
      P: {
        Type: 'Parallel',
        Branches: [
          graph({ F: direct('bad', end) }),
          graph({ S: direct('slow', { Next: 'After' }), After: { Type: 'Succeed' } }),
        ],
        ...end,
      },
    }),
    functions: { bad: failingLater('E'), slow: hanging },
    status: 'FAILED',
    error: 'E',
    types: [
      ...['ExecutionStarted', 'ParallelStateEntered', 'ParallelStateStarted', 'TaskStateEntered', 'TaskStateEntered'],
      ...['LambdaFunctionScheduled', 'LambdaFunctionStarted', 'LambdaFunctionScheduled', 'LambdaFunctionStarted'],
      ...['LambdaFunctionFailed', 'TaskStateAborted', 'ParallelStateFailed', 'ExecutionFailed'],
    ],
  },
  {
    name: 'a failed branch ends a long Wait of its sibling',
    definition: machine({
      P: {
        Type: 'Parallel',
        Branches: [
          graph({ W: { Type: 'Wait', Seconds: 900_000, Next: 'After' }, After: { Type: 'Succeed' } }),
          graph({ F: { Type: 'Fail', Error: 'E' } }),
        ],
        Catch: [{ ErrorEquals: ['E'], Next: 'Z', Output: '{% $states.errorOutput %}' }],
        ...end,
      },
      Z: { Type: 'Succeed' },
    }),
    status: 'SUCCEEDED',
    output: { Error: 'E', Cause: '' },
    types: [
      ...['ExecutionStarted', 'ParallelStateEntered', 'ParallelStateStarted', 'WaitStateEntered', 'FailStateEntered'],
      ...['WaitStateAborted', 'ParallelStateFailed', 'ParallelStateExited'],
      ...['SucceedStateEntered', 'SucceedStateExited', 'ExecutionSucceeded'],
    ],
  },
  {
    name: 'a stopped Map inside a branch stops its iterations',
    definition: machine({
      P: {
        Type: 'Parallel',
        Branches: [
          graph({ M: { Type: 'Map', Items: [1, 2], ItemProcessor: graph({ S: direct('slow', end) }), ...end } }),
          graph({ F: direct('bad', end) }),
        ],
        ...end,
      },
    }),
    functions: { bad: failingLater('E'), slow: hanging },
    status: 'FAILED',
    error: 'E',
    types: [
      ...['ExecutionStarted', 'ParallelStateEntered', 'ParallelStateStarted', 'MapStateEntered', 'TaskStateEntered'],
      ...['LambdaFunctionScheduled', 'LambdaFunctionStarted', 'MapStateStarted'],
      ...['MapIterationStarted', 'TaskStateEntered', 'MapIterationStarted', 'TaskStateEntered'],
      ...['LambdaFunctionScheduled', 'LambdaFunctionStarted', 'LambdaFunctionScheduled', 'LambdaFunctionStarted'],
      ...['LambdaFunctionFailed', 'TaskStateAborted', 'TaskStateAborted', 'MapIterationAborted', 'MapIterationAborted'],
      ...['MapStateAborted', 'ParallelStateFailed', 'ExecutionFailed'],
    ],
  },
  {
    name: 'a retried Parallel starts all its branches again',
    definition: machine({
      P: {
        Type: 'Parallel',
        Branches: [graph({ F: direct('flaky', end) }), pass({ Output: 'ok' })],
        Retry: [{ ErrorEquals: ['E'] }],
        ...end,
      },
    }),
    functions: { flaky: failingUntil(2, 'E') },
    status: 'SUCCEEDED',
    output: [{ attempt: 2 }, 'ok'],
  },
  {
    name: 'Map gives the outputs in the order of its items; the context has the item',
    definition: machine({
      M: {
        Type: 'Map',
        Items: '{% $states.input.list %}',
        ItemSelector: { i: '{% $states.context.Map.Item.Index %}', v: '{% $states.context.Map.Item.Value %}' },
        ItemProcessor: graph({
          A: { Type: 'Pass', Output: '{% $states.input.v & $string($states.context.Map.Item.Index) %}', ...end },
        }),
        ...end,
      },
    }),
    input: { list: ['a', 'b', 'c'] },
    status: 'SUCCEEDED',
    output: ['a0', 'b1', 'c2'],
  },
  {
    name: 'MaxConcurrency 1 runs one iteration after the other',
    definition: machine({
      M: { Type: 'Map', Items: [1, 2], MaxConcurrency: 1, ItemProcessor: graph({ A: direct('f', end) }), ...end },
    }),
    functions: { f: echo },
    status: 'SUCCEEDED',
    output: [1, 2],
    types: [
      ...['ExecutionStarted', 'MapStateEntered', 'MapStateStarted'],
      ...['MapIterationStarted', 'TaskStateEntered', 'LambdaFunctionScheduled', 'LambdaFunctionStarted'],
      ...['LambdaFunctionSucceeded', 'TaskStateExited', 'MapIterationSucceeded'],
      ...['MapIterationStarted', 'TaskStateEntered', 'LambdaFunctionScheduled', 'LambdaFunctionStarted'],
      ...['LambdaFunctionSucceeded', 'TaskStateExited', 'MapIterationSucceeded'],
      ...['MapStateSucceeded', 'MapStateExited', 'ExecutionSucceeded'],
    ],
  },
  {
    name: 'a failed iteration fails the Map and stops the others',
    definition: machine({
      M: {
        Type: 'Map',
        Items: ['bad', 'slow'],
        ItemProcessor: graph({
          C: {
            Type: 'Choice',
            Choices: [{ Condition: "{% $states.input = 'bad' %}", Next: 'F' }],
            Default: 'S',
          },
          F: { Type: 'Fail', Error: 'E', Cause: 'bad item' },
          S: direct('slow', end),
        }),
        ...end,
      },
    }),
    functions: { slow: hanging },
    status: 'FAILED',
    error: 'E',
    cause: 'bad item',
  },
  {
    name: 'iterations read outer variables and keep their own to themselves',
    definition: machine({
      A: { Type: 'Pass', Assign: { base: 10 }, Next: 'M' },
      M: {
        Type: 'Map',
        Items: [1, 2],
        ItemProcessor: graph({
          B: { Type: 'Pass', Assign: { sum: '{% $base + $states.input %}' }, Next: 'C' },
          C: { Type: 'Pass', Output: '{% $sum %}', ...end },
        }),
        Assign: { total: '{% $sum($states.result) %}' },
        Next: 'Z',
      },
      Z: { Type: 'Pass', Output: '{% $total %}', ...end },
    }),
    status: 'SUCCEEDED',
    output: 23,
  },
  {
    name: 'a Map over nothing',
    definition: machine({ M: { Type: 'Map', Items: [], ItemProcessor: pass(), ...end } }),
    status: 'SUCCEEDED',
    output: [],
    types: [
      ...['ExecutionStarted', 'MapStateEntered', 'MapStateStarted', 'MapStateSucceeded', 'MapStateExited'],
      'ExecutionSucceeded',
    ],
  },
];
