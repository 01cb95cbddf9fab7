import { expect, it } from 'vitest';
import { continuity } from '#test/support/approval.ts';
import { stackRef } from '#test/support/lab-ports.ts';
import { expectOnePromotion } from '#test/support/promotions.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { seenBad } from '#test/support/seen-bad.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';

/**
 * Situation: region A dies and a person starts the recovery. The standby is promoted, and the one call that moves traffic is throttled for as long as
 * the run tries: it fails. The person retries while the cluster of region B hangs, and again when it is back.
 *
 * Proves:
 * 1. The incident stays open and says that it goes forward only. It is not closed by an id that is not its own.
 * 2. A retry that is refused leaves it open.
 * 3. The next one goes on: the standby is a replica of nothing, and promoted for this incident. One promotion over all, and it recovers.
 * 4. An incident that is over and open all the same is closed by a person, who and why is on record.
 */
const scenario = useScenarioLab();

it(
  'person-goes-on-after-promotion',
  async () => {
    const at = scenario();
    const { plan, ports, lab } = at;
    const { roleName } = lab.cloud.lambda.find(stackRef(lab, 'ShiftTrafficLambdaFunction'), plan.regions.standby);
    await at.disableAlarmRule();
    const throttled = lab.cloud.door.faults.inject({
      role: roleName,
      operation: 'PutMetricData',
      effect: { kind: 'throttle' },
    });
    await at.killRegion('primary');
    await seenBad(at);
    const start = async (command: readonly string[]): Promise<string> => {
      const { stdout, stderr } = await continuity(at, ...command, '--as', 'jane');
      const arn = /arn:[^\s]+/.exec(stdout)?.[0];
      if (arn === undefined) throw new Error(`nothing was started: ${stdout}${stderr}`);
      return arn;
    };
    const first = await start(['start', plan.plan, '--reason', 'A is dead', '--no-wait']);
    expect(await at.recoveryOf(first)).toMatchObject({ status: 'FAILED', error: 'ServiceUnavailableError' });
    throttled.remove();

    // 1
    const open = (await ports.incidents.current(plan.plan))?.id ?? '';
    const shown = await continuity(at, 'incident', 'show');
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringMatching(/left it open.*\n.*forward only/) });
    const close = (id: string) => continuity(at, 'incident', 'close', id, '--reason', 'all is well', '--as', 'joe');
    expect(await close('INC-2020-0101-001')).toMatchObject({ code: 2, stderr: expect.stringContaining(open) });

    // 2
    await lab.faults.break('freeze-service', { side: 'standby' });
    const refused = await start(['retry', first, '--reason', 'once more']);
    expect(await at.recoveryOf(refused)).toMatchObject({ status: 'FAILED', error: 'GuardsRefusedError' });
    expect((await ports.incidents.current(plan.plan))?.id).toBe(open);
    await lab.faults.heal();

    // 3
    const second = await start(['retry', first, '--reason', 'the cluster is back']);
    expect(await at.recoveryOf(second)).toMatchObject({ status: 'SUCCEEDED', error: null });
    expect((await at.record(second)).find(({ incident }) => incident !== null)?.incident).toBe(open);
    expectOnePromotion(at);
    expect(await ports.incidents.current(plan.plan)).toBeNull();

    // 4
    const now = new Date().toISOString();
    const { id } = await ports.incidents.openOrJoin(plan.plan, now, now);
    expect(await close(id)).toMatchObject({ code: 0, stdout: expect.stringContaining(`closed: ${id}`) });
    expect(await ports.incidents.current(plan.plan)).toBeNull();
    expect((await ports.ledger.read(`plan:${plan.plan}`)).at(-1)).toMatchObject({
      actor: 'person:joe',
      incident: id,
      result: { order: 'incident-close', reason: 'all is well', incident: id },
    });

    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
