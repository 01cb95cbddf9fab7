import { describe, expect, it } from 'vitest';
import { type World, world } from '#test/support/fakes/world.ts';
import { ASKED, type Happening, runRegionalFailover } from '#test/support/run-regional-failover.ts';
import { DEAD } from '#test/support/verdict.ts';
import { probeService } from '../../functions/probe-service.ts';

const ARN = 'arn:aws:states:us-west-2:123456789012:execution:regional-failover:by-hand';
const APPROVAL = { ...ASKED, approval: 'required', decideWithin: '4s' };

/** The region does not answer; what its application was granted runs out a moment later. */
const outage = async (): Promise<World> => {
  const at = world();
  for (const SITE of ['standby', 'witness'] as const) await probeService({ ...at, environment: { SITE } });
  at.clock.advance(1_000);
  at.killPrimary();
  for (const SITE of ['standby', 'witness'] as const) await probeService({ ...at, environment: { SITE } });
  const primary = new Date(Date.parse(at.clock.now()) + 200).toISOString();
  at.ports.writeLease.lease = { ...at.ports.writeLease.lease, overAt: { primary, standby: null } };
  return at;
};

const abort = (at: World): Promise<boolean> =>
  at.ports.controls.abort(ARN, { by: 'jane', reason: 'a false alarm', at: at.clock.now() });

const verdict = (outcome: 'recover' | 'more-evidence', looks: number) => ({ ...DEAD, outcome, looks });

const expectAborted = (run: Awaited<ReturnType<typeof runRegionalFailover>>, at: World): void => {
  expect(run).toMatchObject({ status: 'FAILED', end: 'Aborted', error: 'AbortedError' });
  expect(run.cause).toContain('aborted by jane: a false alarm');
  expect(at.ports.database.calls.promote).toBe(0);
};

describe('an abort before the promotion is heard', () => {
  it('while the run looks for evidence, at its next look', async () => {
    const at = await outage();
    const looking: Happening = async (state, call) => {
      if (state !== 'AssessEvidence') return undefined;
      if (call > 1) return call > 5 ? verdict('recover', call) : undefined;
      await abort(at);
      return verdict('more-evidence', call);
    };
    const run = await runRegionalFailover(at, looking);
    expectAborted(run, at);
    expect(run.called.filter((state) => state === 'AssessEvidence')).toHaveLength(2);
    expect(run.called).not.toContain('FencePrimary');
    expect(await at.ports.claims.read(at.plan.plan)).toMatchObject({ holder: null });
  });

  it.each([
    ['paused before the fence: nothing was changed, and nothing is', 9],
    ['paused before the fence of a primary that people scaled to nothing: it stays so', 0],
  ])('%s', async (_, wanted) => {
    const at = await outage();
    const deployments = [...at.ports.workloads.clusters.primary.deployments.values()];
    at.ports.workloads.clusters.primary.up = true;
    for (const one of deployments) one.wanted = wanted;
    const order = () => ({ by: 'jane', reason: 'first a look', at: at.clock.now() });
    const run = await runRegionalFailover(at, async (state, call) => {
      if (state === 'FencePrimary' && call === 1) await at.ports.controls.pause(ARN, order());
      if (state === 'FencePrimary' && call === 3) await abort(at);
      return state === 'AssessEvidence' ? verdict('recover', call) : undefined;
    });
    expectAborted(run, at);
    expect(run.called.filter((state) => state === 'FencePrimary').length).toBeGreaterThan(2);
    const lifted = run.record.find(({ state, kind }) => state === 'LiftFence' && kind === 'left')?.result;
    expect(lifted).toMatchObject({
      methods: [{}, { method: 'workloads-back', detail: 'no deployment is fenced' }, {}],
    });
    expect(deployments.map((one) => one.wanted)).toEqual(deployments.map(() => wanted));
  });

  it("while the old primary's lease runs out: nobody is asked, and the fence is lifted", async () => {
    const at = await outage();
    const run = await runRegionalFailover(
      at,
      async (state, call) => {
        if (state === 'ConfirmFence') await abort(at);
        return state === 'AssessEvidence' ? verdict('recover', call) : undefined;
      },
      { input: APPROVAL },
    );
    expectAborted(run, at);
    expect(run.called).toContain('LiftFence');
    expect(run.called).not.toContain('RequestApproval');
  });

  it.each(['RequestApproval', 'EscalateApproval'])(
    'right before %s asks: no word is sent, nobody is waited for, and the fence is lifted',
    async (asks) => {
      const at = await outage();
      let sent = 0;
      const run = await runRegionalFailover(
        at,
        async (state, call) => {
          if (state === asks) {
            await abort(at);
            sent = at.ports.announcer.sent.length + at.ports.personalAnnouncer.sent.length;
          }
          return state === 'AssessEvidence' ? verdict('recover', call) : undefined;
        },
        { input: APPROVAL },
      );
      expectAborted(run, at);
      expect(run.called).toContain('LiftFence');
      expect(at.ports.announcer.sent.length + at.ports.personalAnnouncer.sent.length).toBe(sent);
      expect(at.ports.approvals.requests.get(ARN)).toMatchObject({ status: 'lapsed' });
      if (asks === 'RequestApproval') expect(run.called).not.toContain('EscalateApproval');
    },
  );
});
