import fc from 'fast-check';
import { expect, test } from 'vitest';
import { slowness, stays } from '#test/support/wait-for.ts';
import { type Result, runMachine, testEngine } from './engine.ts';
import { direct, end, failingLater, graph, machine } from './vectors/vector.ts';

/**
 * What holds for every execution, whatever the machine: machines of tasks that answer, fail or hang, of Waits, Parallels and
 * Maps in each other, with and without Retry and Catch.
 */
type Shape =
  | { readonly kind: 'pass' | 'wait' | 'ok' | 'bad' | 'hang' | 'query' }
  | {
      readonly kind: 'parallel';
      readonly branches: readonly Shape[][];
      readonly retry: boolean;
      readonly caught: boolean;
    }
  | { readonly kind: 'map'; readonly items: number; readonly body: readonly Shape[]; readonly caught: boolean };

const leaf: fc.Arbitrary<Shape> = fc
  .constantFrom('pass', 'wait', 'ok', 'ok', 'bad', 'hang', 'query')
  .map((kind) => ({ kind }) as Shape);

const { line } = fc.letrec<{ shape: Shape; line: Shape[] }>((tie) => ({
  shape: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.record({
      kind: fc.constant('parallel' as const),
      branches: fc.array(tie('line'), { minLength: 1, maxLength: 3 }),
      retry: fc.boolean(),
      caught: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant('map' as const),
      items: fc.integer({ min: 0, max: 3 }),
      body: tie('line'),
      caught: fc.boolean(),
    }),
  ),
  line: fc.array(tie('shape'), { minLength: 1, maxLength: 3 }),
}));

const statesOf = (shapes: readonly Shape[], prefix: string): Record<string, object> => {
  const states: Record<string, object> = {};
  for (const [index, shape] of shapes.entries()) {
    const name = `${prefix}${index}`;
    const next = index + 1 < shapes.length ? { Next: `${prefix}${index + 1}` } : end;
    const handling = (caught: boolean) =>
      caught ? { Catch: [{ ErrorEquals: ['States.ALL'], Next: `${name}c`, Output: null }] } : {};
    if (shape.kind === 'pass') states[name] = { Type: 'Pass', Assign: { [name]: 1 }, ...next };
    else if (shape.kind === 'query') states[name] = { Type: 'Pass', Output: '{% $none %}', ...next };
    else if (shape.kind === 'wait') states[name] = { Type: 'Wait', Seconds: 1, ...next };
    else if (shape.kind === 'parallel') {
      const Branches = shape.branches.map((branch, i) => graph(statesOf(branch, `${name}b${i}s`)));
      const retry = shape.retry ? { Retry: [{ ErrorEquals: ['Bad'], MaxAttempts: 1 }] } : {};
      states[name] = { Type: 'Parallel', Branches, ...retry, ...handling(shape.caught), ...next };
    } else if (shape.kind === 'map') {
      const Items = Array.from({ length: shape.items }, (_, i) => i);
      const ItemProcessor = graph(statesOf(shape.body, `${name}i`));
      states[name] = { Type: 'Map', Items, ItemProcessor, MaxConcurrency: 2, ...handling(shape.caught), ...next };
    } else states[name] = direct(shape.kind, next);
    if ('caught' in shape && shape.caught) states[`${name}c`] = { Type: 'Pass', ...next };
  }
  return states;
};

const checkHistory = ({ events, types, status }: Result): void => {
  expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
  for (const { id = 0, previousEventId = 0 } of events) expect(previousEventId).toBeLessThan(id);
  const endings = types.filter((type) => /^Execution(Succeeded|Failed|Aborted|TimedOut)$/.test(type));
  expect(endings).toEqual([types.at(-1)]);
  expect(['SUCCEEDED', 'FAILED', 'ABORTED']).toContain(status);
  const count = (pattern: RegExp): number => types.filter((type) => pattern.test(type)).length;
  for (const kind of ['Task', 'Wait', 'Map', 'Parallel']) {
    const left = count(new RegExp(`^${kind}State(Exited|Aborted)$`));
    expect(left).toBeLessThanOrEqual(count(new RegExp(`^${kind}StateEntered$`)));
  }
  const ended = count(/^MapIteration(Succeeded|Failed|Aborted)$/);
  if (status !== 'ABORTED') expect(ended).toBe(count(/^MapIterationStarted$/));
};

test('histories are whole, and nothing runs on after the end', { timeout: 120_000 * slowness }, async () => {
  await fc.assert(
    fc.asyncProperty(line, async (shapes) => {
      const running = new Set<AbortSignal>();
      let calls = 0;
      const bad = failingLater('Bad');
      const engine = testEngine({
        invoke: async (fn, payload, { signal }) => {
          calls += 1;
          const kind = fn.split(':').at(-1);
          if (kind === 'ok') return { payload: 1 };
          if (kind === 'bad') return bad(payload, 1, signal);
          // A function that hangs until it is told to stop; left alone it ends the way of Lambda, by a time-out.
          running.add(signal);
          return new Promise((resolve, reject) => {
            const late = setTimeout(
              () => resolve({ payload: { errorType: 'Sandbox.Timedout' }, functionError: 'x' }),
              60,
            );
            signal.addEventListener('abort', () => {
              clearTimeout(late);
              running.delete(signal);
              reject(signal.reason);
            });
          }).finally(() => running.delete(signal)) as Promise<{ payload: unknown }>;
        },
      });
      const result = await runMachine(engine, machine(statesOf(shapes, 's')));
      checkHistory(result);
      expect(running.size).toBe(0);
      const before = calls;
      const { length } = result.events;
      await stays('nothing follows', () => calls === before && result.events.length === length, 10);
    }),
    { numRuns: 60 },
  );
});
