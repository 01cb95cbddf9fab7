import { expect, test } from 'vitest';
import { validate } from '#lab/services/stepfunctions/validate.ts';
import { direct, end, graph, invoke, machine } from '#test/asl/vectors/vector.ts';

const findings = (definition: unknown, integrates = false): string[] =>
  validate(JSON.stringify(definition), { integrates }).diagnostics.map(
    ({ code, location, message }) => `${code} ${location} ${message}`,
  );

const pass = { Type: 'Pass', ...end };
const map = (more: object = {}) => ({ Type: 'Map', ItemProcessor: graph({ I: pass }), ...more, ...end });

const SCHEMA = 'SCHEMA_VALIDATION_FAILED';
const TARGET = 'MISSING_TRANSITION_TARGET';

const bad: readonly (readonly [name: string, states: object, expected: readonly string[]])[] = [
  ['an unknown type', { A: { Type: 'Loop', ...end } }, [`${SCHEMA} /States/A/Type`]],
  ['an unknown field', { A: { ...pass, Colour: 1 } }, [`${SCHEMA} /States/A/Colour The field 'Colour'`]],
  ['a JSONPath field', { A: { ...pass, ResultPath: '$.a' } }, ['JSONPath; only QueryLanguage JSONata']],
  ['a JSONPath state', { A: { ...pass, QueryLanguage: 'JSONPath' } }, [`${SCHEMA} /States/A/QueryLanguage`]],
  ['a target that is not there', { A: { Type: 'Pass', Next: 'B' } }, [`${TARGET} /States/A/Next`]],
  ['a state that nothing leads to', { A: pass, B: pass }, [`${TARGET} /States/B State "B" is not reachable.`]],
  ['neither Next nor End', { A: { Type: 'Pass' } }, ['MISSING_END_STATE /States/A']],
  ['Next and End', { A: { ...pass, Next: 'A' } }, [`${SCHEMA} /States/A`]],
  ['a Catch without its target', { A: direct('f', { Catch: [{ ErrorEquals: ['E'], Next: 'X' }], ...end }) }, [TARGET]],
  [
    'a Default without its target',
    { A: { Type: 'Choice', Choices: [{ Condition: true, Next: 'A' }], Default: 'X' } },
    [TARGET],
  ],
  ['a Choice without rules', { A: { Type: 'Choice', Choices: [] } }, [`${SCHEMA} /States/A/Choices`]],
  [
    'a Condition of the wrong type',
    { A: { Type: 'Choice', Choices: [{ Condition: 1, Next: 'A' }] } },
    ['a boolean or'],
  ],
  ['a syntax error', { A: { ...pass, Output: { deep: ['{% 1 + %}'] } } }, ['/States/A/Output/deep[0]']],
  ['half a mark', { A: { ...pass, Output: '{% 1' } }, ["start with '{%' and end with '%}'"]],
  ['$eval', { A: { ...pass, Output: "{% $eval('1') %}" } }, ['$eval is not supported']],
  ['the variable states', { A: { ...pass, Assign: { states: 1 } } }, ["'states' is reserved"]],
  ['a bad variable name', { A: { ...pass, Assign: { 'a-b': 1 } } }, ["'a-b' is not a variable name"]],
  ['Wait for nothing', { A: { Type: 'Wait', ...end } }, ["one of 'Seconds' and 'Timestamp'"]],
  ['Wait for half a second', { A: { Type: 'Wait', Seconds: 0.5, ...end } }, ['a non-negative integer or']],
  ['a time-out of 0', { A: direct('f', { TimeoutSeconds: 0, ...end }) }, ['a positive integer or']],
  [
    'States.ALL in company',
    { A: direct('f', { Retry: [{ ErrorEquals: ['States.ALL', 'E'] }], ...end }) },
    ['stand alone'],
  ],
  [
    'States.ALL too early',
    { A: direct('f', { Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['E'] }], ...end }) },
    ['last entry'],
  ],
  [
    'a BackoffRate below 1',
    { A: direct('f', { Retry: [{ ErrorEquals: ['E'], BackoffRate: 0.5 }], ...end }) },
    ['BackoffRate'],
  ],
  [
    'another jitter',
    { A: direct('f', { Retry: [{ ErrorEquals: ['E'], JitterStrategy: 'HALF' }], ...end }) },
    ['FULL or NONE'],
  ],
  [
    'no function to invoke',
    { A: { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', Arguments: {}, ...end } },
    ["'FunctionName' is required"],
  ],
  [
    'an asynchronous invocation',
    { A: invoke('f', { Arguments: { FunctionName: 'f', InvocationType: 'Event' }, ...end }) },
    ['Only RequestResponse'],
  ],
  [
    'an activity',
    { A: { Type: 'Task', Resource: 'arn:aws:states:us-west-2:123456789012:activity:a', ...end } },
    ['not supported'],
  ],
  ['.sync', { A: { Type: 'Task', Resource: 'arn:aws:states:::states:startExecution.sync:2', ...end } }, ['.sync']],
  ['credentials', { A: direct('f', { Credentials: {}, ...end }) }, ['cross-account credentials']],
  [
    'a distributed Map',
    {
      A: map({
        ItemProcessor: { ...graph({ I: pass }), ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } },
      }),
    },
    ['Only an inline Map'],
  ],
  ['an ItemReader', { A: map({ ItemReader: {} }) }, ["'ItemReader' (a distributed Map)"]],
  ['Items that are no list', { A: map({ Items: { a: 1 } }) }, ['an array or a JSONata expression']],
  ['the same name in two graphs', { A: map({ ItemProcessor: graph({ A: pass }) }) }, ['DUPLICATE_STATE_NAME']],
  [
    'an outer variable assigned inside',
    {
      A: { Type: 'Pass', Assign: { x: 1 }, Next: 'B' },
      B: map({ ItemProcessor: graph({ I: { ...pass, Assign: { x: 2 } } }) }),
    },
    ['belongs to an outer scope'],
  ],
  [
    'a branch without states',
    { A: { Type: 'Parallel', Branches: [{ StartAt: 'X' }], ...end } },
    ['These fields are required: [States]'],
  ],
];

