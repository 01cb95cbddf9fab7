import { expect, it } from 'vitest';
import type { Json } from '#domain/side.ts';
import { expectOnePromotion } from '#test/support/promotions.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { standbyConfig } from '#test/support/standby-config.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: the standby's configuration has an error that nobody saw while nothing ran there: each replica ends as it starts. Region A dies. Later
 * somebody finds the error and corrects it.
 *
 * Proves:
 * 1. The database is promoted meanwhile, but no traffic is sent to a region in which nothing serves: the switch is not touched.
 * 2. The record says, look after look, how many replicas are ready of how many wanted.
 * 3. When the replicas start, the same run goes on by itself and recovers.
 */
const scenario = useScenarioLab();

it(
  'scale-up-stalls',
  async () => {
    const at = scenario();
    const { plan, ports } = at;
    const config = standbyConfig(at);
    await config.spoil();
    await at.killRegion('primary');
    const arn = await at.started();
    const looks = async () =>
      (await at.record(arn)).filter(({ state, kind }) => state === 'ConfirmWorkloads' && kind === 'left');
    const [{ name = '', replicas = 0 } = {}] = plan.workloads.deployments;
    // A look at a cluster that is late with its answer says that instead.
    const says = ({ result }: { readonly result?: Json }) =>
      (result as { readonly detail?: string }).detail?.includes(`${name} has 0 ready of ${replicas}`);
    await waitFor('several looks at replicas that do not come', async () => (await looks()).filter(says).length >= 4, {
      withinMs: 30_000,
    });

    // 1
    await waitFor(
      'the promotion to be confirmed',
      async () => (await ports.databaseSession.position('standby')).inRecovery === false,
      { withinMs: 20_000 },
    );
    expect((await ports.traffic.read()).map(({ side }) => side)).toEqual(plan.traffic.records.map(() => 'primary'));

    // 2
    for (const { result } of await looks())
      expect(result).toMatchObject({ done: false, detail: expect.stringMatching(/ 0 ready of |no answer|time-?out/) });

    // 3
    await config.correct();
    expect(await at.recoveryOf(arn)).toMatchObject({ status: 'SUCCEEDED', error: null });
    expectOnePromotion(at);

    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
