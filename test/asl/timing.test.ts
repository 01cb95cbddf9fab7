import { expect, test } from 'vitest';
import { labTime } from '#lab/time.ts';
import { stays, waitFor } from '#test/support/wait-for.ts';
import { type Result, ROLE, resultOf, runMachine, testEngine } from './engine.ts';
import { direct, echo, end, failingUntil, graph, invokeOf, machine } from './vectors/vector.ts';

/** Real milliseconds from the event of the first type to the next one of the second. */
const between = ({ events }: Result, from: string, to: string): number => {
  const start = events.findIndex(({ type }) => type === from);
  const stop = events.findIndex(({ type }, index) => index > start && type === to);
  return (events[stop]?.timestamp?.getTime() ?? Number.NaN) - (events[start]?.timestamp?.getTime() ?? Number.NaN);
};

const scale = (by: number) => testEngine({ time: labTime(by), invoke: invokeOf({ f: failingUntil(3, 'E'), echo }) });

test('Wait Seconds runs at the time scale: 120 declared seconds are 500 ms at 240', async () => {
  const result = await runMachine(scale(240), machine({ W: { Type: 'Wait', Seconds: 120, ...end } }));
  const took = between(result, 'WaitStateEntered', 'WaitStateExited');
  expect(took).toBeGreaterThanOrEqual(495);
  expect(took).toBeLessThan(5_000);
});

test('a moment 60 s from now comes after 60 declared seconds, one that has passed at once', async () => {
  const until = (text: string) => machine({ W: { Type: 'Wait', Timestamp: `{% ${text} %}`, ...end } });
  const ahead = await runMachine(scale(240), until('$fromMillis($millis() + 60000)'));
  const took = between(ahead, 'WaitStateEntered', 'WaitStateExited');
  expect(took).toBeGreaterThanOrEqual(240);
  expect(took).toBeLessThan(5_000);
  const past = await runMachine(scale(1), until('$fromMillis($millis() - 60000)'));
  expect(past.status).toBe('SUCCEEDED');
});

test('retry intervals back off and run at the time scale', async () => {
  const Retry = [{ ErrorEquals: ['E'], IntervalSeconds: 24, BackoffRate: 3 }];
  const result = await runMachine(scale(240), machine({ T: direct('f', { Retry, ...end }) }));
  const scheduled = result.events
    .filter(({ type }) => type === 'LambdaFunctionScheduled')
    .map(({ timestamp }) => timestamp);
  const [first = 0, second = 0, third = 0] = scheduled.map((it) => it?.getTime() ?? 0);
  expect(second - first).toBeGreaterThanOrEqual(98);
  expect(third - second).toBeGreaterThanOrEqual(295);
  expect(third - first).toBeLessThan(5_000);
});

test('a time-out is never scaled', async () => {
  const Wait = { Type: 'Wait', Seconds: 480, ...end };
  const result = await runMachine(scale(240), machine({ W: Wait }, { TimeoutSeconds: 1 }));
  expect(result.status).toBe('TIMED_OUT');
  const short = await runMachine(scale(240), machine({ W: { ...Wait, Seconds: 120 } }, { TimeoutSeconds: 2 }));
  expect(short.status).toBe('SUCCEEDED');
});

test('a loop without a task leaves room for timers and ends at event 25,000', { timeout: 60_000 }, async () => {
  const engine = scale(240);
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 1);
  const result = await runMachine(
    engine,
    machine({
      C: { Type: 'Choice', Choices: [{ Condition: '{% $states.input.stop %}', Next: 'Z' }], Default: 'C' },
      Z: { Type: 'Succeed' },
    }),
    { stop: false },
  );
  clearInterval(timer);
  expect(result).toMatchObject({
    status: 'FAILED',
    error: 'States.Runtime',
    cause: 'The execution reached the maximum number of history events (25000).',
  });
  expect(result.events).toHaveLength(25_000);
  expect(result.events.at(-1)).toMatchObject({ id: 25_000, type: 'ExecutionFailed' });
  expect(turns).toBeGreaterThan(10);
});

test('the handler of a task that timed out or was stopped is told, and nothing later of its branch runs', async () => {
  const aborted: string[] = [];
  const called: string[] = [];
  const engine = testEngine({
    invoke: (fn, _, { signal }) => {
      const name = fn.split(':').at(-1) ?? '';
      called.push(name);
      if (name === 'bad') return Promise.resolve({ payload: { errorType: 'E' }, functionError: 'Unhandled' });
      // It answers in spite of the signal, after the execution is over.
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          aborted.push(name);
          setTimeout(() => resolve({ payload: 'late' }), 20);
        });
      });
    },
  });
  const timedOut = await runMachine(engine, machine({ T: direct('slow', { TimeoutSeconds: 1, ...end }) }));
  expect(timedOut.error).toBe('States.Timeout');
  expect(aborted).toEqual(['slow']);

  const branches = [
    graph({ S: direct('sibling', { Next: 'L' }), L: direct('later', end) }),
    graph({ F: direct('bad', end) }),
  ];
  const result = await runMachine(engine, machine({ P: { Type: 'Parallel', Branches: branches, ...end } }));
  expect(result.status).toBe('FAILED');
  expect(aborted).toEqual(['slow', 'sibling']);
  const count = result.events.length;
  await stays('no event and no call follows', () => called.length === 3 && result.events.length === count, 100);
  expect(called).toEqual(['slow', 'sibling', 'bad']);
});

test('StopExecution ends it at once, aborts the task and leaves the history as it was', async () => {
  let told = false;
  const engine = testEngine({
    invoke: (_, __, { signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          told = true;
          resolve({ payload: 1 });
        });
      }),
  });
  const definition = machine({ T: direct('slow', { Next: 'Z' }), Z: { Type: 'Succeed' } });
  const { stateMachineArn } = await engine.createStateMachine({ name: 'stopped', definition, roleArn: ROLE });
  const { executionArn } = engine.startExecution({ stateMachineArn });
  await waitFor('the task to start', async () => {
    const { events } = await engine.api<{ events: { type: string }[] }>('GetExecutionHistory', { executionArn });
    return events.some(({ type }) => type === 'LambdaFunctionStarted');
  });
  await engine.api('StopExecution', { executionArn, error: 'Enough', cause: 'of it' });
  const result = await resultOf(engine, executionArn);
  expect(result).toMatchObject({ status: 'ABORTED', error: 'Enough', cause: 'of it' });
  expect(told).toBe(true);
  expect(result.types.at(-1)).toBe('ExecutionAborted');
  await stays('nothing follows', () => result.events.at(-1)?.type === 'ExecutionAborted', 60);
});
