import { expect, test } from 'vitest';
import { type CallRecord, createCallLog } from '#lab/door/call-log.ts';

const call = (at: number, more: Partial<CallRecord> = {}): CallRecord => ({
  id: String(at),
  at,
  service: 'rds',
  operation: 'O',
  region: 'r',
  role: undefined,
  ms: 1,
  status: 200,
  outcome: 'ok',
  ...more,
});

test('keeps the newest calls, filters and tells', () => {
  const log = createCallLog(3);
  const heard: string[] = [];
  const end = log.onCall(({ id }) => heard.push(id));
  for (let at = 1; at <= 10; at += 1) log.add(call(at, at === 9 ? { role: 'writer' } : {}));
  expect(log.list().map(({ at }) => at)).toEqual([8, 9, 10]);
  expect(log.list({ role: 'writer' }).map(({ at }) => at)).toEqual([9]);
  expect(log.list({ since: 10, service: 'rds' }).map(({ at }) => at)).toEqual([10]);
  end();
  log.add(call(11));
  expect(heard).toHaveLength(10);
  log.clear();
  expect(log.list()).toEqual([]);
});
