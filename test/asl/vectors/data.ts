import { end, graph, machine, type Vector } from './vector.ts';

const output = (name: string, expression: string, expected: unknown, input: unknown = {}): Vector => ({
  name,
  definition: machine({ A: { Type: 'Pass', Output: expression, ...end } }),
  input,
  status: 'SUCCEEDED',
  output: expected,
});

/** What Pass, Choice, Succeed and Fail make of data: expressions, variables, the context object, AWS's own functions. */
export const dataVectors: readonly Vector[] = [
  output('a literal that only looks like an expression stays', ' {% 1 %} ', ' {% 1 %} '),
  output('$partition cuts a list', '{% $partition([1..5], 2) %}', [[1, 2], [3, 4], [5]]),
  output('$range includes the end that the step meets', '{% $range(1, 9, 4) %}', [1, 5, 9]),
  output('$range counts down', '{% $range(3, 1, -1) %}', [3, 2, 1]),
  output('$range past its end is empty', '{% $count($range(3, 1, 1)) %}', 0),
  output(
    '$hash names the algorithm as AWS does',
    "{% $hash('a', 'SHA-1') %}",
    '86f7e437faa5a7fce15d1ddcb9eaeaea377667b8',
  ),
  output('$random with a seed repeats', '{% $random(7) = $random(7) and $random(7) < 1 %}', true),
  output('$uuid is of version 4', '{% $contains($uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4/) %}', true),
  output('$parse reads JSON', '{% $parse($states.input.text).a[1] %}', 2, { text: '{"a":[1,2]}' }),
  output('a list of one stays a list', '{% [$states.input.only] %}', [1], { only: 1 }),
  output('a missing member is left out of an object', "{% {'a': $states.input.none, 'b': 1} %}", { b: 1 }),
  output('expressions inside a template', '{% $states.input.n %}', 5, { n: 5 }),
  {
    name: 'the context names the machine, the execution and the state',
    definition: machine({
      A: {
        Type: 'Pass',
        Output: {
          state: '{% $states.context.State.Name %}',
          retries: '{% $states.context.State.RetryCount %}',
          input: '{% $states.context.Execution.Input %}',
          role: "{% $contains($states.context.Execution.RoleArn, ':role/') %}",
          same: "{% $contains($states.context.Execution.Id, $states.context.StateMachine.Name & ':' & $states.context.Execution.Name) %}",
          time: '{% $toMillis($states.context.State.EnteredTime) >= $toMillis($states.context.Execution.StartTime) %}',
        },
        ...end,
      },
    }),
    input: { a: 1 },
    status: 'SUCCEEDED',
    output: { state: 'A', retries: 0, input: { a: 1 }, role: true, same: true, time: true },
  },
  {
    name: 'Assign and Output of one state both see the variables as they were',
    definition: machine({
      A: { Type: 'Pass', Assign: { x: 1 }, Next: 'B' },
      B: { Type: 'Pass', Assign: { x: '{% $x + 1 %}', y: '{% $x %}' }, Output: '{% $x %}', Next: 'C' },
      C: { Type: 'Succeed', Output: { x: '{% $x %}', y: '{% $y %}', input: '{% $states.input %}' } },
    }),
    status: 'SUCCEEDED',
    output: { x: 2, y: 1, input: 1 },
    types: [
      'ExecutionStarted',
      ...['PassStateEntered', 'PassStateExited', 'PassStateEntered', 'PassStateExited'],
      ...['SucceedStateEntered', 'SucceedStateExited', 'ExecutionSucceeded'],
    ],
  },
  {
    name: 'branches read outer variables, and their own are gone afterwards',
    definition: machine({
      A: { Type: 'Pass', Assign: { x: 1 }, Next: 'P' },
      P: {
        Type: 'Parallel',
        Branches: [
          graph({
            B1: { Type: 'Pass', Assign: { own: '{% $x + 1 %}' }, Next: 'B2' },
            B2: { Type: 'Pass', Output: '{% $own %}', ...end },
          }),
          graph({ B3: { Type: 'Pass', Output: '{% $exists($own) %}', ...end } }),
        ],
        Next: 'Z',
      },
      Z: { Type: 'Pass', Output: { branches: '{% $states.input %}', own: '{% $exists($own) %}' }, ...end },
    }),
    status: 'SUCCEEDED',
    output: { branches: [2, false], own: false },
  },
  {
    name: 'the first rule that holds decides, with its own Output and Assign',
    definition: machine({
      C: {
        Type: 'Choice',
        Choices: [
          { Condition: '{% $states.input.n > 10 %}', Next: 'Z', Output: 'big' },
          { Condition: '{% $states.input.n > 5 %}', Next: 'Z', Output: 'middle', Assign: { seen: true } },
          { Condition: true, Next: 'Z', Output: 'any' },
        ],
        Default: 'Z',
        Output: 'default',
      },
      Z: { Type: 'Pass', Output: { size: '{% $states.input %}', seen: '{% $seen %}' }, ...end },
    }),
    input: { n: 7 },
    status: 'SUCCEEDED',
    output: { size: 'middle', seen: true },
  },
  {
    name: 'a rule without Output passes the input on, not the Output of the state',
    definition: machine({
      C: { Type: 'Choice', Choices: [{ Condition: true, Next: 'Z' }], Output: 'default', Default: 'Z' },
      Z: { Type: 'Succeed' },
    }),
    input: { n: 1 },
    status: 'SUCCEEDED',
    output: { n: 1 },
  },
  {
    name: 'no rule and no Default',
    definition: machine({
      C: { Type: 'Choice', Choices: [{ Condition: '{% $states.input.n = 1 %}', Next: 'Z' }] },
      Z: { Type: 'Succeed' },
    }),
    input: { n: 2 },
    status: 'FAILED',
    error: 'States.NoChoiceMatched',
    types: ['ExecutionStarted', 'ChoiceStateEntered', 'ExecutionFailed'],
  },
  {
    name: 'a Condition that is no boolean',
    definition: machine({
      C: { Type: 'Choice', Choices: [{ Condition: '{% $states.input.n %}', Next: 'Z' }] },
      Z: { Type: 'Succeed' },
    }),
    input: { n: 2 },
    status: 'FAILED',
    error: 'States.QueryEvaluationError',
    cause: "Expected 'boolean', but was 'number' for value: 2",
  },
  {
    name: 'Fail takes its words from expressions',
    definition: machine({
      F: { Type: 'Fail', Error: "{% $states.input.what & 'Error' %}", Cause: "{% 'because ' & $states.input.why %}" },
    }),
    input: { what: 'Claim', why: 'of this' },
    status: 'FAILED',
    error: 'ClaimError',
    cause: 'because of this',
    types: ['ExecutionStarted', 'FailStateEntered', 'ExecutionFailed'],
  },
  {
    name: 'an expression that throws',
    definition: machine({ A: { Type: 'Pass', Output: "{% 1 + 'a' %}", ...end } }),
    status: 'FAILED',
    error: 'States.QueryEvaluationError',
    cause: 'threw an error during evaluation. T2002',
    types: ['ExecutionStarted', 'PassStateEntered', 'EvaluationFailed', 'ExecutionFailed'],
  },
  {
    name: 'an expression that never ends',
    definition: machine({ A: { Type: 'Pass', Output: '{% ($f := function($n) { 1 + $f($n) }; $f(0)) %}', ...end } }),
    status: 'FAILED',
    error: 'States.QueryEvaluationError',
    cause: 'D1011',
  },
  {
    name: 'an output past 256 KiB ends the execution, States.ALL or not',
    definition: machine({
      P: {
        Type: 'Parallel',
        Branches: [graph({ A: { Type: 'Pass', Output: "{% $pad('', 262143, 'é') %}", ...end } })],
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Z' }],
        ...end,
      },
      Z: { Type: 'Succeed' },
    }),
    status: 'FAILED',
    error: 'States.DataLimitExceeded',
  },
];
