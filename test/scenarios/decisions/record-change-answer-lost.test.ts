import { expect, it } from 'vitest';
import { stackRef } from '#test/support/lab-ports.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';

/**
 * Situation: a plan that moves its traffic by changing records. Region A dies, and the answer to the change of the records is lost, as often as the
 * client itself tries again.
 *
 * Proves:
 * 1. The step is tried again and finds the records changed: it changes nothing more, and knows no change to ask for.
 * 2. Traffic counts as arrived by the resolvers, here and at the third site; the record says that nobody could be asked about the name servers.
 */
const scenario = useScenarioLab({ strategy: 'record-change' });

it(
  'record-change-answer-lost',
  async () => {
    const at = scenario();
    const { plan, lab } = at;
    const { door } = lab.cloud;
    const role = stackRef(lab, 'ShiftTrafficRole');
    const lost = door.faults.inject({
      role,
      operation: 'ChangeResourceRecordSets',
      effect: { kind: 'lose-answer' },
    });
    await at.killRegion('primary');

    // 1
    const recovery = await at.recoveryOf();
    expect(recovery).toMatchObject({ status: 'SUCCEEDED', error: null });
    const changes = door.calls.list({ operation: 'ChangeResourceRecordSets', role });
    expect(lost.hits).toBeGreaterThan(0);
    expect(changes.map(({ outcome }) => outcome)).toEqual(changes.map(() => 'AnswerLost'));
    const shifts = (await at.record(recovery.arn)).filter(
      ({ state, kind }) => state === 'ShiftTraffic' && kind !== 'notice',
    );
    // The first try fails with the answer; none after it makes the change again.
    expect(shifts.slice(0, 2).map(({ kind, attempt }) => `${kind} ${attempt}`)).toEqual(['entered 0', 'failed 0']);
    expect(shifts.at(-1)).toMatchObject({ kind: 'left', result: { changeId: null, changed: [] } });
    expect(changes.every(({ at: asked }) => asked <= Date.parse(shifts[1]?.at ?? ''))).toBe(true);

    // 2
    const arrived = (await at.record(recovery.arn)).findLast(
      ({ state, kind }) => state === 'VerifyTraffic' && kind === 'left',
    );
    expect(arrived?.result).toMatchObject({
      done: true,
      applied: null,
      detail: expect.stringContaining('by resolvers alone'),
      thirdSite: Object.fromEntries(
        plan.traffic.records.map(({ name }) => [name, [lab.addresses.b.loadBalancer.host]]),
      ),
    });
    expect(door.calls.list({ operation: 'GetChange' })).toEqual([]);
    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
