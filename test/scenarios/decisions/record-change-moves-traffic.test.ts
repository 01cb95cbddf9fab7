import { expect, it } from 'vitest';
import { stackRef } from '#test/support/lab-ports.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: a plan that moves its traffic by changing records. Region A dies, Route 53's control plane answers.
 *
 * Proves:
 * 1. The alarm's run changes the records in one call, in the role that the package gives, and only after the standby wrote; it recovers.
 * 2. It waited until Route 53 said INSYNC, and for the third site.
 * 3. Clients are served by B.
 */
const scenario = useScenarioLab({ strategy: 'record-change' });

it(
  'record-change-moves-traffic',
  async () => {
    const at = scenario();
    const { plan, lab, ports } = at;
    const { calls } = lab.cloud.door;
    const writers = at.writers();
    await at.killRegion('primary');

    // 1
    const recovery = await at.recoveryOf();
    expect(recovery).toMatchObject({ status: 'SUCCEEDED', error: null });
    const changes = calls.list({ operation: 'ChangeResourceRecordSets' }).filter(({ role }) => role !== undefined);
    expect(changes).toMatchObject([{ role: stackRef(lab, 'ShiftTrafficRole'), outcome: 'ok' }]);
    const { at: changedAt = 0 } = changes[0] ?? {};
    const verified = await at.left(recovery.arn, 'VerifyStandby');
    expect(changedAt).toBeGreaterThanOrEqual(Date.parse(verified.at));

    // 2
    const asked = calls.list({ operation: 'GetChange', role: stackRef(lab, 'VerifyTrafficRole') });
    expect(asked.length).toBeGreaterThan(0);
    const arrived = (await at.record(recovery.arn)).findLast(
      ({ state, kind }) => state === 'VerifyTraffic' && kind === 'left',
    );
    expect(arrived?.result).toMatchObject({
      done: true,
      applied: true,
      thirdSite: Object.fromEntries(
        plan.traffic.records.map(({ name }) => [name, [lab.addresses.b.loadBalancer.host]]),
      ),
    });

    // 3
    const served = () => writers.summary().byRegion[plan.regions.standby] ?? 0;
    const before = served();
    await waitFor('clients to be served by B', () => served() > before);
    const records = await ports.traffic.read();
    expect(records.map(({ side, servedBy }) => ({ side, servedBy }))).toEqual(
      records.map(() => ({ side: 'standby', servedBy: 'standby' })),
    );
    await writers.stop();
    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
