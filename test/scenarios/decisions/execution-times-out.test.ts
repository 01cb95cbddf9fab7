import { DescribeStateMachineCommand, SFNClient, UpdateStateMachineCommand } from '@aws-sdk/client-sfn';
import { expect, it } from 'vitest';
import { deathOf, everyoneIsTold, noticesOf, recoversByHand } from '#test/support/after-death.ts';
import { startAsked } from '#test/support/approval.ts';
import { stackRef } from '#test/support/lab-ports.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { isSeenDead } from '#test/support/seen-dead.ts';
import { slowness } from '#test/support/wait-for.ts';

/**
 * Situation: region A is dead. A recovery is fenced and waits for its approvers when the time of the whole execution is over: Step Functions ends it as
 * TIMED_OUT, and no state of it is left to say so. The machine's two hours are seconds here, and no watchdog looks.
 *
 * Proves:
 * 1. The rule on Step Functions' status changes has the end on record as what it was; everyone is told, once.
 * 2. Nothing was promoted. The claim is free, and the incident stays open: the fence stands.
 * 3. A person's start goes on under the same incident and recovers.
 */
const scenario = useScenarioLab();
const WHOLE_SECONDS = 20 * slowness;

it(
  'execution-times-out',
  async () => {
    const at = scenario();
    const { plan, ports, lab } = at;
    const { calls } = lab.cloud.door;
    await at.disableAlarmRule();
    await isSeenDead(at);
    const states = new SFNClient({ region: plan.regions.standby });
    const machine = { stateMachineArn: at.machineArn };
    const { definition = '' } = await states.send(new DescribeStateMachineCommand(machine));
    const short = JSON.stringify({ ...JSON.parse(definition), TimeoutSeconds: WHOLE_SECONDS });
    await states.send(new UpdateStateMachineCommand({ ...machine, definition: short }));
    const since = Date.now();
    const first = await startAsked(at);

    // 1
    expect(await at.recoveryOf(first)).toMatchObject({ status: 'TIMED_OUT' });
    const death = await deathOf(at, first);
    expect(death.result).toMatchObject({
      result: 'failed',
      failure: { error: 'States.Timeout' },
      died: { status: 'TIMED_OUT' },
      claimReleased: true,
      incidentClosed: false,
    });
    const describes = (id: string) => calls.list({ operation: 'DescribeExecution', role: stackRef(lab, id), since });
    expect(describes('RecordDeathRole').length).toBeGreaterThan(0);
    expect(describes('WatchClaimsRole')).toEqual([]);
    await everyoneIsTold(at, first, death);
    await lab.cloud.lambda.invoke(stackRef(lab, 'WatchClaimsLambdaFunction'), {});
    expect(await noticesOf(at, first, death)).toHaveLength(1);

    // 2
    expect(calls.list({ operation: 'PromoteReadReplica' })).toEqual([]);
    expect(await lab.world.databases.standby.isStandby()).toBe(true);
    expect((await ports.claims.read(plan.plan))?.holder).toBeNull();
    expect((await ports.incidents.current(plan.plan))?.id).toBe(death.incident);

    // 3
    await states.send(new UpdateStateMachineCommand({ ...machine, definition }));
    await recoversByHand(at, death, 'nobody answered, and the run is over');
  },
  STORY_MS,
);
