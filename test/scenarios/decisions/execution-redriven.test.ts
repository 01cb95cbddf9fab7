import { SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { expect, it } from 'vitest';
import { continuity } from '#test/support/approval.ts';
import { stackRef } from '#test/support/lab-ports.ts';
import { expectOnePromotion } from '#test/support/promotions.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: region A dies. While the standby is promoted, the cluster of region B hangs, and somebody stops the execution in the console. The
 * cluster comes back, and a person lets the execution go on where it was.
 *
 * Proves:
 * 1. A redrive is refused while the end of the run is not on record, and it says so.
 * 2. The redriven run is the same execution: with its claim given back at its epoch it goes on from the states that were open, and recovers.
 * 3. Nothing that was done is done again: one promotion, one acceptance, one fence.
 * 4. Who ordered it, and why, is on record and in the outcome; the claim is free at the end, and a second redrive is refused.
 */
const scenario = useScenarioLab();

it(
  'execution-redriven',
  async () => {
    const at = scenario();
    const { plan, ports, lab } = at;
    await at.killRegion('primary');
    const arn = await at.started();
    const left = (state: string) => async () =>
      (await at.record(arn)).find((entry) => entry.state === state && entry.kind === 'left');
    await waitFor('the guards to be asked', left('CheckGuards'), { withinMs: 30_000, everyMs: 10 });
    await lab.faults.break('freeze-service', { side: 'standby' });
    await waitFor('the promotion to be done', left('PromoteReplica'), { withinMs: 30_000 });
    // Whoever records the end does not see yet that the run is over.
    const blind = [stackRef(lab, 'RecordDeathRole'), stackRef(lab, 'WatchClaimsRole')].map((role) =>
      lab.cloud.door.faults.inject({ operation: 'DescribeExecution', role, effect: { kind: 'error', status: 503 } }),
    );
    const states = new SFNClient({ region: plan.regions.standby });
    await states.send(new StopExecutionCommand({ executionArn: arn, cause: 'somebody stopped it by mistake' }));
    expect(await at.recoveryOf(arn)).toMatchObject({ status: 'ABORTED' });

    // 1
    const early = await continuity(at, 'redrive', arn, '--reason', 'go on', '--as', 'jane');
    expect(early).toMatchObject({ code: 2, stderr: expect.stringMatching(/is not on record yet/) });
    for (const fault of blind) fault.remove();
    const death = await waitFor('the death to be on record', left('RecordDeath'), { withinMs: 40_000 });
    expect((await ports.claims.read(plan.plan))?.holder ?? null).toBeNull();
    await lab.faults.heal();

    // 2
    const redriven = await continuity(at, 'redrive', arn, '--reason', 'the cluster is back', '--as', 'jane');
    expect(redriven).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/goes on from the states that were open/),
    });
    expect(await at.recoveryOf(arn)).toMatchObject({ status: 'SUCCEEDED', error: null });
    const types = (await ports.executions.history(arn)).map(({ type }) => type);
    expect(types).toContain('ExecutionRedriven');
    expect(await at.executions()).toHaveLength(1);

    // 3
    expectOnePromotion(at);
    const record = await at.record(arn);
    for (const state of ['AcceptRequest', 'ClaimRecovery', 'FencePrimary'])
      expect(record.filter((entry) => entry.state === state && entry.kind === 'left')).toHaveLength(1);

    // 4
    const order = record.find(({ kind, seq }) => kind === 'control' && seq > death.seq);
    expect(order).toMatchObject({
      actor: 'person:jane',
      result: { order: 'redrive', by: 'jane', reason: 'the cluster is back', epoch: '1' },
    });
    expect(await at.left(arn, 'PublishOutcome')).toMatchObject({
      result: { result: 'recovered', orders: [{ order: 'redrive', by: 'jane', reason: 'the cluster is back' }] },
    });
    expect(await ports.claims.read(plan.plan)).toMatchObject({ holder: null, epoch: 1 });
    expect(await ports.incidents.current(plan.plan)).toBeNull();
    const again = await continuity(at, 'redrive', arn, '--reason', 'once more');
    expect(again).toMatchObject({ code: 2, stderr: expect.stringMatching(/has succeeded/) });

    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
