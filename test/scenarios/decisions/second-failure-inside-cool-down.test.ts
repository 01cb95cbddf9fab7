import { expect, it } from 'vitest';
import { planRecord } from '#domain/plan-record.ts';
import { person } from '#test/support/person.ts';
import { expectOnePromotion } from '#test/support/promotions.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { seenBad } from '#test/support/seen-bad.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: region A has died and B has taken over. Minutes later the application in B hangs: the cool-down of an hour is not over.
 *
 * Proves:
 * 1. The second alarm starts nothing: no execution, no incident, no change; that is on the plan's own record, and everyone is told.
 * 2. A person's start is refused by the cool-down as well, and the refusal says until when and how to override it.
 * 3. Overriding the cool-down leaves every other guard in its place: B is no replica of anything, so nothing is promoted.
 */
const scenario = useScenarioLab();

it(
  'second-failure-inside-cool-down',
  async () => {
    const at = scenario();
    const { plan, lab, ports } = at;
    await at.killRegion('primary');
    const first = await at.recoveryOf();
    expect(first).toMatchObject({ status: 'SUCCEEDED', error: null });
    const { releasedAt } = (await ports.claims.read(plan.plan)) ?? {};
    if (!releasedAt) throw new Error('the recovery has no end');
    const alarms = () => lab.cloud.regions.get(plan.regions.standby)?.cloudwatch.describeAlarms() ?? [];
    const health = () => alarms().filter(({ AlarmName }) => AlarmName?.includes('-healthy-'));
    await waitFor('the service to be well again', () => health().every(({ StateValue }) => StateValue === 'OK'), {
      withinMs: 40_000,
    });

    await lab.faults.break('freeze-service', { side: 'standby' });
    // 1
    const ofPlan = () => ports.ledger.read(planRecord(plan.plan));
    const refused = await waitFor(
      'the second alarm to be on record',
      async () => (await ofPlan()).find(({ kind, result }) => kind === 'refused' && (result as { page: boolean }).page),
      { withinMs: 40_000 },
    );
    expect(refused.result).toMatchObject({ guard: 'GU-040', reason: expect.stringContaining(releasedAt) });
    await waitFor(
      'everyone to be told',
      () => lab.world.smtp.mails.some(({ subject }) => subject.startsWith('ALARM NOT FOLLOWED - GU-040')),
      { withinMs: 20_000 },
    );
    expect((await at.executions()).map(({ arn }) => arn)).toEqual([first.arn]);
    expect(await ports.incidents.current(plan.plan)).toBeNull();

    // 2
    const ask = async (name: string, more: object) => {
      const input = { plan: plan.plan, reason: 'it hangs again', mode: 'failover', by: 'jane', ...more };
      return at.recoveryOf((await ports.executions.start(at.machineArn, name, input)).arn);
    };
    const cooling = await ask('at-once', {});
    expect(cooling).toMatchObject({ status: 'FAILED', error: 'CoolDownError' });
    expect(cooling.cause).toMatch(/the next may begin at 20.*--override GU-040=/);

    // 3
    await seenBad(at);
    const guarded = await ask('overriding', { overrides: { 'GU-040': 'another cause' } });
    expect(guarded).toMatchObject({ status: 'FAILED', error: 'GuardsRefusedError' });
    expect(guarded.cause).toContain('GU-120');
    expect(guarded.cause).not.toContain('GU-040');
    expectOnePromotion(at);
    expect((await person('claim', 'show', plan.plan)).stdout).toMatch(/is free, at epoch 2\ncool-down until /);
    await lab.faults.heal();
    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
