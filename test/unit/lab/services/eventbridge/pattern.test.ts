import { describe, expect, test } from 'vitest';
import { matchesPattern, patternProblem } from '#lab/services/eventbridge/pattern.ts';

const event = {
  source: 'aws.cloudwatch',
  'detail-type': 'CloudWatch Alarm State Change',
  resources: ['arn:aws:cloudwatch:us-west-2:1:alarm:a', 'arn:x'],
  detail: {
    alarmName: 'orders-eu-down',
    state: { value: 'ALARM', count: 7 },
    ip: '10.0.3.4',
    nothing: null,
    list: [{ id: 1 }, { id: 2 }],
  },
};

describe('matches', () => {
  test.each([
    ['exact, nested', { source: ['aws.cloudwatch'], detail: { state: { value: ['ALARM', 'OK'] } } }],
    ['one of an array', { resources: ['arn:x'] }],
    ['prefix', { detail: { alarmName: [{ prefix: 'orders-' }] } }],
    ['prefix, any case', { detail: { alarmName: [{ prefix: { 'equals-ignore-case': 'ORDERS' } }] } }],
    ['suffix', { detail: { alarmName: [{ suffix: '-down' }] } }],
    ['wildcard', { detail: { alarmName: [{ wildcard: 'orders-*-down' }] } }],
    ['anything-but', { detail: { state: { value: [{ 'anything-but': ['OK', 'INSUFFICIENT_DATA'] }] } } }],
    ['anything-but prefix', { detail: { alarmName: [{ 'anything-but': { prefix: 'payments' } }] } }],
    ['anything-but wildcard', { detail: { alarmName: [{ 'anything-but': { wildcard: '*-up' } }] } }],
    ['numeric', { detail: { state: { count: [{ numeric: ['>', 5, '<=', 7] }] } } }],
    ['exists', { detail: { alarmName: [{ exists: true }], other: [{ exists: false }] } }],
    ['null', { detail: { nothing: [null] } }],
    ['equals-ignore-case', { detail: { state: { value: [{ 'equals-ignore-case': 'alarm' }] } } }],
    ['cidr', { detail: { ip: [{ cidr: '10.0.0.0/16' }] } }],
    ['$or', { $or: [{ source: ['x'] }, { detail: { alarmName: [{ prefix: 'orders' }] } }] }],
    ['objects in an array', { detail: { list: { id: [2] } } }],
    ['operator on an array', { resources: [{ prefix: 'arn:aws:cloudwatch' }] }],
  ])('%s', (_name, pattern) => expect(matchesPattern(pattern, event)).toBe(true));
});

describe('does not match', () => {
  test.each([
    ['another value', { source: ['aws.ec2'] }],
    ['one of two fields', { source: ['aws.cloudwatch'], detail: { alarmName: ['x'] } }],
    ['an absent field', { detail: { other: [{ prefix: '' }] } }],
    ['anything-but of an absent field', { detail: { other: [{ 'anything-but': 'x' }] } }],
    ['text as number', { detail: { state: { value: [{ numeric: ['=', 7] }] } } }],
    ['a number as text', { detail: { state: { count: ['7'] } } }],
    ['a wildcard that is a literal star', { detail: { alarmName: [{ wildcard: 'orders-\\*-down' }] } }],
    ['a dot that is no wildcard', { detail: { alarmName: [{ wildcard: 'orders.eu*' }] } }],
    ['exists on a present field', { source: [{ exists: false }] }],
  ])('%s', (_name, pattern) => expect(matchesPattern(pattern, event)).toBe(false));
});

test('a wrong pattern is refused with its reason', () => {
  expect(patternProblem({ source: 'aws.cloudwatch' })).toContain('"source" must be an object or an array');
  expect(patternProblem({ source: [] })).toContain('Empty arrays');
  expect(patternProblem({ detail: { a: [{ startsWith: 'x' }] } })).toContain('startsWith is not an operator');
  expect(patternProblem({ detail: { a: [{ numeric: 5 }] } })).toContain('numeric takes pairs');
  expect(patternProblem({ detail: { a: [{ numeric: ['>', '5'] }] } })).toContain('numeric takes pairs');
  expect(patternProblem({ source: ['a'], detail: { b: [{ exists: true }] } })).toBeUndefined();
});
