import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { LedgerUnavailableError, UnreachableError } from '#domain/errors.ts';
import { inputDigest, verifyChain } from '#domain/ledger-chain.ts';
import { stepRecord } from '#domain/outcome.ts';
import { unpaired } from '#domain/unpaired.ts';
import { pipeline } from '#pipeline/pipeline.ts';
import { EXECUTION, type World, world } from '#test/support/fakes/world.ts';
import { capturedOutput } from './captured-output.ts';
import { lambdaContext } from './lambda-context.ts';

let here: World;
let epoch: number;
let output: readonly string[];

const parts = () => ({
  ports: {},
  plan: here.plan,
  ledger: here.ports.ledger,
  claims: here.ports.claims,
  clock: here.clock,
  environment: {},
});
const envelope = (more: object = {}) => ({
  run: { ...here.run, state: 'PromoteReplica' },
  request: here.request,
  epoch,
  ...more,
});
const record = () => here.ports.ledger.entries.map(({ kind, state }) => `${state} ${kind}`);

afterEach(() => vi.restoreAllMocks());

beforeEach(async () => {
  output = capturedOutput();
  here = world();
  ({ epoch } = await here.ports.claims.take(here.plan.plan, EXECUTION, here.clock.now(), 0));
});

describe('a step that succeeds', () => {
  it('gives its result, and is on record before and after', async () => {
    const handler = pipeline({ input: z.strictObject({ n: z.number() }) }).handler(async ({ input, run, request }) => ({
      twice: input.n * 2,
      state: run.state,
      incident: request.incident,
    }));

    const result = await handler.with(parts())(envelope({ input: { n: 4 } }), lambdaContext());

    expect(result).toMatchObject({ twice: 8, state: 'PromoteReplica' });
    expect(record()).toEqual(['PromoteReplica entered', 'PromoteReplica left']);
    const [entered, left] = here.ports.ledger.entries;
    expect(entered).toMatchObject({
      execution: EXECUTION,
      plan: here.plan.plan,
      incident: here.request.incident.id,
      attempt: 0,
      actor: here.request.actor,
      inputDigest: inputDigest({ n: 4 }),
    });
    expect(left?.result).toEqual(result);
    expect(verifyChain(here.ports.ledger.entries)).toMatchObject({ intact: true, entries: 2 });
  });

  it('keeps a result of more than 32 KB as its beginning', async () => {
    const handler = pipeline({}).handler(async () => ({ text: 'x'.repeat(40_000) }));
    const result = await handler.with(parts())(envelope(), lambdaContext());
    expect(result.text).toHaveLength(40_000);
    expect(here.ports.ledger.entries[1]?.result).toMatchObject({ tooLong: true, bytes: 40_011 });
  });

  it('takes the incident of an accepted request from its result', async () => {
    const handler = pipeline({ stage: 'start', input: z.unknown() }).handler(async () => here.request);
    await handler.with(parts())({ run: here.run, input: {} }, lambdaContext());
    expect(here.ports.ledger.entries.map(({ incident }) => incident)).toEqual([null, here.request.incident.id]);
  });

  it('stays done when the record is away afterwards', async () => {
    const handler = pipeline({}).handler(async () => {
      here.ports.ledger.down = true;
      return 'done';
    });
    await expect(handler.with(parts())(envelope(), lambdaContext())).resolves.toBe('done');
    expect(record()).toEqual(['PromoteReplica entered']);
    expect(output.join('')).toContain('the step stands as it is');
    expect(output.join('')).toContain('"LedgerEntryLost":1');
  });
});

describe('a step whose beginning is not known to be on record', () => {
  /** No answer to the entry of the beginning; every other one is taken. */
  const deaf = () => {
    const { ledger } = here.ports;
    const append: typeof ledger.append = (entry) =>
      entry.kind === 'entered'
        ? Promise.reject(new LedgerUnavailableError('no answer'))
        : ledger.append({ ...entry, at: '2026-11-29T12:00:09.000Z' });
    return { ...parts(), ledger: { ...ledger, append } };
  };

  it('says in its end when it began: one that changes was not begun', async () => {
    const beganAt = here.clock.now();
    const failing = pipeline({ mutates: true })
      .handler(async () => 'done')
      .with(deaf())(envelope(), lambdaContext());
    await expect(failing).rejects.toMatchObject({ name: 'LedgerUnavailableError' });
    expect(here.ports.ledger.entries).toMatchObject([{ kind: 'failed', enteredAt: beganAt }]);
    expect(unpaired(here.ports.ledger.entries)).toEqual([]);
  });

  it('says in its end when it began: one that only looks is done', async () => {
    const beganAt = here.clock.now();
    const done = pipeline({})
      .handler(async () => 'seen')
      .with(deaf())(envelope(), lambdaContext());
    await expect(done).resolves.toBe('seen');
    expect(here.ports.ledger.entries).toMatchObject([{ kind: 'left', enteredAt: beganAt, result: 'seen' }]);
    expect(unpaired(here.ports.ledger.entries)).toEqual([]);
    const step = stepRecord(
      { state: 'PromoteReplica', label: 'promote', changes: false } as const,
      here.ports.ledger.entries,
    );
    expect(step).toMatchObject({ startedAt: beganAt, entries: 1 });
    expect(step.ms).toBe(Date.parse('2026-11-29T12:00:09.000Z') - Date.parse(beganAt));
  });

  it('says nothing of it where it is on record', async () => {
    await pipeline({})
      .handler(async () => 'seen')
      .with(parts())(envelope(), lambdaContext());
    expect(here.ports.ledger.entries.map((entry) => 'enteredAt' in entry)).toEqual([false, false]);
  });
});

