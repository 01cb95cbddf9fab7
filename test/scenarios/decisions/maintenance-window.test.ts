import { expect, it } from 'vitest';
import { planRecord } from '#domain/plan-record.ts';
import { person } from '#test/support/person.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: somebody works on the service in a maintenance window, and the application in A hangs.
 *
 * Proves:
 * 1. The alarm starts nothing; that is on record with the window, and in `continuity history`.
 * 2. A person's start is refused by the window too, before anything is changed, and the refusal names it.
 * 3. Nobody else shortens the window by starting one of their own: who has it is named.
 * 4. The window ends by order, which is on record; a second end is refused in one line with exit code 2.
 */
const scenario = useScenarioLab();

it(
  'maintenance-window',
  async () => {
    const at = scenario();
    const { plan, lab, ports } = at;
    const word = ['--as', 'jane', '--reason', 'release 42'];
    const begun = await person('maintenance', 'start', plan.plan, '--until', '2h', ...word);
    expect(begun).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^maintenance until 20.*no recovery begins/),
    });
    await lab.faults.break('freeze-service', { side: 'primary' });

    // 1
    const ofPlan = () => ports.ledger.read(planRecord(plan.plan));
    const refused = await waitFor(
      'the refusal to be on record',
      async () => (await ofPlan()).find(({ kind }) => kind === 'refused'),
      { withinMs: 30_000 },
    );
    expect(refused.result).toMatchObject({
      guard: 'GU-020',
      reason: expect.stringMatching(/maintenance window until .* was started by jane .*release 42/),
    });
    expect(await at.executions()).toEqual([]);
    expect(await ports.incidents.current(plan.plan)).toBeNull();
    expect((await person('history')).stdout).toMatch(/REFUSED .*GU-020/);
    expect((await person('automation', 'status')).stdout).toMatch(
      /automation is on\na maintenance window is open until/,
    );

    // 2
    const { arn } = await ports.executions.start(at.machineArn, 'by-hand', {
      plan: plan.plan,
      reason: 'the application hangs',
      mode: 'failover',
      by: 'joe',
    });
    const end = await at.recoveryOf(arn);
    expect(end).toMatchObject({ status: 'FAILED', error: 'GuardsRefusedError' });
    expect(end.cause).toMatch(/^GU-020: a maintenance window until /);
    const changed = (await at.record(arn)).filter(
      ({ state }) => state === 'FencePrimary' || state === 'PromoteReplica',
    );
    expect(changed).toEqual([]);
    expect(lab.cloud.door.calls.list({ operation: 'PromoteReadReplica' })).toEqual([]);

    // 3
    const shorter = await person(
      'maintenance',
      'start',
      plan.plan,
      '--until',
      '1m',
      '--as',
      'bob',
      '--reason',
      'a patch',
    );
    expect(shorter).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/until \S+ was started by jane .*would shorten it; to end it: .*maintenance end/),
    });

    // 4
    await lab.faults.heal();
    expect(await person('maintenance', 'end', plan.plan, ...word)).toMatchObject({ code: 0, stderr: '' });
    expect(await person('maintenance', 'end', plan.plan, ...word)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^continuity: no maintenance window that a person started is open[^\n]*\n$/),
    });
    const orders = (await ofPlan()).filter(({ kind }) => kind === 'control');
    expect(orders.map(({ actor, result }) => [actor, (result as { order: string }).order])).toEqual([
      ['person:jane', 'maintenance-start'],
      ['person:jane', 'maintenance-end'],
    ]);
    await expectSteadyState(at, 'primary');
  },
  STORY_MS,
);