test.each(bad)('refuses %s', (_, states, expected) => {
  const found = findings(machine(states as Record<string, object>));
  for (const part of expected) expect(found.join('\n')).toContain(part);
});

test('accepts what it should', () => {
  const states = {
    A: invoke('f', {
      Retry: [{ ErrorEquals: ['States.ALL'], JitterStrategy: 'FULL' }],
      TimeoutSeconds: '{% 5 %}',
      Next: 'B',
    }),
    B: { Type: 'Choice', Choices: [{ Condition: '{% $x = 1 %}', Next: 'C' }], Default: 'D' },
    C: map({ Items: '{% $states.input %}', MaxConcurrency: 2 }),
    D: { Type: 'Parallel', Branches: [graph({ D1: { Type: 'Wait', Seconds: 1, ...end } })], Next: 'E' },
    E: { Type: 'Succeed', Output: 0 },
  };
  expect(findings(machine(states, { TimeoutSeconds: 60, Comment: 'ok' }))).toEqual([]);
});

test('another service needs the hook', () => {
  const definition = machine({ A: { Type: 'Task', Resource: 'arn:aws:states:::dynamodb:putItem', ...end } });
  expect(findings(definition, true)).toEqual([]);
  expect(findings(definition, false)).toHaveLength(1);
});

test('text that is no JSON, and JSON that is no machine', () => {
  const codes = (text: string) => validate(text, { integrates: false }).diagnostics.map(({ code }) => code);
  expect(codes('{')).toEqual(['INVALID_JSON_DESCRIPTION']);
  expect(codes('[]')).toEqual(['SCHEMA_VALIDATION_FAILED']);
  expect(codes('null')).toEqual(['SCHEMA_VALIDATION_FAILED']);
});
