import { expect, it } from 'vitest';
import { expectOnePromotion } from '#test/support/promotions.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: region A dies, and in the middle of the recovery, before the promotion, DynamoDB throttles for a while what every function puts there:
 * the record of the run, and all that is beside it (readings, notices).
 *
 * Proves:
 * 1. Nothing is changed off the record: the replica is not promoted while no step can be written down.
 * 2. When the table takes writes again, the recovery completes, or has stopped and a person's start completes it.
 * 3. The record has no gap, and the replica was promoted once.
 */
const scenario = useScenarioLab();

/** Those that come before the promotion is called, once the guards are asked. */
const STEPS = ['CheckGuards', 'FencePrimary', 'ConfirmFence', 'PromoteReplica', 'ScaleUpWorkloads'];

it(
  'ledger-throttled',
  async () => {
    const at = scenario();
    const { plan, lab, ports } = at;
    const { door } = lab.cloud;
    await at.killRegion('primary');
    const first = await at.started();
    await waitFor(
      'the guards to be asked',
      async () => (await at.record(first)).some(({ state }) => state === 'CheckGuards'),
      { withinMs: 30_000, everyMs: 10 },
    );

    // 1: reads and updates go on; nothing is put, whoever puts it.
    const since = Date.now();
    const throttle = door.faults.inject({ service: 'dynamodb', operation: 'PutItem', effect: { kind: 'throttle' } });
    const refused = () =>
      door.calls
        .list({ operation: 'PutItem', since })
        .filter(
          ({ outcome, role }) => /Throttl|Throughput/.test(outcome) && STEPS.some((step) => role?.includes(step)),
        );
    await waitFor('a step of the recovery to be held up', () => refused().length >= 3, { withinMs: 20_000 });
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
    expectOnePromotion(at);
    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
