import { describe, expect, it } from 'vitest';
import { approvalNeed } from '#domain/approval.ts';
import { verifyChain } from '#domain/ledger-chain.ts';
import type { Choice } from '#domain/votes.ts';
import { type Decided, takeDecision } from '#src/take-decision.ts';
import { type World, world } from '#test/support/fakes/world.ts';
import { ASKED, type Happening, runRegionalFailover } from '#test/support/run-regional-failover.ts';
import { DEAD } from '#test/support/verdict.ts';
import { probeService } from '../../functions/probe-service.ts';

const ARN = 'arn:aws:states:us-west-2:123456789012:execution:regional-failover:by-hand';
const APPROVAL = { ...ASKED, approval: 'required', decideWithin: '4s' };

/** The application of the primary region is dead, its database lives; `all`: the whole region is dead. */
const outage = async ({ all = false } = {}): Promise<World> => {
  const at = world();
  for (const SITE of ['standby', 'witness'] as const) await probeService({ ...at, environment: { SITE } });
  at.clock.advance(1_000);
  if (all) at.killPrimary();
  else for (const one of at.ports.workloads.clusters.primary.deployments.values()) one.ready = 0;
  for (const SITE of ['standby', 'witness'] as const) await probeService({ ...at, environment: { SITE } });
  at.clock.advance(1_000);
  return at;
};

const vote = (at: World, approver: string, choice: Choice): Promise<Decided> =>
  takeDecision(at.ports, at.clock, {
    execution: ARN,
    approver,
    name: at.plan.approval.people.find(({ id }) => id === approver)?.name ?? approver,
    choice,
    reason: 'as tested',
    via: 'command',
  });

/** The evidence is not what these tests are about. */
const decided: Happening = (state) => (state === 'AssessEvidence' ? DEAD : undefined);

const runAsked = (at: World, then: (state: string) => void, happening: Happening = decided) =>
  runRegionalFailover(at, happening, { input: APPROVAL, afterwards: then });

const declining = (at: World) => ({
  afterwards: (state: string) => {
    if (state === 'RequestApproval') void vote(at, 'john-doe', 'decline');
  },
});

const promotions = (at: World) => at.ports.database.calls.promote;

