import { describe, expect, it } from 'vitest';
import { firstBadAt, freshness } from '#domain/diagnosis.ts';
import { UnreachableError } from '#domain/errors.ts';
import { severityOfIncident } from '#domain/incident-severity.ts';
import { type World, world } from '#test/support/fakes/world.ts';
import { askGuards, checkGuards as checkStep } from '../../../functions/check-guards.ts';
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

const checkGuards = (at: World, severity = severityOfIncident(at.request, null)) =>
  checkStep({ ...at, input: { severity } });

describe('CheckGuards', () => {
  it('gives every answer and the data-loss estimate when all pass, and changes nothing', async () => {
    const at = await dying();
    const result = await checkGuards(at);
    expect(result.guards.every(({ passed }) => passed)).toBe(true);
    expect(result.standby).toMatchObject({ inRecovery: true });
    expect(result.dataLoss.atMostSeconds).toBeLessThanOrEqual(1);
    expect(at.ports.database.calls).toEqual({ promote: 0, fence: 0 });
  });

  const see = async (at: World): Promise<void> => {
    await probeService({ ...at, environment: { SITE: 'standby' } });
    await probeService({ ...at, environment: { SITE: 'witness' } });
  };
  it('passes the lag gate by the sample before the incident, however long the primary has been dead', async () => {
    const at = world();
    await see(at);
    const sampledAt = at.clock.now();
    at.clock.advance(1_000);
    at.killPrimary();
    await see(at);
    const startedAt = firstBadAt(await at.ports.readings.list('svg-ai'), freshness(at.plan, at.clock.now())) ?? '';
    for (let hours = 0; hours < 9; hours += 1) {
      at.clock.advance(3_600_000);
      await see(at);
    }
    const incident = { ...at.request.incident, startedAt };
    const { guards, dataLoss } = await checkGuards({ ...at, request: { ...at.request, incident } });
    const { until } = dataLoss;
    expect(Math.abs(Date.parse(until) - Date.parse(startedAt))).toBeLessThan(1_000);
    expect(guards.find(({ id }) => id === 'GU-210')).toMatchObject({
      state: 'passes',
      // The look after the death took a moment of the real clock.
      reason: expect.stringMatching(`^lag 0 s at ${sampledAt}, writes until ${until}, so at most [12]s can be lost;`),
    });
    expect(dataLoss.atMostSeconds).toBeLessThan(2);
  });

  /** As the intake of alarms asks them, once the region is dead. */
  const askDead = async (at: World) => {
    at.killPrimary();
    await see(at);
    at.clock.advance(60_000);
    const startedAt = firstBadAt(await at.ports.readings.list('svg-ai'), freshness(at.plan, at.clock.now())) ?? '';
    const incident = { ...at.request.incident, startedAt };
    const { guards, dataLoss } = await askGuards({ ...at, request: { ...at.request, incident } });
    return { lag: guards.find(({ id }) => id === 'GU-210'), dataLoss, startedAt };
  };

  it('refuses by the RPO when replication broke hours before the service died: what was written since is lost', async () => {
    const at = world();
    await see(at);
    at.ports.database.servers.standby.replication = 'error';
    for (let hours = 0; hours < 6; hours += 1) {
      at.clock.advance(3_600_000);
      await see(at);
    }
    const { lag, dataLoss } = await askDead(at);
    expect(lag).toMatchObject({ state: 'refuses', reason: expect.stringContaining('6h') });
    expect(dataLoss.atMostSeconds).toBeGreaterThanOrEqual(6 * 3_600);
  });

  it('passes when one vantage point saw something bad, and another found all well once more, before the region died', async () => {
    const at = world();
    await see(at);
    at.clock.advance(30_000);
    const grey = { ...at.ports.serviceProbe, read: async () => Promise.reject(new UnreachableError('no answer')) };
    await probeService({ ...at, ports: { ...at.ports, serviceProbe: grey }, environment: { SITE: 'witness' } });
    at.clock.advance(30_000);
    const sampledAt = at.clock.now();
    await probeService({ ...at, environment: { SITE: 'standby' } });
    at.clock.advance(20_000);
    const { lag, dataLoss, startedAt } = await askDead(at);
    expect(startedAt < sampledAt).toBe(true);
    expect(lag).toMatchObject({ state: 'passes', reason: expect.stringContaining(sampledAt) });
    // To the death of the region, not to the first thing that anybody saw.
    expect(dataLoss.bounds.find(({ source }) => source === 'last-healthy-sample')?.seconds).toBeGreaterThanOrEqual(20);
  });

  it('takes the policy of the severity: people are asked about what is no complete outage', async () => {
    const at = await dying();
    expect(await checkGuards(at)).toMatchObject({ approval: { required: false, policy: 'outage-seen-by-alarm' } });
    const partial = { level: 2, rule: 'SV-210', reason: '25 % of the users or more are affected', seen: 2 } as const;
    expect(await checkGuards(at, partial)).toMatchObject({ approval: { required: true, policy: 'anything-else' } });
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
