import { expect, it } from 'vitest';
import { person } from '#test/support/person.ts';
import { type ScenarioLab, STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { seenBad } from '#test/support/seen-bad.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: the application in A, scaled up beyond the plan for the day, hangs; its database lives. A person starts a failover that has to be approved; while it waits behind its fence
 * the application wakes up again, and a person aborts.
 *
 * Proves:
 * 1. The run ends as Aborted, by name: nothing is promoted, no traffic is moved.
 * 2. What was done is undone: the application may write in A again, with as many replicas as it had; the standby has none.
 * 3. Who and why is on record; a second abort is refused in one line with exit code 2.
 */
const scenario = useScenarioLab();

/** More than the plan says. */
const REPLICAS = 5;

/** Waits until the record of the execution has the entry. */
const until = (at: ScenarioLab, arn: string, state: string, kind: string): Promise<unknown> =>
  waitFor(
    `${state} ${kind}`,
    async () => (await at.record(arn)).find((entry) => entry.state === state && entry.kind === kind),
    { withinMs: 30_000 },
  );

it(
  'operator-aborts-before-promotion',
  async () => {
    const at = scenario();
    const { plan, lab, ports } = at;
    await at.disableAlarmRule();
    const names = plan.workloads.deployments.map(({ name }) => name);
    for (const name of names) await ports.workloads.scale('primary', name, REPLICAS);
    await waitFor(
      'the replicas of the day',
      async () => (await ports.workloads.status('primary', names)).every(({ ready }) => ready === REPLICAS),
      { withinMs: 20_000 },
    );
    await lab.faults.break('freeze-service', { side: 'primary' });
    await seenBad(at, { vantages: 1 });
    const { arn } = await ports.executions.start(at.machineArn, 'by-hand', {
      plan: plan.plan,
      reason: 'the application in us-east-1 hangs',
      mode: 'failover',
      approval: 'required',
    });
    await until(at, arn, 'FencePrimary', 'left');
    await lab.faults.heal();
    const aborted = await person('abort', 'by-hand', '--as', 'jane', '--reason', 'it came back by itself');
    expect(aborted).toMatchObject({ code: 0, stderr: '' });

    // 1
    const end = await at.recoveryOf(arn);
    expect(end).toMatchObject({ status: 'FAILED', error: 'AbortedError' });
    expect(end.cause).toContain('aborted by jane: it came back by itself');
    const entries = await at.record(arn);
    expect(entries.some(({ state, kind }) => state === 'PromoteReplica' && kind === 'left')).toBe(false);
    expect(await lab.world.databases.standby.isStandby()).toBe(true);
    expect((await ports.traffic.read()).map(({ side }) => side)).toEqual(plan.traffic.records.map(() => 'primary'));

    // 2
    expect(plan.workloads.deployments.map(({ replicas }) => replicas)).not.toContain(REPLICAS);
    expect(await ports.workloads.status('primary', names)).toMatchObject(
      names.map(() => ({ wanted: REPLICAS, rescaled: null })),
    );
    expect((await ports.workloads.status('standby', names)).map(({ wanted }) => wanted)).toEqual(names.map(() => 0));
    await expectSteadyState(at, 'primary');

    // 3
    expect(entries.find(({ kind }) => kind === 'control')).toMatchObject({
      actor: 'person:jane',
      result: { order: 'abort', by: 'jane', reason: 'it came back by itself' },
    });
    const again = await person('abort', 'by-hand', '--reason', 'again');
    expect(again).toMatchObject({ code: 2, stderr: expect.stringMatching(/^continuity: by-hand is FAILED: .*\n$/) });
  },
  STORY_MS,
);
