import { expect, it } from 'vitest';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';

/**
 * Situation: region A dies. RDS takes the call to promote and does it, but its answer never arrives: the caller cannot know that it worked.
 *
 * Proves:
 * 1. The recovery goes on and succeeds: the step reads what there is, and does not take silence for refusal.
 * 2. The replica was promoted exactly once: its timeline is the second one.
 */
const scenario = useScenarioLab();

it(
  'promotion-answer-lost',
  async () => {
    const at = scenario();
    const { door } = at.lab.cloud;
    const lost = door.faults.inject({
      service: 'rds',
      operation: 'PromoteReadReplica',
      count: 1,
      effect: { kind: 'lose-answer' },
    });
    await at.killRegion('primary');

    // 1
    expect(await at.recoveryOf()).toMatchObject({ status: 'SUCCEEDED', error: null });
    expect(lost.hits).toBe(1);

    // 2
    const calls = door.calls.list({ operation: 'PromoteReadReplica' });
    expect(calls.filter(({ outcome }) => outcome === 'ok' || outcome === 'AnswerLost')).toHaveLength(1);
    expect(await at.ports.databaseSession.position('standby')).toMatchObject({ inRecovery: false, timeline: 2 });

    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
