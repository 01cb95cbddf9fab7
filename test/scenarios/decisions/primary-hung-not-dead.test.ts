import { expect, it } from 'vitest';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: every process of region A stops in the middle of its work and none dies (SIGSTOP): the database with open transactions, replicas with
 * requests on their sockets, the sidecars with a lease that was just renewed. B takes over by itself. Then A goes on where it stopped.
 *
 * Proves:
 * 1. What hangs cannot be fenced; the fence is verified by the lease, which nobody renews.
 * 2. What wakes up takes no write, neither one that waited on its socket all the while, nor a new one: the lease it remembers is over by its own
 *    clock, which ran on while it stood still.
 * 3. No write is acknowledged by A after the first that B acknowledged.
 * 4. While automation is off nothing of A is touched. Once it is on again, A's database refuses the application.
 */
const scenario = useScenarioLab();

it(
  'primary-hung-not-dead',
  async () => {
    const at = scenario();
    const { lab, plan, ports } = at;
    const { primary, standby } = plan.regions;
    const clients = at.writers({ count: 4 });
    const inside = at.writersIn('primary');
    await waitFor('acknowledged writes', () => clients.summary().acknowledged >= 50, { withinMs: 20_000 });

    await lab.faults.break('freeze-database', { side: 'primary' });
    await lab.faults.break('freeze-service', { side: 'primary' });
    const frozenAt = Date.now();
    // On the sockets of the frozen load balancer until it wakes up.
    const { host, port } = lab.addresses.a.loadBalancer;
    const waiting = Array.from({ length: 8 }, () =>
      fetch(`http://${host}:${port}${plan.service.writePath}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ id: crypto.randomUUID(), client: 'patient' }),
        signal: AbortSignal.timeout(STORY_MS),
      }),
    );
    // The lab of a story that failed ends them.
    for (const one of waiting) one.catch(() => undefined);
    const arn = await at.started();
    const recovery = await at.recoveryOf(arn);

    // 1
    expect(recovery).toMatchObject({ status: 'SUCCEEDED', error: null });
    const { methods } = (await at.left(arn, 'FencePrimary')).result as {
      methods: { method: string; outcome: string }[];
    };
    expect(Object.fromEntries(methods.map(({ method, outcome }) => [method, outcome]))).toMatchObject({
      'database-role': 'unreachable',
      'workloads-to-zero': 'unreachable',
    });
    await waitFor('a client to be served by B', () => (clients.summary().byRegion[standby] ?? 0) > 20, {
      withinMs: 20_000,
    });

    // 2
    const order = { by: 'jane', reason: 'what wakes up is looked at first', at: new Date().toISOString() };
    await ports.standingOrders.switchOff(plan.plan, order);
    await lab.faults.heal();
    for (const answer of await Promise.all(waiting))
      expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining('no-write-lease')]);
    const before = inside.summary();
    await waitFor('A to have been asked again', () => inside.summary().failed >= before.failed + 20, {
      withinMs: 20_000,
    });
    expect(inside.summary().acknowledged).toBe(before.acknowledged);
    await inside.stop();

    // 3
    const lastInA = Math.max(clients.summary().lastAt[primary] ?? 0, inside.summary().lastAt[primary] ?? 0);
    // An answer that was on its way is read when this process comes to it; a client waits for a second.
    expect(lastInA).toBeLessThanOrEqual(frozenAt + 1_500);
    expect(lastInA).toBeLessThan(clients.summary().firstAt[standby] ?? 0);
    await clients.stop();

    // 4
    const tries = () => at.record(arn).then((all) => all.filter(({ state }) => state === 'KeepFenced'));
    expect(await tries()).toEqual([]);
    await ports.standingOrders.switchOn(plan.plan);
    await waitFor(
      'A to be fenced',
      async () =>
        JSON.stringify((await tries()).map(({ result }) => result)).includes('application role refused') || undefined,
      { withinMs: 40_000 },
    );
    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