describe('a step that attests', () => {
  const attest = (result: object) =>
    pipeline({ attests: true })
      .handler(async () => {
        here.ports.ledger.down = true;
        return result;
      })
      .with(parts());

  it('has failed, and can be tried again, when the record is away afterwards', async () => {
    const failing = attest({ done: true })(envelope(), lambdaContext());
    await expect(failing).rejects.toMatchObject({ name: 'LedgerUnavailableError', retryable: true });
    expect(record()).toEqual(['PromoteReplica entered']);
  });

  it('has failed when there is no time left to write it', async () => {
    const { ledger } = here.ports;
    const append: typeof ledger.append = (entry) =>
      entry.kind === 'entered' ? ledger.append(entry) : new Promise(() => {});
    const failing = pipeline({ attests: true })
      .handler(async () => 'seen')
      .with({ ...parts(), ledger: { ...ledger, append } })(envelope(), lambdaContext(650));
    await expect(failing).rejects.toMatchObject({ name: 'LedgerUnavailableError' });
  });

  it('goes on when all it says is that it has seen nothing yet', async () => {
    const looked = attest({ done: false })(envelope(), lambdaContext());
    await expect(looked).resolves.toEqual({ done: false });
  });
});

describe('a step that fails', () => {
  it('throws its own error, which Step Functions knows by name, and is on record', async () => {
    const handler = pipeline({}).handler(async () => {
      throw new UnreachableError('connect ECONNREFUSED');
    });
    const failing = handler.with(parts())(envelope(), lambdaContext());
    await expect(failing).rejects.toMatchObject({ name: 'UnreachableError' });
    expect(here.ports.ledger.entries[1]).toMatchObject({
      kind: 'failed',
      error: { name: 'UnreachableError', message: 'connect ECONNREFUSED' },
    });
  });

  it("keeps its name on record and for Step Functions when its cause is a time-out's reason", async () => {
    const late = AbortSignal.timeout(1);
    const handler = pipeline({}).handler(async () => {
      await once(late, 'abort');
      throw new UnreachableError('GET /deployments: no answer in 1 ms', { cause: late.reason });
    });
    const failing = handler.with(parts())(envelope(), lambdaContext());
    await expect(failing).rejects.toMatchObject({ name: 'UnreachableError', retryable: true });
    expect(here.ports.ledger.entries[1]).toMatchObject({ kind: 'failed', error: { name: 'UnreachableError' } });
    expect(output.join('')).toContain('"StepFailed":1');
  });

  it('stops itself before the time-out, aborts its signal, and says so on record', async () => {
    let aborted = false;
    const handler = pipeline({}).handler(async ({ signal }) => {
      signal.addEventListener('abort', () => {
        aborted = true;
      });
      await setTimeout(60_000, undefined, { ref: false });
    });
    const failing = handler.with(parts())(envelope(), lambdaContext(550));
    await expect(failing).rejects.toMatchObject({ name: 'OutOfTimeError', retryable: true });
    expect(aborted).toBe(true);
    expect(record()).toEqual(['PromoteReplica entered', 'PromoteReplica failed']);
  });

  it.each([
    ['an unknown key', { force: true }, 'event: Unrecognized key: "force"'],
    ['an input that no one asked for', { input: { a: 1 } }, 'input:'],
    ['an epoch that is none', { epoch: 'one' }, 'event.epoch:'],
    ['a request with a missing part', { request: { plan: 'svg-ai' } }, 'event.request.mode:'],
  ])('refuses %s, on record', async (_, more, says) => {
    const handler = pipeline({}).handler(async () => 'never');
    const failing = handler.with(parts())(envelope(more), lambdaContext());
    await expect(failing).rejects.toMatchObject({
      name: 'InvalidRequestError',
      message: expect.stringContaining(says),
    });
    expect(record()).toEqual(['PromoteReplica entered', 'PromoteReplica failed']);
  });

  it('refuses an event that names no run', async () => {
    const handler = pipeline({}).handler(async () => 'never');
    await expect(handler.with(parts())({}, lambdaContext())).rejects.toMatchObject({ name: 'InvalidRequestError' });
    expect(record()).toEqual([]);
  });
});

