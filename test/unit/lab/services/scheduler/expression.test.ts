import { describe, expect, test } from 'vitest';
import { nextTime, parseExpression, repeat } from '#lab/services/scheduler/expression.ts';
import { labTime } from '#lab/time.ts';
import { waitFor } from '#test/support/wait-for.ts';

const next = (text: string, after: string): string | undefined => {
  const at = nextTime(parseExpression(text), Date.parse(after), 0);
  return at === undefined ? undefined : new Date(at).toISOString().replace('.000Z', 'Z');
};

describe('next time', () => {
  test.each([
    ['rate(5 minutes)', '1970-01-01T00:07:00Z', '1970-01-01T00:10:00Z'],
    ['rate(1 day)', '1970-01-02T00:00:00Z', '1970-01-03T00:00:00Z'],
    ['cron(0 2 * * ? *)', '2026-03-01T02:00:00Z', '2026-03-02T02:00:00Z'],
    ['cron(0/15 8-17 ? * MON-FRI *)', '2026-11-20T17:50:00Z', '2026-11-23T08:00:00Z'],
    ['cron(30 9 1,15 JAN,JUL ? *)', '2026-01-15T09:30:00Z', '2026-07-01T09:30:00Z'],
    ['cron(0 0 L * ? *)', '2028-02-01T00:00:00Z', '2028-02-29T00:00:00Z'],
    ['cron(0 0 1 1 ? 2020)', '2026-01-01T00:00:00Z', undefined],
    ['at(2026-05-06T07:08:09)', '2026-01-01T00:00:00Z', '2026-05-06T07:08:09Z'],
  ])('%s after %s', (text, after, expected) => expect(next(text, after)).toBe(expected));
});

test.each([
  'rate(0 minutes)',
  'rate(5)',
  'rate(5 seconds)',
  'cron(0 2 * * *)',
  'cron(0 2 * * * *)',
  'cron(61 2 * * ? *)',
  'at(tomorrow)',
  'every minute',
])('%s is refused', (text) => {
  expect(() => parseExpression(text)).toThrow(expect.objectContaining({ shape: 'ValidationException' }));
});

test('a scaled minute lasts 250 ms and the beat does not drift', async () => {
  const times: number[] = [];
  const started = Date.now();
  const repetition = repeat({
    expression: parseExpression('rate(1 minute)'),
    time: labTime(240),
    now: Date.now,
    isFirstAtOnce: true,
    run: () => times.push(Date.now() - started),
  });
  await waitFor('five beats', () => times.length >= 5);
  repetition.stop();
  for (const [i, time] of times.slice(0, 5).entries()) expect(time).toBeGreaterThanOrEqual(i * 250 - 3);
  expect(times[0]).toBeLessThan(200);
});
