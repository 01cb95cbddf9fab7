import { expect, it } from 'vitest';
import { person } from '#test/support/person.ts';
import { expectOnePromotion } from '#test/support/promotions.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: the application in A hangs and its database lives. The alarm's run holds the claim and looks for two minutes before it would name
 * another recovery plan. A person has seen enough and starts the failover.
 *
 * Proves:
 * 1. The person's run takes over at once, by the next epoch; that is on its record, and `continuity claim show` says so beforehand.
 * 2. The alarm's run is refused at its next step, ends as TakenOver, and has changed nothing.
 * 3. The person's run recovers under the same incident; there was one fence and one promotion.
 */
const scenario = useScenarioLab();

it(
  'person-starts-while-alarm-waits',
  async () => {
    const at = scenario();
    const { plan, lab, ports } = at;
    await lab.faults.break('freeze-service', { side: 'primary' });
    const first = await at.started();
    await waitFor(
      "the alarm's run to watch",
      async () => (await at.record(first)).some(({ state, kind }) => state === 'AssessEvidence' && kind === 'left'),
      { withinMs: 30_000 },
    );
    const shown = await person('claim', 'show', plan.plan);
    expect(shown.stdout).toContain('has changed nothing yet: continuity start takes over from it');

    // 1
    const { arn } = await ports.executions.start(at.machineArn, 'by-hand', {
      plan: plan.plan,
      reason: 'seen it hang, the bridge has decided',
      mode: 'failover',
      by: 'jane',
    });
    expect(await at.recoveryOf(arn)).toMatchObject({ status: 'SUCCEEDED', error: null });
    expect((await at.left(arn, 'ClaimRecovery')).result).toMatchObject({ epoch: 2, tookOverFrom: first });

    // 2
    const taken = await at.recoveryOf(first);
    expect(taken).toMatchObject({ status: 'FAILED', error: 'StaleEpochError' });
    expect(taken.cause).toContain(`held by ${arn}, which took over from ${first}`);
    const history = await ports.executions.history(first);
    expect(history.filter(({ type }) => type === 'FailStateEntered').map(({ state }) => state)).toEqual(['TakenOver']);
    const states = new Set((await at.record(first)).map(({ state }) => state));
    expect([...states].filter((state) => ['FencePrimary', 'LiftFence', 'PromoteReplica'].includes(state))).toEqual([]);

    // 3
    const incidentOf = async (run: string) =>
      ((await at.left(run, 'AcceptRequest')).result as { incident: { id: string } }).incident.id;
    expect(await incidentOf(arn)).toBe(await incidentOf(first));
    expectOnePromotion(at);
    expect(await ports.incidents.current(plan.plan)).toBeNull();
    expect(await ports.claims.read(plan.plan)).toMatchObject({ holder: null, epoch: 2 });
    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
