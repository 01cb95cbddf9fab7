import { expect, it } from 'vitest';
import { UnreachableError } from '#domain/errors.ts';
import type { PlannedChange } from '#domain/planned-change.ts';
import { kubernetes } from '#test/support/kubernetes.ts';
import { jsonOf, person } from '#test/support/person.ts';
import { STORY_MS, TIME_SCALE, useScenarioLab } from '#test/support/scenario-lab.ts';
import { seenBad } from '#test/support/seen-bad.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { stays, waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: the standby is scaled by a HorizontalPodAutoscaler from 1 to 2, since nobody thought of a failover when it was made. Somebody raises its
 * maximum in time; then region A dies, and the standby has little to do at first.
 *
 * Proves:
 * 1. A maximum below what the standby has to run is seen beforehand: a dry run is refused by GU-340, which says what to change.
 * 2. The dry run names the minimum that would be raised, and raises nothing.
 * 3. The recovery raises it before it scales: idle replicas stay for longer than the autoscaler waits before it takes any away.
 * 4. What the minimum was is on record and on the object. Put back, the autoscaler takes the idle replicas away, as it would have done all along.
 */
const scenario = useScenarioLab();

/** 300 declared seconds without a higher recommendation. */
const WINDOW_MS = 300_000 / TIME_SCALE;

it(
  'standby-autoscaled',
  async () => {
    const at = scenario();
    const { lab, plan, ports } = at;
    const [{ name, replicas } = { name: '', replicas: 0 }] = plan.workloads.deployments;
    await at.disableAlarmRule();
    const path = `/apis/autoscaling/v2/namespaces/${plan.workloads.namespace}/horizontalpodautoscalers`;
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name };
    await kubernetes(lab, 'standby', path, 'POST', { metadata: { name }, spec: { scaleTargetRef, maxReplicas: 2 } });
    const autoscaler = async () => {
      const [found] = await ports.workloads.autoscalers('standby', [name]);
      if (!found) throw new Error('the autoscaler is gone');
      return found;
    };
    const wanted = async () => (await ports.workloads.status('standby', [name]))[0]?.wanted;
    let answers = 0;
    /** What is not answered in time says nothing. */
    const isKept = async (): Promise<boolean> => {
      try {
        const kept = (await wanted()) === replicas;
        answers += 1;
        return kept;
      } catch (error) {
        if (error instanceof UnreachableError) return true;
        throw error;
      }
    };
    interface DryRun {
      readonly refusals: readonly { readonly by: string; readonly reason: string }[];
      readonly changes: readonly PlannedChange[];
    }
    const rehearse = async (): Promise<DryRun> =>
      jsonOf<DryRun>(await person('start', plan.plan, '--as', 'jane', '--reason', 'what if', '--dry-run', '--json'));

    // 1
    expect((await rehearse()).refusals).toContainEqual({
      by: 'GU-340',
      reason: `autoscaler ${name} allows ${name} 2 replicas at most, ${replicas} are needed: raise its maxReplicas`,
    });

    // 2
    await kubernetes(lab, 'standby', `${path}/${name}`, 'PATCH', { spec: { maxReplicas: replicas } });
    const { refusals, changes } = await rehearse();
    expect(refusals.map(({ by }) => by)).not.toContain('GU-340');
    expect(changes.filter(({ state }) => state === 'ScaleUpWorkloads')).toMatchObject([
      { call: 'kubernetes: patch', from: 'minReplicas 1', to: `minReplicas ${replicas}`, needed: true },
      { call: 'kubernetes: scale', from: '0 replicas', to: `${replicas} replicas` },
    ]);
    expect(await autoscaler()).toMatchObject({ min: 1, max: replicas, minBefore: null });

    // 3
    await at.killRegion('primary');
    await seenBad(at);
    const input = { plan: plan.plan, reason: 'region A is dead', mode: 'failover' };
    const { arn } = await ports.executions.start(at.machineArn, 'by-hand', input);
    const recovery = await at.recoveryOf(arn);
    expect(recovery).toMatchObject({ status: 'SUCCEEDED', error: null });
    await stays('as many replicas wanted as the plan says', isKept, 3 * WINDOW_MS);
    expect(answers).toBeGreaterThan(3);

    // 4
    expect((await at.left(recovery.arn, 'ScaleUpWorkloads')).result).toMatchObject({
      deployments: [{ name, before: 0, after: replicas }],
      autoscalers: [{ name, deployment: name, before: 1, after: replicas, max: replicas }],
    });
    expect(await autoscaler()).toMatchObject({ min: replicas, minBefore: 1 });
    await ports.workloads.restoreMinimum('standby', await autoscaler());
    expect(await autoscaler()).toMatchObject({ min: 1, minBefore: null });
    await waitFor('idle replicas to be taken away', async () => (await wanted()) === 1, {
      withinMs: 6 * WINDOW_MS,
    });

    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
