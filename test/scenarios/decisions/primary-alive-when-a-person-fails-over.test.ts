import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { expect, it } from 'vitest';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { seenBad } from '#test/support/seen-bad.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { slowness, waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: the application hangs in region A: API, load balancer and replicas are frozen in the middle of their work. Its database lives and
 * still replicates, over a link that takes two seconds. A job of the application that nobody thought of writes on. A person fails over.
 *
 * Proves:
 * 1. The fence (the application's role may not log in) replicates to the standby like any other change, and the recovery succeeds all the same:
 *    after the promotion the role is let in again, in B only.
 * 2. The old primary, alive, stays fenced: the replicas that wake up in A find no database that takes them.
 * 3. Nothing that was acknowledged is lost: the fence ends the old primary's writes, and what is under way then is waited for before the promotion.
 */
const scenario = useScenarioLab();

/** Two seconds are far more than the rest of a recovery takes from its fence to its promotion. */
const DELAY_MS = 2_000;

/** Writes as the application's role, one row after the other, until the database takes none any more; gives the rows that it acknowledged. */
const writeUntilRefused = async (connectionString: string): Promise<readonly string[]> => {
  const client = new pg.Client({ connectionString, query_timeout: 3_000 });
  client.on('error', () => undefined);
  await client.connect();
  const ids: string[] = [];
  const next = async (): Promise<void> => {
    const id = randomUUID();
    await client.query('insert into conversions (id, client) values ($1, $2)', [id, 'job']);
    ids.push(id);
  };
  return new Promise((resolve) => {
    const goOn = (): void => {
      next().then(
        () => setTimeout(goOn, 10),
        () => resolve(ids),
      );
    };
    goOn();
  });
};

const refused = async (connectionString: string): Promise<string> => {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 3_000 * slowness });
  client.on('error', () => undefined);
  return client.connect().then(
    async () => {
      await client.end();
      return 'logged in';
    },
    (error: Error) => error.message,
  );
};

it(
  'primary-alive-when-a-person-fails-over',
  async () => {
    const at = scenario();
    const { plan, lab, ports } = at;
    const { primary, standby } = lab.world.databases;
    await at.disableAlarmRule();
    const writers = at.writers();
    await waitFor('a hundred acknowledged writes', () => writers.summary().acknowledged >= 100, { withinMs: 20_000 });

    await lab.faults.break('delay-wan', { ms: DELAY_MS });
    await lab.faults.break('freeze-service', { side: 'primary' });
    const job = writeUntilRefused(primary.connectionString('svg_ai_app'));
    // It is awaited further down.
    job.catch(() => undefined);
    await seenBad(at, { vantages: 1 });
    const { arn } = await ports.executions.start(at.machineArn, 'by-hand', {
      plan: plan.plan,
      reason: 'the application in us-east-1 hangs',
      mode: 'failover',
    });
    const recovery = await at.recoveryOf(arn);

    // 1
    expect(recovery).toMatchObject({ status: 'SUCCEEDED', error: null });
    const fence = (await at.left(arn, 'FencePrimary')).result;
    expect(fence).toMatchObject({ fenced: true, verified: true });
    expect((await at.left(arn, 'RepointApplication')).result).toMatchObject({ fenceLifted: true });
    expect(await refused(standby.connectionString('svg_ai_app'))).toBe('logged in');
    await waitFor('a client to be served by B', () => (writers.summary().byRegion[plan.regions.standby] ?? 0) > 20, {
      withinMs: 20_000,
    });

    // 2
    await lab.faults.heal();
    expect(await refused(primary.connectionString('svg_ai_app'))).toMatch(/not permitted to log in/);
    const { host, port } = lab.addresses.a.loadBalancer;
    await waitFor('the woken application in A to say that it has no database', async () => {
      const answer = await fetch(`http://${host}:${port}${plan.service.readPath}`, {
        signal: AbortSignal.timeout(3_000),
      });
      return answer.status >= 500;
    });

    // 3
    await writers.stop();
    const written = await job;
    expect(written.length).toBeGreaterThan(20);
    const ids = [...writers.writes().map(({ id }) => id), ...written];
    expect(fence).toMatchObject({ catchUp: { missingBytes: 0 }, dataLoss: { atMostSeconds: 0 } });
    expect(await ports.databaseSession.countPresent('standby', ids)).toBe(ids.length);

    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
