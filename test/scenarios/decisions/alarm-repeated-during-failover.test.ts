import { CloudWatchClient, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { expect, it } from 'vitest';
import { planRecord } from '#domain/plan-record.ts';
import { entryOf } from '#test/support/approval.ts';
import { stackRef } from '#test/support/lab-ports.ts';
import { person } from '#test/support/person.ts';
import { expectOnePromotion } from '#test/support/promotions.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: region A dies, its recovery runs, and in the middle of it the alarm goes off again. To have time for that, a person pauses the run.
 *
 * Proves:
 * 1. The repeated alarm starts no second execution, opens no second incident, and does not disturb the run.
 * 2. It is on the plan's own record, with the run that holds the claim, and in `continuity history`; nobody is told, since somebody recovers.
 * 3. The recovery ends well, with one promotion.
 */
const scenario = useScenarioLab();

it(
  'alarm-repeated-during-failover',
  async () => {
    const at = scenario();
    const { plan, lab, ports } = at;
    await at.killRegion('primary');
    const arn = await at.started();
    const name = arn.split(':').at(-1) ?? '';
    const reason = 'to let the alarm repeat';
    await ports.controls.pause(arn, { by: 'jane', reason, at: new Date().toISOString() });
    // An order that stands already.
    expect((await person('pause', name, '--as', 'jane', '--reason', reason)).code).toBe(0);
    await entryOf(at, arn, 'ClaimRecovery');

    // 1, 2
    const cloudwatch = new CloudWatchClient({ region: plan.regions.standby });
    const AlarmName = stackRef(lab, 'HealthyFromStandbyAlarm');
    const repeatedAt = Date.now();
    for (const StateValue of ['OK', 'ALARM'] as const) {
      await cloudwatch.send(new SetAlarmStateCommand({ AlarmName, StateValue, StateReason: 'it flaps' }));
    }
    const ofPlan = () => ports.ledger.read(planRecord(plan.plan));
    const refused = await waitFor(
      'the repeated alarm to be on record',
      async () =>
        (await ofPlan()).find(
          ({ kind, actor, at: when, result }) =>
            kind === 'refused' &&
            actor === `alarm:${AlarmName}` &&
            Date.parse(when) >= repeatedAt &&
            (result as { guard: string | null }).guard === 'GU-030',
        ),
      { withinMs: 20_000 },
    );
    expect(refused).toMatchObject({ result: { reason: expect.stringContaining(`held by ${arn}`), page: false } });
    expect((await person('history')).stdout).toMatch(/REFUSED .*GU-030: held by /);
    expect((await person('resume', name, '--reason', 'it was seen')).code).toBe(0);

    // 3
    expect(await at.recoveryOf(arn)).toMatchObject({ status: 'SUCCEEDED', error: null });
    expect((await at.executions()).map((one) => one.arn)).toEqual([arn]);
    expectOnePromotion(at);
    expect(await ports.incidents.current(plan.plan)).toBeNull();
    expect((await ofPlan()).filter(({ kind }) => kind === 'notice')).toEqual([]);
    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
