import { expect, it } from 'vitest';
import { continuity, startAsked } from '#test/support/approval.ts';
import { STORY_MS, useScenarioLab } from '#test/support/scenario-lab.ts';
import { seenBad } from '#test/support/seen-bad.ts';
import { expectSteadyState } from '#test/support/steady-state.ts';
import { waitFor } from '#test/support/wait-for.ts';

/**
 * Situation: somebody scaled the application in region A to nothing by mistake; its database lives. A person who sees only that the service is
 * down starts a recovery and asks for approval; one approver knows what happened, and declines.
 *
 * Proves:
 * 1. While people think, the old primary is fenced: it takes no writes.
 * 2. One who declines stops it: nothing is promoted, no traffic moves, and the run ends as ApprovalDeclinedError with name and reason.
 * 3. The fence is lifted and read back: the application may log in again. What people scaled to nothing the fence did not take, and nobody brings it
 *    back for them: put right by hand, clients are served by region A again, nothing is lost.
 * 4. Everybody is told; the incident is over, and no cool-down keeps the next recovery away.
 */
const scenario = useScenarioLab();

it(
  'approval-declined',
  async () => {
    const at = scenario();
    const { lab, plan, ports } = at;
    await at.disableAlarmRule();
    const writers = at.writers();
    await waitFor('a hundred acknowledged writes', () => writers.summary().acknowledged >= 100, { withinMs: 20_000 });
    for (const { name } of plan.workloads.deployments) await ports.workloads.scale('primary', name, 0);
    await seenBad(at);

    // 1
    const arn = await startAsked(at);
    const fence = (await at.record(arn)).find(({ state, kind }) => state === 'FencePrimary' && kind === 'left');
    expect(fence?.result).toMatchObject({ verified: true });

    // 2
    const declined = await continuity(
      at,
      'decline',
      arn,
      '--as',
      'alice-brown',
      '--reason',
      'it was only scaled to zero',
    );
    expect(declined).toMatchObject({ code: 0, stdout: expect.stringContaining('declined by alice-brown') });
    const end = await at.recoveryOf(arn);
    expect(end).toMatchObject({ status: 'FAILED', error: 'ApprovalDeclinedError' });
    expect(end.cause).toMatch(/alice-brown declined at .*: it was only scaled to zero/);
    expect(await lab.world.databases.standby.isStandby()).toBe(true);
    expect((await ports.traffic.read()).every(({ side }) => side === 'primary')).toBe(true);

    // 3
    const names = plan.workloads.deployments.map(({ name }) => name);
    expect(await ports.workloads.status('primary', names)).toMatchObject(
      names.map(() => ({ wanted: 0, rescaled: null })),
    );
    for (const { name, replicas } of plan.workloads.deployments) await ports.workloads.scale('primary', name, replicas);
    const before = writers.summary().acknowledged;
    await waitFor('clients to be served by A again', () => writers.summary().acknowledged >= before + 50, {
      withinMs: 30_000,
    });
    const record = await at.record(arn);
    const lift = record.find(({ state, kind }) => state === 'LiftFence' && kind === 'left');
    expect(lift?.result).toMatchObject({ lifted: true, stays: null });
    await writers.stop();
    const ids = writers.writes().map(({ id }) => id);
    expect(await ports.databaseSession.countPresent('primary', ids)).toBe(ids.length);
    expect(Object.keys(writers.summary().byRegion)).toEqual([plan.regions.primary]);

    // 4
    await waitFor('the end by mail', () =>
      lab.world.smtp.mails.some(({ text }) => text.includes('Not approved; nothing was promoted, the fence is lifted')),
    );
    expect(await ports.claims.read(plan.plan)).toMatchObject({ holder: null, releasedAt: null });
    expect(await ports.incidents.current(plan.plan)).toBeNull();

    await expectSteadyState(at, 'primary');
  },
  STORY_MS,
);