describe('approval', () => {
  it('is not asked for where the plan says automatic', async () => {
    const at = await outage({ all: true });
    const run = await runRegionalFailover(at, decided);
    expect(run.end).toBe('Recovered');
    expect(run.called).not.toContain('RequestApproval');
    const { result } = run.record.find(({ state, kind }) => state === 'CheckGuards' && kind === 'left') ?? {};
    expect(result).toMatchObject({ approval: { required: false, policy: 'outage-reported-by-a-person' } });
  });

  it('is asked for, whatever the plan says, where more than the RPO is missing behind the fence of a primary that lives', async () => {
    const at = await outage();
    at.ports.database.insert('primary', 'replicated');
    at.ports.database.servers.standby.replication = 'connecting';
    at.ports.database.insert('primary', 'not replicated');
    const asked: string[] = [];
    const run = await runRegionalFailover(
      at,
      (state) => {
        if (state === 'FencePrimary') at.clock.advance(3_601_000);
        if (state === 'CheckGuards') return undefined;
        return decided(state, 1);
      },
      {
        afterwards: (state) => {
          if (state !== 'RequestApproval') return;
          asked.push(state);
          void vote(at, 'john-doe', 'decline');
        },
      },
    );
    expect(asked).toHaveLength(1);
    expect(run).toMatchObject({ status: 'FAILED', error: 'ApprovalDeclinedError' });
    expect(promotions(at)).toBe(0);
    const request = await at.ports.approvals.read(ARN);
    expect(request?.facts).toMatch(/Data that can be lost: .*; the RPO is 1h/);
    expect(at.ports.database.servers.primary.applicationRefused).toBe(false);
  });

  it('is asked for where the evidence shows less than an outage: the service reads and does not write', async () => {
    const at = world();
    for (const SITE of ['standby', 'witness'] as const) await probeService({ ...at, environment: { SITE } });
    at.clock.advance(1_000);
    const full = async () => ({ status: 503, ms: 1, region: at.plan.regions.primary, body: {} });
    at.ports.serviceProbe = { ...at.ports.serviceProbe, write: full };
    for (const SITE of ['standby', 'witness'] as const) await probeService({ ...at, environment: { SITE } });
    const run = await runRegionalFailover(at, undefined, declining(at));
    expect(run).toMatchObject({ end: 'ApprovalRefused', error: 'ApprovalDeclinedError' });
    expect(promotions(at)).toBe(0);
    expect(at.ports.announcer.sent[0]).toMatchObject({
      attributes: { kind: 'approval', severity: '2' },
      text: expect.stringContaining('Severity: 2 (25 % of the users or more are affected)'),
    });
  });

  it('is asked for where a person gives a severity that the policy does not let pass by itself', async () => {
    const at = await outage({ all: true });
    const run = await runRegionalFailover(at, undefined, {
      ...declining(at),
      input: { ...ASKED, by: 'jane', severity: 3 },
    });
    expect(run).toMatchObject({ end: 'ApprovalRefused', error: 'ApprovalDeclinedError' });
    const { result } = run.record.find(({ state, kind }) => state === 'CheckGuards' && kind === 'left') ?? {};
    expect(result).toMatchObject({ approval: { required: true, policy: 'anything-else' } });
    expect(at.ports.announcer.sent[0]).toMatchObject({ attributes: { severity: '3' } });
  });

  it('given by two: fenced again, then promoted; both names on record', async () => {
    const at = await outage();
    const run = await runAsked(at, (state) => {
      if (state === 'RequestApproval')
        void vote(at, 'john-doe', 'approve').then(() => vote(at, 'bob-wilson', 'approve'));
    });
    expect(run).toMatchObject({ status: 'SUCCEEDED', end: 'Recovered' });
    expect(run.called).not.toContain('EscalateApproval');
    expect(run.called.indexOf('RenewFence')).toBeLessThan(run.called.indexOf('PromoteReplica'));
    const decisions = run.record.filter(({ kind }) => kind === 'decision');
    expect(decisions).toMatchObject([
      { actor: 'person:John Doe', result: { choice: 'approve', status: 'open', votes: '1 of 2 approved: john-doe' } },
      { actor: 'person:Bob Wilson', result: { choice: 'approve', status: 'approved' } },
    ]);
    expect(verifyChain(run.record)).toMatchObject({ intact: true });
    expect(promotions(at)).toBe(1);
    const { sent: personal } = at.ports.personalAnnouncer;
    expect(personal.map(({ attributes }) => attributes.approver)).toEqual(at.plan.approval.approvers);
    for (const { text } of personal) expect(text.match(/https:\/\/decide\.example\/\?d=\S+/g)).toHaveLength(2);
    expect(JSON.stringify(run.record)).not.toContain('decide.example');
    expect(at.ports.announcer.sent[0]?.text).toMatch(
      /Data that can be lost: none: the standby has all that the fenced primary had[\s\S]*continuity approve arn:/,
    );
  });

  it('declined: the fence is lifted, nothing is promoted, the incident is over', async () => {
    const at = await outage();
    const run = await runAsked(at, (state) => {
      if (state === 'RequestApproval') void vote(at, 'jane-smith', 'decline');
    });
    expect(run).toMatchObject({ status: 'FAILED', end: 'ApprovalRefused', error: 'ApprovalDeclinedError' });
    expect(run.cause).toContain('jane-smith declined');
    expect(promotions(at)).toBe(0);
    expect(at.ports.database.servers.primary.applicationRefused).toBe(false);
    expect(at.ports.workloads.clusters.primary.deployments.get('svg-ai-api')?.wanted).toBe(3);
    const published = run.record.findLast(({ state, kind }) => state === 'PublishOutcome' && kind === 'left');
    expect(published?.result).toMatchObject({
      result: 'refused',
      incidentClosed: true,
      done: expect.arrayContaining(['lift the fence']),
    });
    expect(await at.ports.claims.read('svg-ai')).toMatchObject({ holder: null, releasedAt: null });
  });

  it('not given in time: asked again with more people, then stopped with the fence lifted', async () => {
    const at = await outage();
    const run = await runAsked(at, () => undefined);
    expect(run).toMatchObject({ status: 'FAILED', end: 'ApprovalRefused', error: 'ApprovalTimedOutError' });
    expect(run.called.filter((state) => /Approval$/.test(state))).toEqual(['RequestApproval', 'EscalateApproval']);
    expect(at.ports.announcer.sent.map(({ subject }) => subject)).toEqual([
      expect.stringMatching(/^APPROVAL/),
      expect.stringMatching(/^STILL WAITING FOR APPROVAL/),
    ]);
    expect(promotions(at)).toBe(0);
    expect(at.ports.database.servers.primary.applicationRefused).toBe(false);
    expect(at.ports.approvals.requests.get(ARN)).toMatchObject({ status: 'lapsed', round: 2 });
    await expect(vote(at, 'john-doe', 'approve')).rejects.toMatchObject({ name: 'DecisionRefusedError' });
  });

  it('counts votes of both rounds, also of those who are asked second', async () => {
    const at = await outage();
    const run = await runAsked(at, (state) => {
      if (state === 'RequestApproval') void vote(at, 'john-doe', 'approve');
      if (state === 'EscalateApproval') void vote(at, 'carol-davis', 'approve');
    });
    expect(run.end).toBe('Recovered');
    expect(run.record.filter(({ kind }) => kind === 'decision').map(({ state }) => state)).toEqual([
      'RequestApproval',
      'EscalateApproval',
    ]);
  });

  it('a decision between two rounds goes to the second at once', async () => {
    const at = await outage();
    const run = await runAsked(
      at,
      () => undefined,
      async (state, call) => {
        if (state === 'EscalateApproval') {
          await vote(at, 'john-doe', 'approve');
          expect(await vote(at, 'bob-wilson', 'approve')).toMatchObject({ outcome: 'late' });
        }
        return decided(state, call);
      },
    );
    expect(run.end).toBe('Recovered');
    expect(at.ports.announcer.sent).toHaveLength(1);
  });

  it('a message that cannot be sent does not stop it', async () => {
    const at = await outage();
    at.ports.announcer.down = true;
    const run = await runAsked(at, (state) => {
      if (state === 'RequestApproval')
        void vote(at, 'john-doe', 'approve').then(() => vote(at, 'bob-wilson', 'approve'));
    });
    expect(run.end).toBe('Recovered');
    const asked = run.record.find(({ state, kind }) => state === 'RequestApproval' && kind === 'left');
    expect(asked?.result).toMatchObject({ message: { error: expect.stringContaining('NoticeNotSentError') } });
  });

  it('declined after an earlier run promoted: the fence stays', async () => {
    const at = await outage();
    Object.assign(at.ports.database.servers.standby, { replicaOf: null, inRecovery: false, replication: null });
    const approval = approvalNeed(at.plan, { trigger: 'person', approval: { withinSeconds: null } }, DEAD.severity);
    const run = await runAsked(
      at,
      (state) => {
        if (state === 'RequestApproval') void vote(at, 'john-doe', 'decline');
      },
      (state, call) => (state === 'CheckGuards' ? { approval } : decided(state, call)),
    );
    expect(run).toMatchObject({ end: 'ApprovalRefused', error: 'ApprovalDeclinedError' });
    expect(at.ports.database.servers.primary.applicationRefused).toBe(true);
    const lift = run.record.find(({ state, kind }) => state === 'LiftFence' && kind === 'left');
    expect(lift?.result).toMatchObject({
      lifted: false,
      stays: 'svg-ai-db-replica is no replica any more',
      methods: [],
    });
  });

  it('of a dead primary, declined: what could not be lifted is on record and the incident stays open', async () => {
    const at = await outage({ all: true });
    const run = await runAsked(at, (state) => {
      if (state === 'RequestApproval') void vote(at, 'john-doe', 'decline');
    });
    expect(run).toMatchObject({ end: 'ApprovalRefused' });
    const lift = run.record.find(({ state, kind }) => state === 'LiftFence' && kind === 'left');
    expect(lift?.result).toMatchObject({
      lifted: false,
      methods: [{ outcome: 'unreachable' }, { outcome: 'unreachable' }, { method: 'write-lease', outcome: 'lifted' }],
    });
    expect(await at.ports.incidents.current('svg-ai')).not.toBeNull();
  });
});
