import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Invoke } from '#lab/services/stepfunctions/service.ts';
import { type Result, runMachine, testEngine } from './engine.ts';

/**
 * Executions that AWS itself recorded. The cases are not part of this project: ASL_CONFORMANCE names a folder with
 * `cases.json`, e.g. `ASL_CONFORMANCE=../shared/reference/asl-conformance vitest run test/asl`.
 */
interface RecordedEvent {
  readonly type: string;
  readonly previousEventId: number;
  readonly executionSucceededEventDetails?: { readonly output: unknown };
  readonly executionFailedEventDetails?: { readonly error?: string; readonly cause?: string };
}

interface Case {
  readonly id: string;
  readonly definition: object;
  readonly input: unknown;
  readonly lambdas: Readonly<Record<string, string>>;
  readonly events: readonly RecordedEvent[];
}

/** Cases whose events come in another order than AWS's, with the reason. Status and output are held for them as well. */
const OTHER_ORDER: Readonly<Record<string, string>> = {};

const folder = process.env.ASL_CONFORMANCE;
const file = folder === undefined ? undefined : resolve(folder, 'cases.json');
if (file === undefined) process.stderr.write('ASL_CONFORMANCE is not set: the cases recorded from AWS are skipped\n');
else if (!existsSync(file)) throw new Error(`ASL_CONFORMANCE names no folder with cases.json: ${file}`);
const cases: readonly Case[] = file === undefined ? [] : JSON.parse(readFileSync(file, 'utf8'));

const invokeFor =
  (lambdas: Case['lambdas']): Invoke =>
  async (fn, payload) => {
    if (lambdas[fn] !== 'raise_exception.py') return { payload };
    const errorMessage = 'Some exception was raised.';
    return { payload: { errorMessage, errorType: 'Exception' }, functionError: 'Unhandled' };
  };

/** What the recorder put in place of values that differ from run to run. */
const isPlaceholder = (text: string): boolean =>
  /<[^>]+>/.test(text) ||
  /^(timestamp|date|x-amzn-RequestId|X-Amzn-Trace-Id|RequestId)$/.test(text) ||
  /_arn|uuid/.test(text);

/** A string that holds JSON stands for that JSON: the recorder unpacked some outputs and left others as text. */
const unpacked = (value: unknown): unknown => {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
};

const agrees = (expected: unknown, actual: unknown): boolean => {
  if (typeof expected === 'string') return expected === actual || isPlaceholder(expected);
  if (Array.isArray(expected)) {
    return Array.isArray(actual) && expected.length === actual.length && expected.every((e, i) => agrees(e, actual[i]));
  }
  if (expected !== null && typeof expected === 'object') {
    if (actual === null || typeof actual !== 'object') return false;
    const wanted = Object.entries(expected);
    return (
      wanted.length === Object.keys(actual).length &&
      wanted.every(([key, value]) => agrees(value, (actual as Record<string, unknown>)[key]))
    );
  }
  return expected === actual;
};

interface Ending {
  readonly status: string;
  readonly output?: unknown;
  readonly error?: string;
}

const recordedEnding = ({ events }: Case): Ending => {
  const { executionSucceededEventDetails: success, executionFailedEventDetails: failure } =
    events.at(-1) ?? ({} as Partial<RecordedEvent>);
  if (success) return { status: 'SUCCEEDED', output: unpacked(success.output) };
  return { status: 'FAILED', ...(failure?.error !== undefined && { error: failure.error }) };
};

const expectSameEnding = (expected: Ending, actual: Result): void => {
  expect(actual.status, actual.cause).toBe(expected.status);
  expect(actual.error).toBe(expected.error);
  if (!agrees(expected.output, actual.output)) expect(actual.output).toEqual(expected.output);
};

describe.skipIf(file === undefined)('executions recorded from AWS (ASL_CONFORMANCE)', () => {
  const order = { same: 0, other: 0, causes: 0, events: 0, links: 0 };

  afterAll(() => {
    const { same, other, causes, links, events } = order;
    process.stderr.write(
      `event types in AWS's order: ${same} of ${same + other}; same cause: ${causes}; ` +
        `same previousEventId: ${links} of ${events} events\n`,
    );
  });

  test('there are 58 of them', () => expect(cases).toHaveLength(58));

  test('ValidateStateMachineDefinition accepts every definition that AWS has accepted', {
    timeout: 180_000,
  }, async () => {
    const engine = testEngine();
    for (const { id, definition } of cases) {
      const input = { definition: JSON.stringify(definition) };
      const { result, diagnostics } = await engine.api('ValidateStateMachineDefinition', input);
      expect({ id, result, diagnostics }).toEqual({ id, result: 'OK', diagnostics: [] });
    }
  });

  test.each(cases.map((it) => [it.id.split('::').slice(-2).join(' '), it] as const))('%s', async (_, recorded) => {
    const engine = testEngine({ region: 'us-east-1', invoke: invokeFor(recorded.lambdas) });
    const actual = await runMachine(engine, recorded.definition, recorded.input);
    expectSameEnding(recordedEnding(recorded), actual);

    const types = recorded.events.map(({ type }) => type);
    const isSame = JSON.stringify(types) === JSON.stringify(actual.types);
    order[isSame ? 'same' : 'other'] += 1;
    if (recorded.events.at(-1)?.executionFailedEventDetails?.cause === actual.cause) order.causes += 1;
    for (const [index, { previousEventId }] of recorded.events.entries()) {
      order.events += 1;
      if (actual.events[index]?.previousEventId === previousEventId) order.links += 1;
    }
    if (Object.hasOwn(OTHER_ORDER, recorded.id)) expect(actual.types).not.toEqual(types);
    else expect(actual.types).toEqual(types);
  });
});
