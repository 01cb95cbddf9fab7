import { expect, it } from 'vitest';
import { stackRef } from '#test/support/lab-ports.ts';
import { expectOnePromotion } from '#test/support/promotions.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';

/**
 * Situation: region A dies. The function that promotes is killed right after RDS took its call: Step Functions sees a dead runtime and tries the
 * state again, beside a promotion that is under way or over.
 *
 * Proves:
 * 1. The second try finds what the first one did, changes nothing, and the recovery succeeds.
 * 2. One call to promote was taken, and the database has one new timeline: it was promoted once.
 * 3. Both tries are on record.
 */
const scenario = useScenarioLab();

it(
  'promotion-retried-after-success',
  async () => {
    const at = scenario();
    const { lab, plan, ports } = at;
    const { door, lambda } = lab.cloud;
    const name = stackRef(lab, 'PromoteReplicaLambdaFunction');
    const killed = new Promise<void>((resolve) => {
      const stop = door.calls.onCall(({ operation }) => {
        if (operation !== 'PromoteReadReplica') return;
        lambda.kill(name, plan.regions.standby);
        stop();
        resolve();
      });
    });
    await at.killRegion('primary');
    const arn = await at.started();
    await killed;

    // 1
    expect(await at.recoveryOf(arn)).toMatchObject({ status: 'SUCCEEDED', error: null });

    // 2
    expectOnePromotion(at);
    expect(await ports.databaseSession.position('standby')).toMatchObject({ inRecovery: false, timeline: 2 });

    // 3
    const tries = (await at.record(arn)).filter(({ state, kind }) => state === 'PromoteReplica' && kind === 'entered');
    expect(tries.map(({ attempt }) => attempt)).toEqual(tries.map((_, index) => index));
    expect(tries.length).toBeGreaterThanOrEqual(2);

    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
