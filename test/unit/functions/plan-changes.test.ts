import { describe, expect, it } from 'vitest';
import type { DryRun } from '#domain/dry-run.ts';
import { PLANNERS } from '#domain/planned-change.ts';
import { ENDING_STEPS, RECOVERY_STEPS, SIDE_STEPS } from '#domain/steps.ts';
import { type World, world } from '#test/support/fakes/world.ts';
import type { Needs } from '../../../functions/pipeline/port-factory.ts';
import { planChanges } from '../../../functions/plan-changes.ts';
import { probeService } from '../../../functions/probe-service.ts';
import { kebab } from '../../../scripts/state-graph.ts';

const TOPIC = 'arn:aws:sns:us-west-2:123456789012:notices';
const APPROVAL_TOPIC = 'arn:aws:sns:us-west-2:123456789012:approvals';

const probed = async (at: World): Promise<World> => {
  await probeService({ ...at, environment: { SITE: 'standby' } });
  await probeService({ ...at, environment: { SITE: 'witness' } });
  at.clock.advance(1_000);
  return at;
};

const dryRun = (at: World, request: Partial<World['request']> = {}) =>
  planChanges({
    ...at,
    request: { ...at.request, mode: 'dry-run', trigger: 'person', ...request },
    environment: { NOTICE_TOPIC_ARN: TOPIC, APPROVAL_TOPIC_ARN: APPROVAL_TOPIC },
  });

const dead = async (): Promise<World> => {
  const at = await probed(world());
  at.killPrimary();
  const incident = { ...at.request.incident, startedAt: at.clock.now() };
  await probed(at);
  return { ...at, request: { ...at.request, incident } };
};

