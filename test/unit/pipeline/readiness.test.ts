import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { LedgerUnavailableError, StaleEpochError } from '#domain/errors.ts';
import { event } from '#pipeline/event.ts';
import { pipeline } from '#pipeline/pipeline.ts';
import type { PortFactory } from '#pipeline/port-factory.ts';
import { fakeClock } from '#test/support/fakes/clock.ts';
import { examplePlan } from '#test/support/fakes/plan.ts';
import { capturedOutput } from './captured-output.ts';
import { lambdaContext } from './lambda-context.ts';

const CHECK = { readiness: true };

interface Door {
  open(): Promise<string>;
}

const door = (answer: () => Promise<string>): PortFactory<Door> => ({
  variables: [],
  create: () => ({ open: answer }),
  touch: (port) => port.open(),
});

let output: readonly string[];

beforeEach(() => {
  output = capturedOutput();
});
afterEach(() => vi.restoreAllMocks());

const parts = (factory: PortFactory<Door>) => ({
  plan: examplePlan(),
  clock: fakeClock(),
  environment: {},
  ports: { door: factory.create({}, examplePlan()) },
});

describe('{"readiness": true}', () => {
  it('touches each port once and runs no step', async () => {
    const opened = vi.fn(async () => 'open');
    const factory = door(opened);
    const step = vi.fn(async () => 'done');
    const handler = event({ name: 'Look', parse: z.unknown(), ports: { door: factory } }).handler(step);
    await expect(handler.with(parts(factory))(CHECK, lambdaContext())).resolves.toMatchObject({
      ready: true,
      checks: [{ port: 'door', ok: true, detail: 'answers' }],
    });
    expect(opened).toHaveBeenCalledTimes(1);
    expect(step).not.toHaveBeenCalled();
  });

  it.each([
    ['that changes something', { mutates: true }],
    ['that changes something first', { mutates: true, begins: true }],
    ['that only watches', { watches: true }],
  ] as const)('of a state %s writes nothing to the record and takes no claim', async (_what, kind) => {
    const factory = door(async () => 'open');
    const append = vi.fn();
    const rehearse = vi.fn(async () => undefined);
    const check = vi.fn(async () => {
      throw new StaleEpochError('nobody holds it');
    });
    const act = vi.fn();
    const handler = pipeline({ ports: { door: factory }, ...kind }).handler(async () => 'done');
    const all = {
      ...parts(factory),
      ledger: { append, rehearse, prepare: vi.fn(), read: vi.fn() },
      claims: { check, act } as never,
    };
    await expect(handler.with(all)(CHECK, lambdaContext())).resolves.toMatchObject({ ready: true });
    expect(append).not.toHaveBeenCalled();
    // The way to the record and to the claim is gone all the same: what a step would enter and leave, and whether it may.
    expect(rehearse).toHaveBeenCalledTimes(2);
    expect(check).toHaveBeenCalledTimes(1);
    expect(act).not.toHaveBeenCalled();
  });

  it('of a state says what does not answer also when the record is away', async () => {
    const factory = door(async () => 'open');
    const away = async () => Promise.reject(new LedgerUnavailableError('the table does not answer'));
    const handler = pipeline({ ports: { door: factory }, mutates: true }).handler(async () => 'done');
    const ledger = { append: vi.fn(), rehearse: away, prepare: vi.fn(), read: vi.fn() };
    const all = { ...parts(factory), ledger, claims: { check: vi.fn() } as never };
    await expect(handler.with(all)(CHECK, lambdaContext())).resolves.toMatchObject({ checks: [{ port: 'door' }] });
    expect(output.join('')).not.toContain('LedgerEntryLost');
  });

  it('says which port does not answer and why, and counts it', async () => {
    const factory = door(async () => {
      throw new TypeError('no key fits');
    });
    const handler = event({ name: 'Look', parse: z.unknown(), ports: { door: factory } }).handler(async () => 'done');
    await expect(handler.with(parts(factory))(CHECK, lambdaContext())).resolves.toMatchObject({
      ready: false,
      checks: [{ port: 'door', ok: false, detail: 'TypeError: no key fits' }],
    });
    expect(output.join('')).toContain('NotReady');
  });

  it('beside anything else is an event like any other', async () => {
    const factory = door(async () => 'open');
    const handler = event({ name: 'Look', parse: z.strictObject({}), ports: { door: factory } }).handler(
      async () => 'x',
    );
    await expect(handler.with(parts(factory))({ ...CHECK, more: 1 }, lambdaContext())).rejects.toMatchObject({
      name: 'InvalidRequestError',
    });
  });
});
