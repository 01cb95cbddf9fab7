import { expect, it } from 'vitest';
import { stackRef } from '#test/support/lab-ports.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: a plan that moves its traffic by changing records. Region A (us-east-1) dies, and Route 53's control plane, which lives there, dies with it.
 * DNS itself goes on answering.
 *
 * Proves:
 * 1. The alarm's run cannot look the records up: it is refused before its first change, and says so (GU-410).
 * 2. With a control plane that shows records and takes no change, a person's run promotes, and stops at the traffic within a minute: it says what was
 *    done and what was not, every record still leads to A, and the incident goes forward only.
 * 3. When the control plane is back, the person's next run moves the traffic and recovers, with no second promotion.
 */
const scenario = useScenarioLab({ strategy: 'record-change' });

it(
  'record-change-control-plane-down',
  async () => {
    const at = scenario();
    const { plan, lab, ports } = at;
    const { door } = lab.cloud;
    const writers = at.writers();
    const dead = door.faults.inject({ service: 'route53', effect: { kind: 'reset' } });
    await at.killRegion('primary');
    const begin = async (name: string): Promise<string> =>
      (await ports.executions.start(at.machineArn, name, { plan: plan.plan, reason: name, mode: 'failover' })).arn;
    const unmoved = async () =>
      expect((await ports.traffic.read()).map(({ side }) => side)).toEqual(plan.traffic.records.map(() => 'primary'));
    const promotions = () => door.calls.list({ operation: 'PromoteReadReplica' });

    // 1
    const first = await at.started();
    await at.disableAlarmRule();
    const refused = await at.recoveryOf(first);
    expect(refused).toMatchObject({ status: 'FAILED', error: 'GuardsRefusedError' });
    expect(refused.cause).toMatch(/GU-410: .*could not be read/);
    expect(promotions()).toEqual([]);

    // 2
    dead.remove();
    const readOnly = door.faults.inject({ operation: 'ChangeResourceRecordSets', effect: { kind: 'reset' } });
    const half = await at.recoveryOf(await begin('shows-and-takes-no-change'));
    expect(readOnly.hits).toBeGreaterThan(1);
    expect(half).toMatchObject({ status: 'FAILED', error: 'UnreachableError' });
    expect(half.cause).toMatch(/^ShiftTraffic: .*Done: .*promote.*Not done: .*shift the traffic/);
    const tried = (await at.record(half.arn)).find(({ state, kind }) => state === 'ShiftTraffic' && kind === 'entered');
    expect(Date.parse(half.stoppedAt ?? '') - Date.parse(tried?.at ?? '')).toBeLessThan(60_000);
    const { result } = await at.left(half.arn, 'PublishOutcome');
    expect(result).toMatchObject({ result: 'failed', incidentClosed: false });
    await unmoved();
    expect(promotions()).toHaveLength(1);

    // 3
    readOnly.remove();
    expect(await at.recoveryOf(await begin('it-is-back'))).toMatchObject({ status: 'SUCCEEDED', error: null });
    expect(promotions()).toHaveLength(1);
    expect(
      door.calls.list({ operation: 'ChangeResourceRecordSets', role: stackRef(lab, 'ShiftTrafficRole') }).at(-1),
    ).toMatchObject({ outcome: 'ok' });
    const served = () => writers.summary().byRegion[plan.regions.standby] ?? 0;
    const before = served();
    await waitFor('clients to be served by B', () => served() > before);

    await writers.stop();
    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