describe('PlanChanges', () => {
  it('knows every step that changes something, in the order of the steps', async () => {
    const planned = Object.keys(PLANNERS);
    const recovery = RECOVERY_STEPS.flatMap((step) => [
      step,
      ...SIDE_STEPS.filter(({ after }) => after === step.state),
    ]);
    const states = [...recovery, ...ENDING_STEPS].map(({ state }) => state);
    expect(planned).toEqual(states.filter((state) => planned.includes(state)));
    const changing = recovery.filter(({ changes }) => changes).map(({ state }) => state);
    expect(changing.filter((state) => !planned.includes(state))).toEqual([]);
    // Nor does a step ask people, or send anything, that a dry run does not know of.
    for (const state of states) {
      const { handler } = (await import(`../../../functions/${kebab(state)}.ts`)) as { handler: { needs: Needs } };
      if (handler.needs.ports.includes('announcer')) expect(planned).toContain(state);
    }
  });

  describe('whether people would be asked', () => {
    const of = (result: DryRun, state: string) => result.changes.filter((change) => change.state === state);
    const UNPROVEN = 'nothing proves that the old primary takes no writes';
    const SHORT = 'the standby lacks more than the RPO of what the fenced primary has';

    it('only where the fence cannot be proven or shows a loss over the RPO, when the policy lets it pass', async () => {
      const result = await dryRun(await dead());
      expect(result).toMatchObject({
        severity: { level: 1 },
        approval: { required: false, policy: 'outage-reported-by-a-person' },
      });
      expect(new Set(of(result, 'RequestApproval').map(({ onlyIf }) => onlyIf))).toEqual(
        new Set([`${UNPROVEN}, or ${SHORT}`]),
      );
    });

    it('only about such a loss, when the plan does not ask about a fence that cannot be proven', async () => {
      const at = await dead();
      const plan = { ...at.plan, fence: { ...at.plan.fence, unverified: 'go-on' as const } };
      const result = await dryRun({ ...at, plan });
      expect(new Set(of(result, 'RequestApproval').map(({ onlyIf }) => onlyIf))).toEqual(new Set([SHORT]));
    });

    it('never, when moreover no database says what is missing', async () => {
      const at = await dead();
      const fence = { ...at.plan.fence, unverified: 'go-on' as const, methods: ['workloads-to-zero' as const] };
      const result = await dryRun({ ...at, plan: { ...at.plan, fence } });
      for (const state of ['RequestApproval', 'EscalateApproval', 'RenewFence']) expect(of(result, state)).toEqual([]);
    });

    it('of whom, how many, and by when, as the request or the policy wants it', async () => {
      const result = await dryRun(await dead(), { approval: { withinSeconds: 600 } });
      expect(result.approval).toMatchObject({
        required: true,
        needed: 2,
        approvers: ['john-doe', 'jane-smith', 'bob-wilson', 'alice-brown'],
        reason: expect.stringContaining('2 of 4 within 10m'),
      });
      const [request, question, ...links] = of(result, 'RequestApproval');
      expect(request).toMatchObject({
        call: 'dynamodb:PutItem',
        to: 'open: 2 of John Doe, Jane Smith, Bob Wilson, Alice Brown within 10m',
        onlyIf: null,
      });
      expect(question).toMatchObject({ call: 'sns:Publish', target: TOPIC, onlyIf: null });
      expect(links.map(({ target, to }) => `${target} ${to}`)).toEqual(
        ['John Doe', 'Jane Smith', 'Bob Wilson', 'Alice Brown'].map(
          (name) => `${APPROVAL_TOPIC} two links, for ${name} alone`,
        ),
      );
      expect(of(result, 'EscalateApproval')[0]).toMatchObject({
        to: expect.stringMatching(/Alice Brown, Carol Davis, Mike Johnson within 6m40s$/),
        onlyIf: 'nothing is decided 3m20s after the question',
      });
      expect(of(result, 'RenewFence').every(({ onlyIf }) => onlyIf?.startsWith('people have approved'))).toBe(true);
      expect(of(result, 'RenewFence').map(({ target }) => target)).toEqual(
        of(result, 'FencePrimary').flatMap(({ target }) => (target.startsWith('claim') ? [] : [target])),
      );
      expect(of(result, 'LiftFence').every(({ onlyIf }) => onlyIf?.startsWith('it stops before'))).toBe(true);
    });

    it('by the severity that a person gives', async () => {
      const result = await dryRun(await dead(), { severity: 3 });
      expect(result).toMatchObject({
        severity: { level: 3, rule: 'given' },
        approval: { required: true, policy: 'anything-else' },
      });
    });

    it('of a healthy service as if its region died now', async () => {
      const result = await dryRun(await probed(world()));
      expect(result).toMatchObject({ wouldGo: false, severity: { level: 1 }, approval: { required: false } });
    });
  });

  it('would go when the region is dead: every change with its parameters, none made', async () => {
    const at = await dead();
    const before = structuredClone({ ...at.ports.database.servers.standby, rows: [] });
    const result = await dryRun(at);

    expect(result.refusals).toEqual([]);
    expect(result.wouldGo).toBe(true);
    expect(result.evidence).toMatchObject({ outcome: 'recover' });
    expect(result.dataLoss?.atMostSeconds).toEqual(expect.any(Number));
    const of = (state: string) => result.changes.filter((change) => change.state === state);
    expect(of('PromoteReplica').filter(({ onlyIf }) => onlyIf === null)).toMatchObject([
      { call: 'dynamodb:UpdateItem', target: 'claim of plan svg-ai' },
      { call: 'rds:PromoteReadReplica', target: 'svg-ai-db-replica in us-west-2', needed: true, note: 'one-way' },
    ]);
    expect(of('ScaleUpWorkloads')).toMatchObject([
      { from: '0 replicas', to: '3 replicas', note: 'what it was is kept on the object' },
    ]);
    at.ports.workloads.clusters.standby.autoscalers = [
      { name: 'hpa', deployment: 'svg-ai-api', min: 1, max: 9, minBefore: null },
    ];
    expect((await dryRun(at)).changes.filter(({ state }) => state === 'ScaleUpWorkloads')).toMatchObject([
      {
        call: 'kubernetes: patch',
        target: 'horizontalpodautoscaler production/hpa in svg-ai-west',
        from: 'minReplicas 1',
        to: 'minReplicas 3',
        needed: true,
      },
      { call: 'kubernetes: scale' },
    ]);
    expect(at.ports.workloads.clusters.standby.autoscalers).toMatchObject([{ min: 1, minBefore: null }]);
    expect(of('ShiftTraffic')).toMatchObject([
      { call: 'cloudwatch:PutMetricData', to: 'standby' },
      { from: expect.stringContaining('svg-ai-east'), to: expect.stringMatching(/svg-ai-west.*TTL 60 s/) },
    ]);
    expect(of('RepointApplication')).toContainEqual(
      expect.objectContaining({ target: expect.stringContaining('db-config key host'), needed: true }),
    );
    expect(of('FencePrimary')[0]).toMatchObject({ target: 'claim of plan svg-ai', onlyIf: null });
    expect(of('FencePrimary')[1]).toMatchObject({
      to: 'refused: alter role "svg_ai_app" nologin',
      onlyIf: expect.stringContaining('it answers then, which it does not do now ('),
    });
    expect(result.changes).toContainEqual(expect.objectContaining({ call: 'sns:Publish', target: TOPIC }));

    expect(at.ports.database.calls).toEqual({ promote: 0, fence: 0 });
    expect(at.ports.traffic.changes).toBe(0);
    expect({ ...at.ports.database.servers.standby, rows: [] }).toEqual(before);
    expect(await at.ports.claims.read('svg-ai')).toBeNull();
  });

  it('walks everything on a healthy service and says that it would be refused', async () => {
    const at = await probed(world());
    const rows = () => at.ports.database.servers.primary.rows.size;
    const before = rows();
    const result = await dryRun(at);
    expect(result).toMatchObject({ wouldGo: false, evidence: { outcome: 'more-evidence', code: 'healthy' } });
    expect(result.refusals[0]).toMatchObject({ by: 'FO-900', reason: expect.stringMatching(/healthy: /) });
    expect(result.changes.map(({ state }) => state)).toContain('ShiftTraffic');
    expect(rows()).toBe(before);
  });

  it('supposes that a healthy region dies now: a sample from after the question counts', async () => {
    const at = await probed(world());
    const incident = { id: 'dry-run', startedAt: '2026-11-23T00:00:00.000Z', detectedAt: '2026-11-23T00:00:00.000Z' };
    const result = await dryRun(at, { incident });
    expect(result.refusals.map(({ by }) => by)).toEqual(['FO-900']);
    expect(result.dataLoss?.atMostSeconds).toBeLessThan(60);
  });

  it('lists every refusal at once: claim, evidence and guards', async () => {
    const at = await probed(world());
    await at.ports.claims.take('svg-ai', 'arn:aws:states:other', at.clock.now(), 0);
    at.ports.database.servers.standby.status = 'backing-up';
    const { refusals } = await dryRun(at);
    expect(refusals.map(({ by }) => by)).toEqual(['FO-900', 'GU-030', 'GU-130']);
    expect(refusals[1]?.reason).toContain('arn:aws:states:other');
  });

  it('says when the cool-down of the last recovery is over', async () => {
    const at = await dead();
    const { epoch } = await at.ports.claims.take('svg-ai', 'arn:aws:states:other', at.clock.now(), 0);
    await at.ports.claims.release('svg-ai', 'arn:aws:states:other', epoch, at.clock.now());
    const { refusals } = await dryRun(at);
    expect(refusals).toEqual([{ by: 'GU-040', reason: expect.stringContaining('cool-down until ') }]);
  });

  it('shows what a person overrides', async () => {
    const at = await dead();
    const { epoch } = await at.ports.claims.take('svg-ai', 'arn:aws:states:other', at.clock.now(), 0);
    await at.ports.claims.release('svg-ai', 'arn:aws:states:other', epoch, at.clock.now());
    const overrides = [{ guard: 'GU-040', by: 'jane', reason: 'another cause' }] as const;
    const { wouldGo, guards } = await dryRun(at, { overrides });
    expect(wouldGo).toBe(true);
    expect(guards).toContainEqual(expect.objectContaining({ id: 'GU-040', state: 'refuses', passed: true }));
  });

  it('says of what is so already that it would be left alone', async () => {
    const at = await dead();
    await at.ports.traffic.shift('standby');
    const { changes } = await dryRun(at);
    expect(changes.find(({ state }) => state === 'ShiftTraffic')).toMatchObject({ needed: false });
  });
});
