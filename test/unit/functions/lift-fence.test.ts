import { describe, expect, it } from 'vitest';
import { world } from '#test/support/fakes/world.ts';
import { fencePrimary } from '../../../functions/fence-primary.ts';
import { liftFence } from '../../../functions/lift-fence.ts';
import { newTransition } from '../domain/support.ts';

const failure = { state: 'RequestApproval', error: 'ApprovalDeclinedError', cause: 'no' };
const replicas = (at: ReturnType<typeof world>) => at.ports.workloads.clusters.primary.deployments.get('svg-ai-api');

describe('LiftFence', () => {
  it('brings back what the fence took: the role and the replicas that were wanted before', async () => {
    const at = world();
    const deployment = replicas(at);
    if (deployment) deployment.wanted = 7;
    const fence = await fencePrimary(at);
    expect(replicas(at)?.wanted).toBe(0);
    const lifted = await liftFence({ ...at, input: { fence, failure } });
    expect(lifted).toMatchObject({
      lifted: true,
      stays: null,
      methods: [{ outcome: 'lifted' }, { outcome: 'lifted' }, { method: 'write-lease', outcome: 'lifted' }],
    });
    expect(replicas(at)?.wanted).toBe(7);
    expect(() => at.ports.database.insert('primary', 'again')).not.toThrow();
    expect(await liftFence({ ...at, input: { fence, failure } })).toMatchObject({ lifted: true });
  });

  it('gives the write lease back, and says so when it cannot', async () => {
    const at = world();
    const fence = await fencePrimary(at);
    expect(at.ports.writeLease.lease.state).toBe('revoked');
    at.ports.writeLease.down = true;
    expect(await liftFence({ ...at, input: { fence, failure } })).toMatchObject({ lifted: false });
    at.ports.writeLease.down = false;
    expect(await liftFence({ ...at, input: { fence, failure } })).toMatchObject({ lifted: true });
    expect(at.ports.writeLease.lease).toMatchObject({ state: 'granted', holder: 'primary' });
  });

  it('takes the number of the plan when the fence was repeated, or gave nothing', async () => {
    const at = world();
    await fencePrimary(at);
    const again = await fencePrimary(at);
    await liftFence({ ...at, input: { fence: again, failure } });
    expect(replicas(at)?.wanted).toBe(3);
    await fencePrimary(at);
    await liftFence({ ...at, input: { fence: null, failure } });
    expect(replicas(at)?.wanted).toBe(3);
  });

  it("puts an autoscaler's minimum back that this run raised, and touches none when it raised none", async () => {
    const at = world();
    const { standby } = at.ports.workloads.clusters;
    standby.autoscalers = [{ name: 'hpa', deployment: 'svg-ai-api', min: 3, max: 9, minBefore: 1 }];
    const fence = await fencePrimary(at);
    await liftFence({ ...at, input: { fence, failure } });
    expect(standby.autoscalers).toMatchObject([{ min: 3, minBefore: 1 }]);
    const state = 'ScaleUpWorkloads';
    await at.ports.ledger.append({ ...newTransition({ execution: at.run.execution, state, kind: 'entered' }) });
    expect(await liftFence({ ...at, input: { fence, failure } })).toMatchObject({
      lifted: true,
      methods: [{}, {}, { method: 'standby-back', detail: 'replicas wanted: hpa from 1' }, { method: 'write-lease' }],
    });
    expect(standby.autoscalers).toMatchObject([{ min: 1, minBefore: null }]);
  });

  it('leaves the fence alone beside a promoted standby', async () => {
    const at = world();
    const fence = await fencePrimary(at);
    Object.assign(at.ports.database.servers.standby, { replicaOf: null, inRecovery: false });
    const result = await liftFence({ ...at, input: { fence, failure } });
    expect(result).toMatchObject({ lifted: false, methods: [], stays: expect.stringContaining('no replica any more') });
    expect(at.ports.database.servers.primary.applicationRefused).toBe(true);
  });

  it('leaves the fence alone beside a promotion that RDS is at', async () => {
    const at = world();
    const fence = await fencePrimary(at);
    at.ports.database.looksUntilPromoted = 3;
    await at.ports.database.promote();
    const result = await liftFence({ ...at, input: { fence, failure } });
    expect(result).toMatchObject({ lifted: false, methods: [], stays: expect.stringContaining('is modifying') });
    expect(at.ports.database.servers.primary.applicationRefused).toBe(true);
  });

  it('leaves the fence alone when a run of this incident has let the promotion begin, and of no other', async () => {
    const at = world();
    const fence = await fencePrimary(at);
    const { epoch } = await at.ports.claims.take('svg-ai', 'arn:first', at.clock.now(), 0);
    await at.ports.claims.commit('svg-ai', 'arn:first', epoch, at.request.incident.id, at.clock.now());
    await at.ports.claims.release('svg-ai', 'arn:first', epoch, at.clock.now(), { startsCoolDown: false });
    await at.ports.claims.take('svg-ai', at.run.execution, at.clock.now(), 0);
    const result = await liftFence({ ...at, input: { fence, failure } });
    expect(result).toMatchObject({ lifted: false, methods: [], stays: expect.stringContaining('was let begin') });
    const incident = { ...at.request.incident, id: 'INC-2026-1124-001' };
    const later = await liftFence({ ...at, request: { ...at.request, incident }, input: { fence, failure } });
    expect(later).toMatchObject({ lifted: true, stays: null });
  });

  it('leaves the fence alone when it cannot see the standby', async () => {
    const at = world();
    const fence = await fencePrimary(at);
    at.ports.database.servers.standby.up = false;
    const result = await liftFence({ ...at, input: { fence, failure } });
    expect(result).toMatchObject({ lifted: false, stays: expect.stringContaining('could not be looked at') });
    expect(at.ports.database.servers.primary.applicationRefused).toBe(true);
  });

  it('takes a dead primary for an outcome, each part for itself', async () => {
    const at = world();
    const fence = await fencePrimary(at);
    at.ports.database.servers.primary.up = false;
    expect(await liftFence({ ...at, input: { fence, failure } })).toMatchObject({
      lifted: false,
      methods: [
        { method: 'database-role', outcome: 'unreachable' },
        { method: 'workloads-back', outcome: 'lifted' },
        { method: 'write-lease', outcome: 'lifted' },
      ],
    });
  });
});
