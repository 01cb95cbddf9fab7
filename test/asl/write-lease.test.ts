import { describe, expect, it } from 'vitest';
import type { Choice } from '#domain/votes.ts';
import { takeDecision } from '#src/take-decision.ts';
import { type World, world } from '#test/support/fakes/world.ts';
import { type Happening, runRegionalFailover } from '#test/support/run-regional-failover.ts';
import { DEAD } from '#test/support/verdict.ts';
import { probeService } from '../../functions/probe-service.ts';

const ARN = 'arn:aws:states:us-west-2:123456789012:execution:regional-failover:by-hand';

const decided: Happening = (state) => (state === 'AssessEvidence' ? DEAD : undefined);

/** The region does not answer; what its application was granted runs out in `overInMs`. */
const silent = async (overInMs: number | null): Promise<World> => {
  const at = world();
  for (const SITE of ['standby', 'witness'] as const) await probeService({ ...at, environment: { SITE } });
  at.clock.advance(1_000);
  at.killPrimary();
  for (const SITE of ['standby', 'witness'] as const) await probeService({ ...at, environment: { SITE } });
  const primary = overInMs === null ? null : new Date(Date.parse(at.clock.now()) + overInMs).toISOString();
  at.ports.writeLease.lease = { ...at.ports.writeLease.lease, overAt: { primary, standby: null } };
  return at;
};

const leftWith = (run: Awaited<ReturnType<typeof runRegionalFailover>>, state: string) =>
  run.record.findLast((entry) => entry.state === state && entry.kind === 'left')?.result;

const vote = async (at: World, choice: Choice, approvers: readonly string[]): Promise<void> => {
  for (const approver of approvers) {
    const name = at.plan.approval.people.find(({ id }) => id === approver)?.name ?? approver;
    await takeDecision(at.ports, at.clock, {
      execution: ARN,
      approver,
      name,
      choice,
      reason: 'as tested',
      via: 'command',
    });
  }
};

const approve = (at: World): Promise<void> => vote(at, 'approve', ['john-doe', 'bob-wilson']);
const decline = (at: World): Promise<void> => vote(at, 'decline', ['john-doe']);

describe('the write lease in the failover', () => {
  it('is waited out where nothing answers, looked at again, and then it is the standby that may write', async () => {
    const at = await silent(200);
    const run = await runRegionalFailover(at, decided);
    expect(run).toMatchObject({ status: 'SUCCEEDED', end: 'Recovered' });
    expect(run.called).not.toContain('RequestApproval');
    expect(run.entered).toContain('WaitForLease');
    expect(leftWith(run, 'FencePrimary')).toMatchObject({ verified: false, ask: false });
    expect(leftWith(run, 'ConfirmFence')).toMatchObject({
      done: true,
      fence: { verified: true, verifiedBy: 'write-lease' },
    });
    expect(leftWith(run, 'PromoteReplica')).toMatchObject({ fenced: true });
    expect(at.ports.writeLease.lease).toMatchObject({ state: 'granted', holder: 'standby' });
  });

  it('costs no wait and no call more where it is over already', async () => {
    const run = await runRegionalFailover(await silent(-1), decided);
    expect(run.end).toBe('Recovered');
    expect(run.entered).not.toContain('WaitForLease');
    expect(run.called).not.toContain('ConfirmFence');
  });

  it('asks people where neither it nor the database proves anything, and goes on when they approve', async () => {
    const at = await silent(null);
    const run = await runRegionalFailover(at, decided, {
      afterwards: (state) => {
        if (state === 'RequestApproval') void approve(at);
      },
    });
    expect(run.end).toBe('Recovered');
    expect(leftWith(run, 'CheckGuards')).toMatchObject({ approval: { required: false } });
    expect(run.called).toContain('RenewFence');
    expect(at.ports.announcer.sent[0]?.text).toContain('NOT VERIFIED');
    expect(at.ports.writeLease.lease.holder).toBe('standby');
  });

  it('promotes nothing when they decline, and gives it back', async () => {
    const at = await silent(null);
    const run = await runRegionalFailover(at, decided, {
      afterwards: (state) => {
        if (state === 'RequestApproval') void decline(at);
      },
    });
    expect(run).toMatchObject({ end: 'ApprovalRefused', error: 'ApprovalDeclinedError' });
    expect(at.ports.database.calls.promote).toBe(0);
    expect(at.ports.writeLease.lease).toMatchObject({ state: 'granted', holder: 'primary' });
  });

  it('goes on without asking where the plan says so', async () => {
    const at = await silent(null);
    const plan = { ...at.plan, fence: { ...at.plan.fence, unverified: 'go-on' as const } };
    const run = await runRegionalFailover({ ...at, plan }, decided);
    expect(run.end).toBe('Recovered');
    expect(run.called).not.toContain('RequestApproval');
    expect(leftWith(run, 'FencePrimary')).toMatchObject({ verified: false, ask: false });
  });

  it('is no fence when the third site falls silent while it is waited for: people are asked', async () => {
    const at = await silent(200);
    const silenced: Happening = (state, call) => {
      if (state === 'ConfirmFence') at.ports.writeLease.down = true;
      return decided(state, call);
    };
    const run = await runRegionalFailover(at, silenced, {
      afterwards: (state) => {
        if (state === 'RequestApproval') void decline(at);
      },
    });
    expect(run.called.filter((state) => state === 'ConfirmFence')).toHaveLength(60);
    expect(run.called).toContain('RequestApproval');
    expect(at.ports.database.calls.promote).toBe(0);
  });

  it('that people have waited for is verified by the time they approve', async () => {
    const at = await silent(-1);
    at.ports.writeLease.down = true;
    const run = await runRegionalFailover(at, decided, {
      afterwards: (state) => {
        if (state !== 'RequestApproval') return;
        at.ports.writeLease.down = false;
        void approve(at);
      },
    });
    expect(run.end).toBe('Recovered');
    expect(leftWith(run, 'RenewFence')).toMatchObject({ verified: true, verifiedBy: 'write-lease' });
  });
});
