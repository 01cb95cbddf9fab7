import { expect, it } from 'vitest';
import type { Outcome } from '#domain/outcome.ts';
import { continuity } from '#test/support/approval.ts';
import { expectOnePromotion } from '#test/support/promotions.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { standbyConfig } from '#test/support/standby-config.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: one replica runs in the standby when somebody spoils the configuration there, so that no other starts. Region A dies. A person sees that
 * the run waits for replicas that do not come, and lets it go on with the one.
 *
 * Proves:
 * 1. The order names what is not confirmed and what is given up, and the next look takes it: the run goes on with one replica ready of three.
 * 2. No traffic is sent before the standby was verified. When the configuration is corrected the same run recovers.
 * 3. Who forced it and why is on record with what was not confirmed, in the outcome and in the history.
 */
const scenario = useScenarioLab();
const WHY = 'one is enough for the night';

it(
  'operator-forces-past-too-few-replicas',
  async () => {
    const at = scenario();
    const { plan, ports } = at;
    const [{ name = '', replicas = 0 } = {}] = plan.workloads.deployments;
    await ports.workloads.scale('standby', name, 1);
    await waitFor(
      'one replica to run',
      async () => (await ports.workloads.status('standby', [name])).every(({ ready }) => ready === 1),
      { withinMs: 20_000 },
    );
    const config = standbyConfig(at);
    await config.spoil();
    await at.killRegion('primary');
    const arn = await at.started();
    const looks = async () =>
      (await at.record(arn)).filter(({ state, kind }) => state === 'ConfirmWorkloads' && kind === 'left');
    const missing = `${name} has 1 ready of ${replicas}`;
    await waitFor('a look at too few replicas', async () => (await looks()).length > 0, { withinMs: 30_000 });
    for (const { result } of await looks())
      expect(result).toMatchObject({ done: false, detail: expect.stringContaining(missing) });

    // 1
    const forced = await continuity(at, 'force', arn, '--reason', WHY, '--as', 'jane');
    expect(forced).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`forced past ConfirmWorkloads (${missing})`),
    });
    await waitFor(
      'the run to go on',
      async () => (await at.record(arn)).some(({ state, kind }) => state === 'RepointApplication' && kind === 'left'),
      { withinMs: 30_000 },
    );
    expect((await looks()).at(-1)?.result).toMatchObject({
      done: true,
      detail: expect.stringContaining(`forced by jane: ${WHY}; not confirmed: ${missing}`),
      deployments: [{ name, ready: 1 }],
      forced: { by: 'jane', reason: WHY },
    });

    // 2
    expect((await ports.traffic.read()).map(({ side }) => side)).toEqual(plan.traffic.records.map(() => 'primary'));
    await config.correct();
    expect(await at.recoveryOf(arn)).toMatchObject({ status: 'SUCCEEDED', error: null });
    expectOnePromotion(at);

    // 3
    const outcome = (await at.left(arn, 'PublishOutcome')).result as unknown as Outcome;
    expect(outcome).toMatchObject({
      result: 'recovered',
      orders: [{ order: 'force', state: 'ConfirmWorkloads', by: 'jane', reason: WHY }],
    });
    const history = await continuity(at, 'history', arn);
    expect(history.stdout).toContain(`person:jane: force ConfirmWorkloads: ${WHY}`);

    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
