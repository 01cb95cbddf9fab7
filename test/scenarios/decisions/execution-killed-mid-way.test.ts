import { SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { expect, it } from 'vitest';
import { deathOf, everyoneIsTold, recoversByHand } from '#test/support/after-death.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: region A dies, a recovery runs, and its execution is stopped from outside in the middle of the promotion.
 *
 * Proves:
 * 1. The death is on record with the state that the run was at, and everyone is told: the record ends, though the run could not end it.
 * 2. Its claim is free again, after Step Functions said that the execution is over; the incident stays open, so that no alarm starts another.
 * 3. A person's start goes on where it stopped, under the same incident, and recovers with exactly one promotion.
 */
const scenario = useScenarioLab();

it(
  'execution-killed-mid-way',
  async () => {
    const at = scenario();
    const { plan, ports } = at;
    await at.killRegion('primary');
    const first = await at.started();
    const withState = (state: string, kind: string) => async () =>
      (await at.record(first)).find((entry) => entry.state === state && entry.kind === kind);
    await waitFor('the promotion to begin', withState('PromoteReplica', 'entered'), { withinMs: 30_000 });
    const states = new SFNClient({ region: plan.regions.standby });
    await states.send(new StopExecutionCommand({ executionArn: first, cause: 'somebody stopped it by mistake' }));

    // 1
    expect(await at.recoveryOf(first)).toMatchObject({ status: 'ABORTED' });
    const death = await deathOf(at, first);
    expect(death.result).toMatchObject({
      result: 'failed',
      died: { status: 'ABORTED' },
      claimReleased: true,
      incidentClosed: false,
    });
    await everyoneIsTold(at, first, death);

    // 2
    expect((await ports.claims.read(plan.plan))?.holder ?? null).toBeNull();
    const incident = await ports.incidents.current(plan.plan);
    expect(incident?.id).toBe(death.incident);

    // 3
    await recoversByHand(at, death, 'the run was stopped by mistake');
  },
  STORY_MS,
);
