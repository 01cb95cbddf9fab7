import { expect, it } from 'vitest';
import { type ScenarioLab, STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { slowness, waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: the network between the two regions is cut. From the standby everything in A is gone: service, database, replication. The rest of
 * the world, the witness and all clients, are served by A as ever.
 *
 * Proves:
 * 1. The standby's alarm goes off and a run begins; its diagnosis is `partition-from-us`, with both vantage points' readings on record.
 * 2. It ends without a change: no fence, no promotion, no traffic moved. Clients never notice.
 * 3. When the network is back, replication goes on, and nothing has to be repaired. Nor has any run that a further alarm began changed anything.
 */
const scenario = useScenarioLab();

/** 24 looks, each of which waits for what nothing answers: time-outs are real, whatever the lab's pace. */
const LOOKS_MS = 120_000;

const expectUnchanged = async (at: ScenarioLab, arn: string): Promise<void> => {
  const states = new Set((await at.record(arn)).map(({ state }) => state));
  for (const state of ['FencePrimary', 'PromoteReplica', 'ShiftTraffic']) expect(states).not.toContain(state);
};

it(
  'primary-partitioned-from-us-only',
  async () => {
    const at = scenario();
    const { lab, plan, ports } = at;
    const writers = at.writers();
    await waitFor('acknowledged writes', () => writers.summary().acknowledged >= 20, { withinMs: 20_000 });
    await lab.faults.break('cut-regions', {});
    const arn = await at.started();

    // 1
    const end = await at.recoveryOf(arn, LOOKS_MS);
    const verdicts = (await at.record(arn)).filter(({ state, kind }) => state === 'AssessEvidence' && kind === 'left');
    expect(verdicts.at(-1)?.result).toMatchObject({ code: 'partition-from-us', rule: 'FO-310', outcome: 'none' });
    const { vantages } = (verdicts.at(-1)?.result ?? {}) as unknown as {
      vantages: { vantage: string; service: string }[];
    };
    expect(Object.fromEntries(vantages.map(({ vantage, service }) => [vantage, service]))).toMatchObject({
      standby: 'bad',
      witness: 'good',
    });

    // 2
    expect(end).toMatchObject({ status: 'FAILED', error: 'NoRecoveryError' });
    await expectUnchanged(at, arn);
    expect(await lab.world.databases.standby.isStandby()).toBe(true);
    expect((await ports.traffic.read()).map(({ side }) => side)).toEqual(plan.traffic.records.map(() => 'primary'));
    const before = writers.summary();
    await waitFor('further writes in A', () => writers.summary().acknowledged >= before.acknowledged + 20);
    expect(writers.summary().byRegion[plan.regions.standby] ?? 0).toBe(0);

    // 3
    await lab.faults.heal();
    await writers.stop();
    const ids = writers.writes().map(({ id }) => id);
    await waitFor(
      'everything acknowledged to be in the replica',
      async () => (await ports.databaseSession.countPresent('standby', ids)) === ids.length,
      { withinMs: 30_000 },
    );

    const runs = (await at.executions()).map(({ arn: run }) => run);
    for (const run of runs) {
      expect(await at.recoveryOf(run, LOOKS_MS)).toMatchObject({ status: 'FAILED', error: 'NoRecoveryError' });
      await expectUnchanged(at, run);
    }

    await expectSteadyState(at, 'primary');
  },
  STORY_MS + 2 * LOOKS_MS * slowness,
);
