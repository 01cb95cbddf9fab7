import { describe, expect, test } from 'vitest';
import { type AlarmRule, breaches, evaluate, evaluationRange, latePeriods } from '#lab/services/cloudwatch/evaluate.ts';

type Row = [row: string, missing: string, ignore: string, breaching: string, notBreaching: string];

/** The tables of docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html: 0 is fine, X breaches, - is missing; oldest first. */
const threeOfThree: Row[] = [
  ['0 - X - X', 'OK', 'OK', 'OK', 'OK'],
  ['- - - - 0', 'OK', 'OK', 'OK', 'OK'],
  ['- - - - -', 'INSUFFICIENT_DATA', 'retain', 'ALARM', 'OK'],
  ['0 X X - X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
  ['- - X - -', 'ALARM', 'retain', 'ALARM', 'OK'],
];
const twoOfThree: Row[] = [
  ['0 - X - X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
  ['0 0 X 0 X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
  ['0 - X - -', 'OK', 'OK', 'ALARM', 'OK'],
  ['- - - - 0', 'OK', 'OK', 'ALARM', 'OK'],
  ['- - - X -', 'ALARM', 'retain', 'ALARM', 'OK'],
];

const pointsOf = (row: string) =>
  row
    .split(' ')
    .flatMap((cell, i, cells) => (cell === '-' ? [] : { age: cells.length - i, value: cell === 'X' ? 10 : 0 }));

const rule = (m: number, treatMissingData: AlarmRule['treatMissingData']): AlarmRule => ({
  comparison: 'GreaterThanThreshold',
  threshold: 5,
  evaluationPeriods: 3,
  datapointsToAlarm: m,
  treatMissingData,
});

describe.each<[number, Row[]]>([
  [3, threeOfThree],
  [2, twoOfThree],
])('%i out of 3', (m, table) => {
  test.each(table)('%s', (row, missing, ignore, breaching, notBreaching) => {
    const state = (treat: AlarmRule['treatMissingData']) => evaluate(rule(m, treat), pointsOf(row)).state ?? 'retain';
    expect([state('missing'), state('ignore'), state('breaching'), state('notBreaching')]).toEqual([
      missing,
      ignore,
      breaching,
      notBreaching,
    ]);
  });
});

test('AWS looks at five periods for an alarm over three', () => {
  expect(evaluationRange(3)).toBe(5);
  expect([60_000, 10_000, 1_000, 500].map(latePeriods)).toEqual([0, 0, 4, 8]);
});

test('each comparison at its threshold', () => {
  expect(
    (
      [
        'GreaterThanThreshold',
        'GreaterThanOrEqualToThreshold',
        'LessThanThreshold',
        'LessThanOrEqualToThreshold',
      ] as const
    ).map((operator) => [4, 5, 6].map((value) => breaches(value, operator, 5))),
  ).toEqual([
    [false, false, true],
    [false, true, true],
    [true, false, false],
    [true, true, false],
  ]);
});
