import { describe, expect, it } from 'vitest';
import { type World, world } from '#test/support/fakes/world.ts';
import { checkGuards } from '../../../functions/check-guards.ts';
import { probeService } from '../../../functions/probe-service.ts';

/** A healthy sample from before the incident, then the region dies. */
const dying = async (): Promise<World> => {
  const at = world();
  await probeService({ ...at, environment: { SITE: 'standby' } });
  at.clock.advance(1_000);
  at.killPrimary();
  const incident = { ...at.request.incident, startedAt: at.clock.now() };
  return { ...at, request: { ...at.request, incident } };
};

describe('CheckGuards', () => {
  it('gives every answer and the data-loss estimate when all pass, and changes nothing', async () => {
    const at = await dying();
    const result = await checkGuards(at);
    expect(result.guards.every(({ passed }) => passed)).toBe(true);
    expect(result.standby).toMatchObject({ inRecovery: true });
    expect(result.dataLoss.atMostSeconds).toBeLessThanOrEqual(1);
    expect(at.ports.database.calls).toEqual({ promote: 0, fence: 0 });
  });

  it('names every reason at once', async () => {
    const at = await dying();
    at.ports.database.servers.standby.status = 'backing-up';
    at.ports.workloads.clusters.standby.deployments.clear();
    await expect(checkGuards(at)).rejects.toMatchObject({
      name: 'GuardsRefusedError',
      message: expect.stringMatching(/GU-130: .*backing-up.*; GU-310: /),
    });
  });

  it("refuses an alarm's run that the kill switch or a window stops, and not a person's that overrides", async () => {
    const at = await dying();
    const order = { by: 'jane', reason: 'release 42', at: at.clock.now() };
    await at.ports.standingOrders.switchOff('svg-ai', order);
    const until = new Date(Date.parse(at.clock.now()) + 60_000).toISOString();
    await at.ports.standingOrders.startMaintenance('svg-ai', { ...order, until });
    await expect(checkGuards(at)).rejects.toMatchObject({
      message: expect.stringMatching(/^GU-010: .*jane.*release 42; GU-020: .*until/),
    });
    const overrides = [{ guard: 'GU-020', by: 'joe', reason: 'it is no drill' }] as const;
    const person = { ...at, request: { ...at.request, trigger: 'person' as const, overrides } };
    const { guards } = await checkGuards(person);
    expect(guards.find(({ id }) => id === 'GU-020')).toMatchObject({ state: 'refuses', passed: true });
  });

  it('takes what it cannot look up for unknown, and refuses', async () => {
    const at = await dying();
    at.ports.standingOrders.down = true;
    at.ports.readings.list = async () => Promise.reject(new Error('ThrottlingException'));
    await expect(checkGuards(at)).rejects.toMatchObject({
      name: 'GuardsRefusedError',
      message: expect.stringMatching(/GU-010: .*GU-020: .*GU-210: .*GU-320: .*GU-330: /),
    });
  });

  it('refuses when something could not be looked up', async () => {
    const at = await dying();
    at.ports.database.servers.standby.exists = false;
    await expect(checkGuards(at)).rejects.toMatchObject({ message: expect.stringContaining('DatabaseNotFoundError') });
  });

  describe('after a promotion that a run of this incident let begin', () => {
    const retried = async (execution = 'arn:by-hand') => {
      const at = await dying();
      const { epoch } = await at.ports.claims.take('svg-ai', execution, at.clock.now(), 0);
      await at.ports.claims.commit('svg-ai', execution, epoch, at.request.incident.id, at.clock.now());
      await at.ports.claims.release('svg-ai', execution, epoch, at.clock.now(), { startsCoolDown: false });
      return at;
    };
    const promoted = { replicaOf: null, replication: null, inRecovery: false };

    it.each(['available', 'backing-up'])('goes on with a standby that is promoted and %s', async (status) => {
      const at = await retried();
      Object.assign(at.ports.database.servers.standby, promoted, { status });
      expect((await checkGuards(at)).guards.every(({ passed }) => passed)).toBe(true);
    });

    it('goes on with a standby whose promotion is under way', async () => {
      const at = await retried();
      at.ports.database.servers.standby.status = 'modifying';
      expect((await checkGuards(at)).guards.every(({ passed }) => passed)).toBe(true);
    });

    it('refuses one whose database does not work, and a replica that cannot be promoted', async () => {
      const at = await retried();
      Object.assign(at.ports.database.servers.standby, promoted, { status: 'storage-full' });
      await expect(checkGuards(at)).rejects.toMatchObject({ message: expect.stringContaining('GU-130') });
      Object.assign(at.ports.database.servers.standby, { replicaOf: 'svg-ai-db', status: 'backing-up' });
      await expect(checkGuards(at)).rejects.toMatchObject({ message: expect.stringContaining('GU-130') });
    });

    it('refuses a standby that another incident promoted, or nobody did', async () => {
      const at = await retried();
      Object.assign(at.ports.database.servers.standby, promoted);
      const incident = { ...at.request.incident, id: 'INC-2026-1123-002' };
      const other = { ...at, request: { ...at.request, incident } };
      await expect(checkGuards(other)).rejects.toMatchObject({ message: expect.stringContaining('GU-120') });
    });
  });
});
