import { DisableRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { expect, it } from 'vitest';
import { deathOf, everyoneIsTold, noticesOf, recoversByHand } from '#test/support/after-death.ts';
import { stackRef } from '#test/support/lab-ports.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: region A dies, a recovery runs, and its execution is stopped from outside in the middle of the promotion. Nothing hears of it: the rule on
 * Step Functions' status changes is off.
 *
 * Proves:
 * 1. The watchdog finds the claim of an execution that is over: the death is on record with the state that the run was at, and the claim is free.
 * 2. It is recorded and told once, however often the watchdog looks.
 * 3. A person's start goes on where it stopped, under the same incident, and recovers with exactly one promotion.
 */
const scenario = useScenarioLab();

it(
  'execution-killed-and-its-event-lost',
  async () => {
    const at = scenario();
    const { plan, ports, lab } = at;
    const { calls } = lab.cloud.door;
    const events = new EventBridgeClient({ region: plan.regions.standby });
    await events.send(new DisableRuleCommand({ Name: stackRef(lab, 'DeathRule') }));
    const since = Date.now();
    await at.killRegion('primary');
    const first = await at.started();
    const entries = async (state: string, kind: string) =>
      (await at.record(first)).filter((entry) => entry.state === state && entry.kind === kind);
    await waitFor('the promotion to begin', async () => (await entries('PromoteReplica', 'entered'))[0], {
      withinMs: 30_000,
    });
    const states = new SFNClient({ region: plan.regions.standby });
    await states.send(new StopExecutionCommand({ executionArn: first, cause: 'somebody stopped it by mistake' }));

    // 1
    expect(await at.recoveryOf(first)).toMatchObject({ status: 'ABORTED' });
    const death = await deathOf(at, first, 40_000);
    expect(death.result).toMatchObject({
      result: 'failed',
      died: { status: 'ABORTED' },
      claimReleased: true,
      incidentClosed: false,
    });
    const describes = (id: string) => calls.list({ operation: 'DescribeExecution', role: stackRef(lab, id), since });
    expect(describes('WatchClaimsRole').length).toBeGreaterThan(0);
    expect(describes('RecordDeathRole')).toEqual([]);
    expect((await ports.claims.read(plan.plan))?.holder).toBeNull();

    // 2
    await everyoneIsTold(at, first, death);
    for (let look = 0; look < 2; look += 1) {
      const { payload } = await lab.cloud.lambda.invoke(stackRef(lab, 'WatchClaimsLambdaFunction'), {});
      expect(payload).toMatchObject({ settled: [], late: [] });
    }
    expect(await entries('RecordDeath', 'left')).toHaveLength(1);
    expect(await noticesOf(at, first, death)).toHaveLength(1);

    // 3
    expect((await ports.incidents.current(plan.plan))?.id).toBe(death.incident);
    await recoversByHand(at, death, 'the run was stopped by mistake');
  },
  STORY_MS,
);
