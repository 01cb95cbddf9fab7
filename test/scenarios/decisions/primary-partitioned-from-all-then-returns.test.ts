import { expect, it } from 'vitest';
import type { Lease } from '#domain/write-lease.ts';
import { withConnection } from '#lab/parts/postgres/sql.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { slowness, waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: region A is cut off from everything: the other region, the third site, the AWS API. All of it lives: its database takes writes, and
 * clients who are inside A are served by its application. From outside it looks dead, and B takes over by itself. Then A comes back.
 *
 * Proves:
 * 1. Nothing of A can be fenced, and the fence is verified all the same: by the write lease at the third site, which A cannot renew. The record
 *    says so, with the instant at which it was over.
 * 2. A acknowledges writes for as long as its lease lasts, and then none, while it is still alone: `no-write-lease`. It goes on reading.
 * 3. No write that A acknowledged is younger than that instant, and nothing is promoted before it.
 * 4. When A is back it acknowledges nothing. Within its schedule's time the pipeline refuses A's application in its database and takes its deployments to zero;
 *    the run's record says so, and people are told once. A is neither promoted back nor deleted, and B is as it was.
 */
const scenario = useScenarioLab();

const fencedIn = (result: unknown): readonly string[] =>
  (result as { methods: { method: string; outcome: string }[] }).methods
    .filter(({ outcome }) => outcome === 'fenced')
    .map(({ method }) => method);

it(
  'primary-partitioned-from-all-then-returns',
  async () => {
    const at = scenario();
    const { lab, plan, ports } = at;
    const { primary, standby } = plan.regions;
    const inside = at.writersIn('primary');
    await waitFor('acknowledged writes in A', () => inside.summary().acknowledged >= 50, { withinMs: 20_000 });

    const { at: cutAt } = await lab.faults.break('isolate-region', {});
    const arn = await at.started();
    const recovery = await at.recoveryOf(arn);
    expect(recovery).toMatchObject({ status: 'SUCCEEDED', error: null });

    // 1
    const record = await at.record(arn);
    const fence = (await at.left(arn, 'FencePrimary')).result as {
      methods: { method: string; outcome: string }[];
    };
    const outcomes = Object.fromEntries(fence.methods.map(({ method, outcome }) => [method, outcome]));
    expect(outcomes).toMatchObject({ 'database-role': 'unreachable', 'workloads-to-zero': 'unreachable' });
    // The last word of the fence: where it had to be waited for, ConfirmFence has it.
    const waited = record.findLast(({ state, kind }) => state === 'ConfirmFence' && kind === 'left');
    const settled = waited ? (waited.result as { fence: object }).fence : fence;
    expect(settled).toMatchObject({ verified: true, verifiedBy: 'write-lease' });
    const lease: Lease = await ports.writeLease.read(plan.plan);
    expect(lease).toMatchObject({ holder: 'standby', state: 'granted' });
    const overAt = Date.parse(lease.overAt.primary ?? '');

    // 2
    const { host, port } = lab.addresses.a.loadBalancer;
    const url = (path: string) => `http://${host}:${port}${path}`;
    const write = () =>
      fetch(url(plan.service.writePath), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ id: crypto.randomUUID(), client: 'inside' }),
        signal: AbortSignal.timeout(3_000 * slowness),
      });
    const refused = await write();
    expect({ status: refused.status, body: await refused.json() }).toMatchObject({
      status: 503,
      body: { reason: 'no-write-lease', region: primary },
    });
    expect((await fetch(url(plan.service.readPath))).status).toBe(200);

    // 3
    const lastInA = inside.summary().lastAt[primary] ?? 0;
    expect(lastInA).toBeGreaterThan(cutAt);
    // By A's own clock: an answer may be read here a while after it was given.
    const youngest = await withConnection(lab.world.databases.primary.connectionString('postgres'), async (client) => {
      const ids = inside.writes().map(({ id }) => id);
      const { rows } = await client.query('select max(created_at) as at from conversions where id = any($1)', [ids]);
      return rows[0]?.at as Date;
    });
    expect(youngest.getTime()).toBeGreaterThan(cutAt);
    expect(youngest.getTime()).toBeLessThan(overAt);
    const promotion = record.find(({ state, kind }) => state === 'PromoteReplica' && kind === 'entered');
    expect(Date.parse(promotion?.at ?? '')).toBeGreaterThanOrEqual(overAt);

    // 4
    const names = plan.workloads.deployments.map(({ name }) => name);
    const inB = await ports.workloads.status('standby', names);
    const before = inside.summary();
    await lab.faults.heal();
    const tries = () => at.record(arn).then((all) => all.filter(({ state }) => state === 'KeepFenced'));
    const kept = await waitFor(
      'A to be fenced',
      async () => {
        const fenced = (await tries()).filter(({ kind }) => kind === 'left').flatMap(({ result }) => fencedIn(result));
        return new Set(fenced).size === 2 ? fenced : undefined;
      },
      { withinMs: 40_000 },
    );
    expect(kept.toSorted()).toEqual(['database-role', 'workloads-to-zero']);
    await waitFor('A to have been asked again', () => inside.summary().failed >= before.failed + 30, {
      withinMs: 20_000,
    });
    expect(inside.summary().acknowledged).toBe(before.acknowledged);
    expect(inside.summary().byRegion[standby] ?? 0).toBe(0);
    expect((await ports.workloads.status('primary', names)).map(({ wanted }) => wanted)).toEqual(names.map(() => 0));
    expect(await ports.workloads.status('standby', names)).toEqual(inB);
    expect(await lab.world.databases.primary.isStandby()).toBe(false);
    const told = await waitFor(
      'people to be told',
      async () => {
        const subjects = (await tries()).flatMap(({ kind, error, result }) =>
          kind === 'notice' && !error ? [(result as { subject: string }).subject] : [],
        );
        return subjects.some((subject) => subject.startsWith('OLD PRIMARY FENCED')) ? subjects : undefined;
      },
      { withinMs: 20_000 },
    );
    // Of the same thing once, and of a try once.
    expect(new Set(told).size).toBe(told.length);
    expect(told.length).toBeLessThanOrEqual((await tries()).filter(({ kind }) => kind === 'left').length);

    await inside.stop();
    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
