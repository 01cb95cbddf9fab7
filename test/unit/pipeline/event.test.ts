import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { event } from '#pipeline/event.ts';
import { fakeClock } from '#test/support/fakes/clock.ts';
import { examplePlan } from '#test/support/fakes/plan.ts';
import { capturedOutput } from './captured-output.ts';
import { lambdaContext } from './lambda-context.ts';

let output: readonly string[];

afterEach(() => vi.restoreAllMocks());

beforeEach(() => {
  output = capturedOutput();
});

const own = () => ({ plan: examplePlan(), clock: fakeClock(), environment: { SITE: 'witness' } });

it('gives the parsed event, the environment and the clock', async () => {
  const handler = event({ name: 'Look', parse: z.object({ a: z.number() }), environment: ['SITE'] }).handler(
    async ({ event: { a }, environment: { SITE }, clock }) => `${a} ${SITE} ${clock.now()}`,
  );
  await expect(handler.with(own())({ a: 1, more: true }, lambdaContext())).resolves.toBe(
    '1 witness 2026-11-23T23:35:00.000Z',
  );
});

it('refuses an event of another shape', async () => {
  const handler = event({ name: 'Look', parse: z.object({ a: z.number() }) }).handler(async () => 'never');
  await expect(handler.with(own())({ a: 'one' }, lambdaContext())).rejects.toMatchObject({
    name: 'InvalidRequestError',
    message: expect.stringContaining('event.a:'),
  });
});

it('logs its failure and throws it on', async () => {
  const handler = event({ name: 'Look', parse: z.unknown() }).handler(async () => {
    throw new TypeError('broken');
  });
  await expect(handler.with(own())({}, lambdaContext())).rejects.toThrow(TypeError);
  expect(output.join('')).toMatch(/"level":"ERROR".*"function":"Look".*TypeError/);
});
