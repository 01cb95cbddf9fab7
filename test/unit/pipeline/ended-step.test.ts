import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { rdsDatabase } from '#aws/rds-database.ts';
import { event } from '#pipeline/event.ts';
import { pipeline } from '#pipeline/pipeline.ts';
import type { Database } from '#ports/database.ts';
import { type AwsAnswer, type AwsServer, awsServer, describedReplica } from '#test/support/aws-server.ts';
import { EXECUTION, type World, world } from '#test/support/fakes/world.ts';
import { slowness } from '#test/support/wait-for.ts';
import { capturedOutput } from './captured-output.ts';
import { lambdaContext } from './lambda-context.ts';

/** Until the time-out of the function; it answers 500 ms before. */
const SHORT_MS = 500 + 300 * slowness;

let here: World;
let epoch: number;
let rds: AwsServer;
/** What the answers wait for: what comes of it when the process is thawed. */
let thaw: PromiseWithResolvers<void>;
let zombies: Promise<unknown>[];

beforeEach(async () => {
  capturedOutput();
  here = world();
  ({ epoch } = await here.ports.claims.take(here.plan.plan, EXECUTION, here.clock.now(), 0));
  thaw = Promise.withResolvers();
  zombies = [];
  rds = await awsServer(async (operation): Promise<AwsAnswer> => {
    if (operation === 'DescribeDBInstances') await thaw.promise;
    return describedReplica();
  });
  vi.stubEnv('AWS_ENDPOINT_URL', rds.endpoint);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'a');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'b');
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rds.close();
});

/** Looks, and then promotes: what goes on of it when its function has answered is kept. */
const promote = ({ ports }: { ports: { database: Database } }): Promise<void> => {
  const work = ports.database.promote();
  zombies.push(work.catch(() => undefined));
  return work;
};

const database = { variables: [], create: (): Database => rdsDatabase(here.plan) };

const state = () => {
  const { ledger, claims } = here.ports;
  const ports = { database: rdsDatabase(here.plan) };
  return pipeline({ ports: { database }, mutates: true })
    .handler(promote)
    .with({ ports, plan: here.plan, ledger, claims, clock: here.clock, environment: {} });
};

const asked = () => ({ run: { ...here.run, state: 'PromoteReplica' }, request: here.request, epoch });
const outOfTime = { name: 'OutOfTimeError' };

/** The process goes on, as one that the next event has thawed. */
const thawed = async (): Promise<void> => {
  thaw.resolve();
  await Promise.all(zombies);
};

describe('what is left of a step that ran out of time', () => {
  it('promotes nothing when the process is thawed', async () => {
    await expect(state()(asked(), lambdaContext(SHORT_MS))).rejects.toMatchObject(outOfTime);
    await thawed();
    expect(rds.calls).toEqual(['DescribeDBInstances']);
    const record = here.ports.ledger.entries.map(({ kind, error }) => error?.name ?? kind);
    expect(record).toEqual(['entered', 'OutOfTimeError']);
  });

  it('promotes nothing, while the step that runs in the same process does', async () => {
    const handler = state();
    await expect(handler(asked(), lambdaContext(SHORT_MS))).rejects.toMatchObject(outOfTime);
    const next = handler(asked(), lambdaContext());
    await thawed();
    await expect(next).resolves.toBeUndefined();
    expect(rds.calls).toEqual(['DescribeDBInstances', 'DescribeDBInstances', 'PromoteReadReplica']);
  });
});

it('what is left of a step that has answered calls nobody any more', async () => {
  const { ledger, claims } = here.ports;
  const handler = pipeline({ ports: { database }, mutates: true }).handler(async (call) => {
    promote(call).catch(() => undefined);
    return 'answered';
  });
  const ports = { database: rdsDatabase(here.plan) };
  const own = { ports, plan: here.plan, ledger, claims, clock: here.clock, environment: {} };
  await expect(handler.with(own)(asked(), lambdaContext())).resolves.toBe('answered');
  await thawed();
  expect(rds.calls).not.toContain('PromoteReadReplica');
});

it('what is left of an event that ran out of time calls nobody any more', async () => {
  const handler = event({ name: 'Look', parse: z.unknown(), ports: { database } })
    .handler(promote)
    .with({ ports: { database: rdsDatabase(here.plan) }, plan: here.plan, clock: here.clock, environment: {} });
  await expect(handler({}, lambdaContext(SHORT_MS))).rejects.toMatchObject(outOfTime);
  await thawed();
  expect(rds.calls).toEqual(['DescribeDBInstances']);
});

it('a command of a person, which no step bounds, promotes', async () => {
  thaw.resolve();
  await rdsDatabase(here.plan).promote();
  expect(rds.calls).toEqual(['DescribeDBInstances', 'PromoteReadReplica']);
});
