import { expect, it } from 'vitest';
import type { Verdict } from '#domain/diagnosis.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: region A is dead, and its AWS API is not: every call is answered, with 503. So it is in the first hour of a great outage.
 *
 * Proves:
 * 1. The run recovers by itself: what the API of A says about itself is nothing that the old primary says.
 * 2. Processes that know nothing yet ask the database where it was known last, and see it dead.
 * 3. The record calls the database and the cluster of A unreachable, and names the write lease as what verified the fence.
 */
const scenario = useScenarioLab({ cold: true });

it(
  'dead-region-api-answers-errors',
  async () => {
    const at = scenario();
    const { lab, plan } = at;
    const { primary } = plan.regions;
    const { door } = lab.cloud;
    const writers = at.writers();
    await waitFor('acknowledged writes', () => writers.summary().acknowledged >= 20, { withinMs: 20_000 });
    door.faults.inject({ region: primary, effect: { kind: 'error', status: 503 } });
    await lab.faults.break('kill-region', { side: 'primary' });
    door.blackhole(primary, false);
    // No process is left that asked before: those that look and decide now know nothing of their own.
    for (const { name, region } of lab.cloud.lambda.functions())
      if (name.includes('ProbeService')) lab.cloud.lambda.kill(name, region);

    // 1
    const arn = await at.started();
    expect(await at.recoveryOf(arn)).toMatchObject({ status: 'SUCCEEDED', error: null });

    // 2
    const verdict = (await at.record(arn)).findLast(({ state, kind }) => state === 'AssessEvidence' && kind === 'left')
      ?.result as unknown as Verdict;
    expect(verdict.vantages.map(({ vantage, database }) => `${vantage} ${database}`).toSorted()).toEqual([
      'standby bad',
      'witness bad',
    ]);

    // 3
    const { result } = await at.left(arn, 'FencePrimary');
    expect(result).toMatchObject({
      methods: [
        {
          method: 'database-role',
          outcome: 'unreachable',
          detail: expect.stringContaining(`on primary ${lab.addresses.a.database.host}`),
        },
        { method: 'workloads-to-zero', outcome: 'unreachable', detail: expect.stringContaining('ServiceUnavailable') },
        { method: 'write-lease' },
      ],
    });
    expect((await at.left(arn, 'PromoteReplica')).result).toMatchObject({
      fenced: true,
      fence: { verifiedBy: 'write-lease' },
    });

    await expectSteadyState(at, 'standby');
  },
  STORY_MS,
);