describe('the record of a step', () => {
  /** A ledger that takes each entry only when it is told to. */
  const slow = () => {
    const { ledger } = here.ports;
    const doors: (() => void)[] = [];
    const append: typeof ledger.append = async (entry) => {
      await new Promise<void>((open) => doors.push(open));
      return ledger.append(entry);
    };
    return { ledger: { ...ledger, append }, doors };
  };

  it('is written beside a step that only reads, and keeps its order', async () => {
    const { ledger, doors } = slow();
    const step = vi.fn(async () => 'read');
    const running = pipeline({})
      .handler(step)
      .with({ ...parts(), ledger })(envelope(), lambdaContext());
    await vi.waitFor(() => expect(step).toHaveBeenCalled());
    expect(record()).toEqual([]);
    doors[0]?.();
    await vi.waitFor(() => expect(doors).toHaveLength(2));
    doors[1]?.();
    await expect(running).resolves.toBe('read');
    expect(record()).toEqual(['PromoteReplica entered', 'PromoteReplica left']);
  });

  it('is waited for by a step that changes something', async () => {
    const { ledger, doors } = slow();
    const step = vi.fn(async () => record());
    const running = pipeline({ mutates: true })
      .handler(step)
      .with({ ...parts(), ledger })(envelope(), lambdaContext());
    await vi.waitFor(() => expect(doors).toHaveLength(1));
    expect(step).not.toHaveBeenCalled();
    doors[0]?.();
    await vi.waitFor(() => expect(doors).toHaveLength(2));
    doors[1]?.();
    await expect(running).resolves.toEqual(['PromoteReplica entered']);
  });

  it('does not hold the function beyond its time', async () => {
    const { ledger } = slow();
    const running = pipeline({})
      .handler(async () => 'read')
      .with({ ...parts(), ledger })(envelope(), lambdaContext(650));
    await expect(running).resolves.toBe('read');
    expect(output.join('')).toContain('the time of the function is over');
  });
});

describe('a step that changes something', () => {
  const changing = () => {
    const change = vi.fn(async () => 'changed');
    return { change, handler: pipeline({ mutates: true }).handler(change) };
  };

  it('does not begin when it cannot be put on record', async () => {
    const { change, handler } = changing();
    here.ports.ledger.down = true;
    await expect(handler.with(parts())(envelope(), lambdaContext())).rejects.toBeInstanceOf(LedgerUnavailableError);
    expect(change).not.toHaveBeenCalled();
  });

  it('does not begin when another run holds the claim', async () => {
    const { change, handler } = changing();
    await here.ports.claims.release(here.plan.plan, EXECUTION, epoch, here.clock.now());
    await here.ports.claims.take(here.plan.plan, 'arn:another', here.clock.now(), 0);
    await expect(handler.with(parts())(envelope(), lambdaContext())).rejects.toMatchObject({ name: 'StaleEpochError' });
    expect(change).not.toHaveBeenCalled();
    expect(record()).toEqual(['PromoteReplica entered', 'PromoteReplica failed']);
  });

  it('that only reads goes on without the record', async () => {
    const handler = pipeline({}).handler(async () => 'read');
    here.ports.ledger.down = true;
    await expect(handler.with(parts())(envelope(), lambdaContext())).resolves.toBe('read');
  });
});

it('accepts null for what an ending state does not have', async () => {
  const handler = pipeline({ stage: 'end' }).handler(async (at) => ({ has: [at.request, at.epoch] }));
  const result = await handler.with(parts())({ run: here.run, request: null, epoch: null }, lambdaContext());
  expect(result.has).toEqual([undefined, undefined]);
});

it('names every missing variable of the environment at once', async () => {
  const handler = pipeline({ environment: ['SITE', 'NOTICE_TOPIC_ARN'] }).handler(async () => 'never');
  const failing = handler.with({ ...parts(), environment: { SITE: 'moon' } })(envelope(), lambdaContext());
  await expect(failing).rejects.toThrow(/SITE: .*; NOTICE_TOPIC_ARN: /);
});

it('makes a port when it is first used, once', async () => {
  const create = vi.fn(() => ({ answer: 42 }));
  const lazy = { variables: [], create };
  const handler = pipeline({ ports: { lazy } }).handler(async ({ ports, run }) =>
    run.attempt === 0 ? null : ports.lazy.answer,
  );
  const { ports: _, ...own } = parts();
  const bundled = handler.with(own);
  await bundled(envelope(), lambdaContext());
  expect(create).not.toHaveBeenCalled();
  const again = envelope({ run: { ...here.run, attempt: 1 } });
  expect([await bundled(again, lambdaContext()), await bundled(again, lambdaContext())]).toEqual([42, 42]);
  expect(create).toHaveBeenCalledTimes(1);
});

it('gives a missing plan no other: its step has the plan that it was packaged with', async () => {
  const { plan: _, ...own } = parts();
  const handler = pipeline({}).handler(async ({ plan }) => plan.plan);
  await expect(handler.with(own)(envelope(), lambdaContext())).resolves.toBe(here.plan.plan);
});
