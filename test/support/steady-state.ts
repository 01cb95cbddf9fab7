import { type HistoryEvent, paginateGetExecutionHistory, SFNClient } from '@aws-sdk/client-sfn';
import pg from 'pg';
import { expect } from 'vitest';
import { verifyChain } from '#domain/ledger-chain.ts';
import type { Side } from '#domain/side.ts';
import { unpaired } from '#domain/unpaired.ts';
import { awsCli, hasAwsCli } from './aws-cli.ts';
import type { ScenarioLab } from './scenario-lab.ts';
import { leaksIn } from './secrets.ts';
import { slowness, waitFor } from './wait-for.ts';

const CONNECT_MS = 1_500 * slowness;

/** True when the application's own role can log in there and write. */
const takesWrites = async ({ lab }: ScenarioLab, side: Side): Promise<boolean> => {
  const client = new pg.Client({
    connectionString: lab.world.databases[side].connectionString('svg_ai_app'),
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: CONNECT_MS,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('begin');
    await client.query(`insert into conversions (id, client) values (gen_random_uuid(), 'steady-state')`);
    await client.query('rollback');
    return true;
  } catch {
    return false;
  } finally {
    client.end().catch(() => undefined);
  }
};

type PlainEvent = Readonly<Record<string, unknown>>;

/** One form for both clients: times as ms, nothing undefined. The CLI gives seconds (version 1) or ISO text (version 2). */
const plain = (event: PlainEvent): PlainEvent => {
  const { timestamp, ...rest } = event;
  const ms = typeof timestamp === 'number' ? timestamp * 1_000 : Date.parse(String(timestamp));
  return { ...(JSON.parse(JSON.stringify(rest)) as object), timestamp: Math.round(ms) };
};

const sdkHistory = async (client: SFNClient, executionArn: string): Promise<readonly PlainEvent[]> => {
  const events: HistoryEvent[] = [];
  for await (const page of paginateGetExecutionHistory({ client, pageSize: 100 }, { executionArn }))
    events.push(...(page.events ?? []));
  return events.map((event) => plain({ ...event, timestamp: event.timestamp?.toISOString() }));
};

const cliHistory = async ({ lab, plan }: ScenarioLab, arn: string): Promise<readonly PlainEvent[]> => {
  const command = ['stepfunctions', 'get-execution-history', '--execution-arn', arn];
  const answer = await awsCli(lab.cloud.door.url, plan.regions.standby, command);
  return (answer as { events: PlainEvent[] }).events.map(plain);
};

/** The AWS CLI and the SDK read the same history. Says so when there is no AWS CLI here. */
const historyIsOne = async (at: ScenarioLab, arn: string): Promise<void> => {
  const client = new SFNClient({ region: at.plan.regions.standby });
  const events = await sdkHistory(client, arn);
  expect(events.length).toBeGreaterThan(0);
  expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
  if (!hasAwsCli) return console.warn('no AWS CLI here: the history was read through the SDK alone');
  expect(await cliHistory(at, arn)).toEqual(events);
};

/**
 * What holds after every story:
 * 1. at most one database takes the application's writes: exactly the one that the story names (null: none);
 * 2. no execution is left running, and each has an intact record without a gap;
 * 3. each visit of a state was entered once and left or failed once;
 * 4. no record holds a secret;
 * 5. the AWS CLI reads the same history as the SDK.
 * That no log has a line that should never be there, and none of a function a secret, is checked when the lab is down.
 */
export const expectSteadyState = async (at: ScenarioLab, writable: Side | null): Promise<void> => {
  const sides = ['primary', 'standby'] as const;
  const takes = await Promise.all(sides.map((side) => takesWrites(at, side)));
  expect(sides.filter((_, index) => takes[index])).toEqual(writable === null ? [] : [writable]);
  for (const { arn, status } of await at.executions()) {
    expect(status).not.toBe('RUNNING');
    // KeepFenced may be at it, on its schedule: what it began, it ends.
    const entries = await waitFor('each visit on record to have an end', async () => {
      const found = await at.record(arn);
      const story = found.map(({ seq, state, kind, attempt }) => `${seq} ${state} ${kind} ${attempt}`).join('\n');
      expect(unpaired(found), story).toEqual([]);
      return found;
    });
    expect(verifyChain(entries)).toMatchObject({ intact: true, entries: entries.length });
    expect(leaksIn(JSON.stringify(entries), at.secrets), 'secrets on record').toEqual([]);
  }
  const last = (await at.executions())[0];
  if (last) await historyIsOne(at, last.arn);
};
