import { expect, it } from 'vitest';
import type { Plan } from '#domain/plan.ts';
import { labEnvironmentOf, labPorts } from '#test/support/lab-ports.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: region A (us-east-1) dies, and Route 53's control plane, which lives there, dies with it. DNS itself goes on answering.
 *
 * Proves:
 * 1. A plan that changes records could not move its traffic now.
 * 2. The plan with the switch recovers all the same, and clients are served by B.
 * 3. No call to Route 53 was even made by the pipeline: the failover records and their health check stood since the deployment.
 */
const scenario = useScenarioLab(141);

it(
  'record-change-control-plane-down',
  async () => {
    const at = scenario();
    const { plan, lab } = at;
    const { door } = lab.cloud;
    const writers = at.writers();
    door.faults.inject({ service: 'route53', effect: { kind: 'reset' } });
    await at.killRegion('primary');

    // 1
    const changing: Plan = { ...plan, traffic: { ...plan.traffic, strategy: 'record-change' } };
    const inPlace = labPorts(changing, labEnvironmentOf(lab)).traffic;
    await expect(inPlace.shift('standby')).rejects.toMatchObject({ name: 'UnreachableError' });

    // 2
    const recovery = await at.recoveryOf();
    expect(recovery).toMatchObject({ status: 'SUCCEEDED', error: null });
    const before = writers.summary().byRegion[plan.regions.standby] ?? 0;
    await waitFor('clients to be served by B', () => (writers.summary().byRegion[plan.regions.standby] ?? 0) > before);
    const records = await at.ports.traffic.read();
    expect(records.map(({ side, servedBy }) => ({ side, servedBy }))).toEqual(
      records.map(() => ({ side: 'standby', servedBy: 'standby' })),
    );

    // 3
    expect(door.calls.list({ service: 'route53' }).filter(({ role }) => role !== undefined)).toEqual([]);

    await writers.stop();
    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
