import { expect, it } from 'vitest';
import { stackRef } from '#test/support/lab-ports.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: region A dies, and in the middle of the recovery, before the promotion, the record's table throttles every write of the functions.
 *
 * Proves:
 * 1. Nothing is changed off the record: the replica is not promoted while the step cannot be written down.
 * 2. When the table takes writes again, the recovery completes, or has stopped and a person's start completes it.
 * 3. The record has no gap, and the replica was promoted once.
 */
const scenario = useScenarioLab(189);

it(
  'ledger-throttled',
  async () => {
    const at = scenario();
    const { plan, lab, ports } = at;
    const { door } = lab.cloud;
    await at.killRegion('primary');
    const first = await at.started();
    await waitFor('the guards to be passed', async () =>
      (await at.record(first)).some(({ state, kind }) => state === 'CheckGuards' && kind === 'left'),
    );

    // 1: reads go on; only the promoting function's writes are refused.
    const role = stackRef(lab, 'PromoteReplicaRole');
    const throttle = door.faults.inject({
      service: 'dynamodb',
      operation: 'PutItem',
      role,
      effect: { kind: 'throttle' },
    });
    await waitFor('the promotion to be held up', () => throttle.hits >= 3, { withinMs: 20_000 });
    expect(door.calls.list({ operation: 'PromoteReadReplica' })).toEqual([]);
    throttle.remove();

    // 2
    const { status } = await at.recoveryOf(first);
    if (status !== 'SUCCEEDED') {
      const reason = 'the record takes writes again';
      const again = await ports.executions.start(at.machineArn, 'by-hand', {
        plan: plan.plan,
        reason,
        mode: 'failover',
      });
      expect(await at.recoveryOf(again.arn)).toMatchObject({ status: 'SUCCEEDED', error: null });
    }

    // 3
    expect(door.calls.list({ operation: 'PromoteReadReplica' })).toHaveLength(1);
    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
