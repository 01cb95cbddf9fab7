import { expect, it } from 'vitest';
import { continuity, startAsked } from '#test/support/approval.ts';
import { type ScenarioLab, STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: the primary's database is killed and comes back by itself, as an instance does that RDS restarts: first while the alarm's run looks,
 * then twice while a person's run stands behind its fence and waits for approval.
 *
 * Proves:
 * 1. While it looks, the run says `database-down` and waits for it to last. The database is back before that: the last verdict is `healthy`, and the
 *    run ends without a change.
 * 2. Behind the fence: people see that it is back and decline. The fence is lifted, clients are served by A again, nothing is promoted or lost.
 * 3. Behind the fence: people approve all the same. The returned primary, which did not answer the first fence, is fenced before the promotion, and
 *    the fence is verified: there are never two databases that take writes.
 */
const scenario = useScenarioLab();

const promotions = ({ lab }: ScenarioLab) => lab.cloud.door.calls.list({ operation: 'PromoteReadReplica' });

const seen = ({ ports, plan }: ScenarioLab, what: string, bad: boolean) =>
  waitFor(
    `both vantage points to see the service ${what}`,
    async () => {
      const readings = await ports.readings.list(plan.plan);
      return readings.length >= 2 && readings.every(({ badSince }) => (badSince !== null) === bad);
    },
    { withinMs: 30_000 },
  );

const databaseMethod = (result: unknown) =>
  (result as { methods: { method: string; outcome: string }[] }).methods.find(
    ({ method }) => method === 'database-role',
  );

it(
  'primary-restarts-before-promotion',
  async () => {
    const at = scenario();
    const { lab, plan, ports } = at;
    const writers = at.writers();
    await waitFor('acknowledged writes', () => writers.summary().acknowledged >= 20, { withinMs: 20_000 });

    // 1
    await lab.faults.break('kill-database', {});
    const first = await at.started();
    const verdicts = async () =>
      (await at.record(first)).flatMap(({ state, kind, result }) =>
        state === 'AssessEvidence' && kind === 'left' ? [result as { code: string; outcome: string }] : [],
      );
    await waitFor(
      'the run to see the database down',
      async () => (await verdicts()).some(({ code }) => code === 'database-down'),
      { withinMs: 30_000 },
    );
    await lab.faults.heal();
    expect(await at.recoveryOf(first)).toMatchObject({ status: 'FAILED', error: 'NoRecoveryError' });
    expect((await verdicts()).find(({ code }) => code === 'database-down')?.outcome).toBe('more-evidence');
    expect((await verdicts()).at(-1)).toMatchObject({ code: 'healthy', rule: 'FO-900', outcome: 'none' });
    const states = new Set((await at.record(first)).map(({ state }) => state));
    for (const state of ['CheckGuards', 'FencePrimary', 'PromoteReplica']) expect(states).not.toContain(state);

    // 2
    await at.disableAlarmRule();
    const behindFence = async (name: string): Promise<string> => {
      await seen(at, 'well', false);
      await lab.faults.break('kill-database', {});
      await seen(at, 'bad', true);
      const arn = await startAsked(at, undefined, name);
      expect(databaseMethod((await at.left(arn, 'FencePrimary')).result)?.outcome).toBe('unreachable');
      await lab.faults.heal();
      await ports.databaseSession.position('primary');
      return arn;
    };
    const second = await behindFence('back-and-declined');
    const why = ['--reason', 'it has come back by itself'];
    expect(await continuity(at, 'decline', second, '--as', 'alice-brown', ...why)).toMatchObject({ code: 0 });
    expect(await at.recoveryOf(second)).toMatchObject({ status: 'FAILED', error: 'ApprovalDeclinedError' });
    expect((await at.left(second, 'LiftFence')).result).toMatchObject({ lifted: true, stays: null });
    const before = writers.summary().acknowledged;
    await waitFor('clients to be served by A again', () => writers.summary().acknowledged >= before + 20, {
      withinMs: 30_000,
    });
    expect(promotions(at)).toEqual([]);
    expect(Object.keys(writers.summary().byRegion)).toEqual([plan.regions.primary]);
    const ids = writers.writes().map(({ id }) => id);
    expect(await ports.databaseSession.countPresent('primary', ids)).toBe(ids.length);

    // 3
    const third = await behindFence('back-and-approved');
    for (const name of ['john-doe', 'alice-brown'])
      expect(await continuity(at, 'approve', third, '--as', name, '--reason', 'we do not trust it')).toMatchObject({
        code: 0,
      });
    expect(await at.recoveryOf(third)).toMatchObject({ status: 'SUCCEEDED', error: null });
    const renewed = await at.left(third, 'RenewFence');
    expect(renewed.result).toMatchObject({ fenced: true, verified: true });
    expect(renewed.seq).toBeLessThan((await at.left(third, 'PromoteReplica')).seq);
    expect(promotions(at)).toHaveLength(1);

    await expectSteadyState(at, 'standby');
  },
  2 * STORY_MS,
);
