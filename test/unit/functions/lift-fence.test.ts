import { describe, expect, it } from 'vitest';

import { UnreachableError } from '#domain/errors.ts';
import { type World, withWorker, world } from '#test/support/fakes/world.ts';
import { fencePrimary } from '../../../functions/fence-primary.ts';
import { liftFence } from '../../../functions/lift-fence.ts';
import { renewFence } from '../../../functions/renew-fence.ts';
import { scaleUpWorkloads } from '../../../functions/scale-up-workloads.ts';
import { newTransition } from '../domain/support.ts';

const failure = { state: 'RequestApproval', error: 'ApprovalDeclinedError', cause: 'no' };
const replicas = (at: World) => at.ports.workloads.clusters.primary.deployments.get('svg-ai-api');

/** Not as many as the plan says. */
const running = (wanted: number): World => {
  const at = world();
  const deployment = replicas(at);
  if (deployment) deployment.wanted = wanted;
  return at;
};

describe('LiftFence', () => {
  it('brings back what the fence took: the role and the replicas that were wanted before', async () => {
    const at = running(7);
    await fencePrimary(at);
    expect(replicas(at)?.wanted).toBe(0);
    const lifted = await liftFence({ ...at, input: { failure } });
    expect(lifted).toMatchObject({
      lifted: true,
      stays: null,
      methods: [
        { outcome: 'lifted' },
        { outcome: 'lifted', detail: 'replicas wanted: svg-ai-api: 7' },
        { method: 'write-lease', outcome: 'lifted' },
      ],
    });
    expect(replicas(at)).toMatchObject({ wanted: 7, rescaled: null });
    expect(() => at.ports.database.insert('primary', 'again')).not.toThrow();
    expect(await liftFence({ ...at, input: { failure } })).toMatchObject({ lifted: true });
    expect(replicas(at)?.wanted).toBe(7);
  });

  it('brings back the others where one deployment of the plan is not there, and says which', async () => {
    const at = running(7);
    const plan = withWorker(at.plan);
    await fencePrimary({ ...at, plan });
    const lifted = await liftFence({ ...at, plan, input: { failure } });
    expect(replicas(at)).toMatchObject({ wanted: 7, rescaled: null });
    expect(lifted).toMatchObject({ lifted: true, stays: null });
    expect(lifted.methods[1]).toEqual({
      method: 'workloads-back',
      outcome: 'lifted',
      detail: 'replicas wanted: svg-ai-api: 7; deployment svg-ai-worker is not in svg-ai-east',
    });
  });

  describe('brings back as many replicas as there were', () => {
    const expectBack = async (at: World) => {
      expect(replicas(at)?.wanted).toBe(0);
      expect(await liftFence({ ...at, input: { failure } })).toMatchObject({ lifted: true });
      expect(replicas(at)?.wanted).toBe(9);
    };

    it('when the fence failed, because the database answered and was not fenced', async () => {
      const at = running(9);
      const { databaseSession } = at.ports;
      const fence = async () => ({ fenced: false, endedSessions: 0 });
      const ports = { ...at.ports, databaseSession: { ...databaseSession, fence } };
      await expect(fencePrimary({ ...at, ports })).rejects.toMatchObject({ name: 'FenceFailedError' });
      await expectBack(at);
    });

    it('when the fence was repeated, which finds its own zeros', async () => {
      const at = running(9);
      await fencePrimary(at);
      const again = await fencePrimary(at);
      expect(again.methods[1]).toMatchObject({ method: 'workloads-to-zero', before: { 'svg-ai-api': 9 } });
      await expectBack(at);
    });

    it('when the answer to its own change was lost', async () => {
      const at = running(9);
      const { workloads } = at.ports;
      let lost = false;
      const rescale = async (...asked: Parameters<typeof workloads.rescale>) => {
        await workloads.rescale(...asked);
        if (lost) return;
        lost = true;
        throw new UnreachableError('patch deployments: ECONNRESET');
      };
      const fence = await fencePrimary({ ...at, ports: { ...at.ports, workloads: { ...workloads, rescale } } });
      expect(fence.methods[1]).toMatchObject({ outcome: 'fenced', before: { 'svg-ai-api': 9 } });
      await expectBack(at);
    });

    it('when it was fenced again after the approval', async () => {
      const at = running(9);
      const fence = await fencePrimary(at);
      const again = await renewFence({ ...at, input: { fence } });
      expect(again.methods[1]).toMatchObject({ before: { 'svg-ai-api': 9 } });
      await expectBack(at);
    });

    it('when an earlier run fenced and died', async () => {
      const at = running(9);
      await fencePrimary({ ...at, run: { ...at.run, execution: 'arn:earlier' } });
      await fencePrimary(at);
      await expectBack(at);
    });

    it('when something else scaled it up between two fences of the run', async () => {
      const at = running(9);
      const fence = await fencePrimary(at);
      const deployment = replicas(at);
      if (deployment) deployment.wanted = 1;
      await renewFence({ ...at, input: { fence } });
      await expectBack(at);
    });
  });

  it('touches no deployment that nobody fenced', async () => {
    const at = running(9);
    expect(await liftFence({ ...at, input: { failure } })).toMatchObject({
      lifted: true,
      methods: [{}, { method: 'workloads-back', outcome: 'lifted', detail: 'no deployment is fenced' }, {}],
    });
    expect(replicas(at)).toMatchObject({ wanted: 9, rescaled: null });
    const deployment = replicas(at);
    if (deployment) deployment.wanted = 0;
    await fencePrimary(at);
    await liftFence({ ...at, input: { failure } });
    expect(replicas(at)).toMatchObject({ wanted: 0, rescaled: null });
  });

  it('takes nothing that another direction scaled up for what a fence took, nor what people scaled since', async () => {
    const at = running(0);
    const deployment = replicas(at);
    const rescaled = { before: 2, after: 9, execution: 'arn:other-direction' };
    if (deployment) deployment.rescaled = rescaled;
    const fence = await fencePrimary(at);
    expect(fence.methods[1]).toMatchObject({ before: { 'svg-ai-api': 0 } });
    await liftFence({ ...at, input: { failure } });
    expect(replicas(at)).toMatchObject({ wanted: 0, rescaled });
    if (deployment)
      Object.assign(deployment, { wanted: 4, rescaled: { before: 9, after: 0, execution: 'arn:earlier' } });
    await liftFence({ ...at, input: { failure } });
    expect(replicas(at)?.wanted).toBe(4);
  });

  it('says when the replicas do not come back', async () => {
    const at = running(9);
    await fencePrimary(at);
    const workloads = { ...at.ports.workloads, scale: async () => undefined };
    expect(await liftFence({ ...at, ports: { ...at.ports, workloads }, input: { failure } })).toMatchObject({
      lifted: false,
      methods: [{}, { method: 'workloads-back', outcome: 'failed', detail: 'not as wanted: svg-ai-api: 9' }, {}],
    });
  });

  describe('scales the standby back', () => {
    const state = 'ScaleUpWorkloads';
    const scaledUp = async (at: World, run = at.run) => {
      await at.ports.ledger.append({ ...newTransition({ execution: run.execution, state, kind: 'entered' }) });
      await scaleUpWorkloads({ ...at, run });
    };
    const standby = (at: World) => at.ports.workloads.clusters.standby.deployments.get('svg-ai-api');

    it('to what it was before this run, also when the scale-up was repeated and has no end on record', async () => {
      const at = running(9);
      Object.assign(standby(at) ?? {}, { wanted: 1 });
      await scaledUp(at);
      await scaledUp(at);
      expect(standby(at)?.wanted).toBe(3);
      expect(await liftFence({ ...at, input: { failure } })).toMatchObject({
        lifted: true,
        methods: [{}, {}, { method: 'standby-back', detail: 'replicas wanted: svg-ai-api: 1' }, {}],
      });
      expect(standby(at)).toMatchObject({ wanted: 1, rescaled: null });
    });

    it('never by what another run kept', async () => {
      const at = running(9);
      await scaledUp(at, { ...at.run, execution: 'arn:earlier' });
      await scaledUp(at);
      await liftFence({ ...at, input: { failure } });
      expect(standby(at)).toMatchObject({ wanted: 3, rescaled: { before: 0, after: 3, execution: 'arn:earlier' } });
    });
  });

  it('gives the write lease back, and says so when it cannot', async () => {
    const at = world();
    await fencePrimary(at);
    expect(at.ports.writeLease.lease.state).toBe('revoked');
    at.ports.writeLease.down = true;
    expect(await liftFence({ ...at, input: { failure } })).toMatchObject({ lifted: false });
    at.ports.writeLease.down = false;
    expect(await liftFence({ ...at, input: { failure } })).toMatchObject({ lifted: true });
    expect(at.ports.writeLease.lease).toMatchObject({ state: 'granted', holder: 'primary' });
  });

  it("puts an autoscaler's minimum back that this run raised, and touches none when it raised none", async () => {
    const at = world();
    const { standby } = at.ports.workloads.clusters;
    standby.autoscalers = [{ name: 'hpa', deployment: 'svg-ai-api', min: 3, max: 9, minBefore: 1 }];
    await fencePrimary(at);
    await liftFence({ ...at, input: { failure } });
    expect(standby.autoscalers).toMatchObject([{ min: 3, minBefore: 1 }]);
    const state = 'ScaleUpWorkloads';
    await at.ports.ledger.append({ ...newTransition({ execution: at.run.execution, state, kind: 'entered' }) });
    expect(await liftFence({ ...at, input: { failure } })).toMatchObject({
      lifted: true,
      methods: [{}, {}, { method: 'standby-back', detail: 'replicas wanted: hpa from 1' }, { method: 'write-lease' }],
    });
    expect(standby.autoscalers).toMatchObject([{ min: 1, minBefore: null }]);
  });

  it('leaves the fence alone beside a promoted standby', async () => {
    const at = world();
    await fencePrimary(at);
    Object.assign(at.ports.database.servers.standby, { replicaOf: null, inRecovery: false });
    const result = await liftFence({ ...at, input: { failure } });
    expect(result).toMatchObject({ lifted: false, methods: [], stays: expect.stringContaining('no replica any more') });
    expect(at.ports.database.servers.primary.applicationRefused).toBe(true);
  });

  it('leaves the fence alone beside a promotion that RDS is at', async () => {
    const at = world();
    await fencePrimary(at);
    at.ports.database.looksUntilPromoted = 3;
    await at.ports.database.promote();
    const result = await liftFence({ ...at, input: { failure } });
    expect(result).toMatchObject({ lifted: false, methods: [], stays: expect.stringContaining('is modifying') });
    expect(at.ports.database.servers.primary.applicationRefused).toBe(true);
  });

  it('leaves the fence alone when a run of this incident has let the promotion begin, and of no other', async () => {
    const at = world();
    await fencePrimary(at);
    const { epoch } = await at.ports.claims.take('svg-ai', 'arn:first', at.clock.now(), 0);
    await at.ports.claims.commit('svg-ai', 'arn:first', epoch, at.request.incident.id, at.clock.now());
    await at.ports.claims.release('svg-ai', 'arn:first', epoch, at.clock.now(), { startsCoolDown: false });
    await at.ports.claims.take('svg-ai', at.run.execution, at.clock.now(), 0);
    const result = await liftFence({ ...at, input: { failure } });
    expect(result).toMatchObject({ lifted: false, methods: [], stays: expect.stringContaining('was let begin') });
    const incident = { ...at.request.incident, id: 'INC-2026-1124-001' };
    const later = await liftFence({ ...at, request: { ...at.request, incident }, input: { failure } });
    expect(later).toMatchObject({ lifted: true, stays: null });
  });

  it('leaves the fence alone when it cannot see the standby', async () => {
    const at = world();
    await fencePrimary(at);
    at.ports.database.servers.standby.up = false;
    const result = await liftFence({ ...at, input: { failure } });
    expect(result).toMatchObject({ lifted: false, stays: expect.stringContaining('could not be looked at') });
    expect(at.ports.database.servers.primary.applicationRefused).toBe(true);
  });

  it('takes a dead primary for an outcome, each part for itself', async () => {
    const at = world();
    await fencePrimary(at);
    at.ports.database.servers.primary.up = false;
    expect(await liftFence({ ...at, input: { failure } })).toMatchObject({
      lifted: false,
      methods: [
        { method: 'database-role', outcome: 'unreachable' },
        { method: 'workloads-back', outcome: 'lifted' },
        { method: 'write-lease', outcome: 'lifted' },
      ],
    });
  });
});
