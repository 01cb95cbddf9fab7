import { describe, expect, it } from 'vitest';
import { ServiceUnavailableError } from '#domain/errors.ts';
import { type World, world } from '#test/support/fakes/world.ts';
import { lookTimes, probeService } from '../../../functions/probe-service.ts';

const probe = (at: World, SITE: 'standby' | 'witness' = 'standby') => probeService({ ...at, environment: { SITE } });
const healthOf = (at: World) =>
  at.ports.healthMetrics.points.filter(({ name }) => name === 'ServiceHealthy').map(({ value }) => value);
const states = (reading: Awaited<ReturnType<typeof probe>>) =>
  Object.fromEntries(reading.signals.map(({ name, state }) => [name, state]));

describe('ProbeService', () => {
  it('reads a healthy service, keeps a sample of it, beats on the primary, and measures 1', async () => {
    const at = world();
    const reading = await probe(at);
    const good = {
      'http-read': 'good',
      'http-write': 'good',
      'database-connect': 'good',
      'primary-application': 'good',
      replication: 'good',
    };
    expect(states(reading)).toEqual(good);
    expect(reading).toMatchObject({ badSince: null, lastHealthy: { at: at.clock.now(), lagSeconds: 0 } });
    expect(at.ports.database.servers.standby.heartbeatAt).toBe(at.clock.now());
    expect(await at.ports.readings.last('svg-ai', 'standby')).toEqual(reading);
    expect(at.ports.healthMetrics.points).toMatchObject([
      { name: 'ServiceHealthy', value: 1, dimensions: { Plan: 'svg-ai', Vantage: 'standby' } },
      { name: 'ProbeReported', value: 1, dimensions: { Plan: 'svg-ai', Vantage: 'standby' } },
    ]);
  });

  it('sees a dead region, and keeps since when and how it was before', async () => {
    const at = world();
    const healthy = await probe(at);
    at.clock.advance(60_000);
    at.killPrimary();
    const first = await probe(at);
    const bad = {
      'http-read': 'bad',
      'http-write': 'bad',
      'database-connect': 'bad',
      'primary-application': 'bad',
      replication: 'bad',
    };
    expect(states(first)).toEqual(bad);
    const came = Math.min(...first.signals.map(({ ms }) => ms));
    expect(Date.parse(first.badSince ?? '')).toBe(Date.parse(at.clock.now()) + came);
    expect(first.lastHealthy).toEqual(healthy.lastHealthy);
    at.clock.advance(60_000);
    expect(await probe(at)).toMatchObject({ badSince: first.badSince, lastHealthy: healthy.lastHealthy });
    expect(healthOf(at)).toEqual([1, 0, 0]);
  });

  it('keeps where the database is, for when its region does not say any more', async () => {
    const at = world();
    const { primaryAt } = await probe(at);
    expect(primaryAt).toMatchObject({ instance: 'svg-ai-db', host: at.ports.database.hostOf('primary') });
    const silent = new ServiceUnavailableError('rds:DescribeDBInstances us-east-1: 503');
    at.ports.databaseSession.locate = () => Promise.reject(silent);
    expect(await probe(at)).toMatchObject({ primaryAt });
    expect(states(await probe(at))).toMatchObject({ 'database-connect': 'unknown' });
  });

  it('does not look at replication nor beat from the witness', async () => {
    const at = world();
    const reading = await probe(at, 'witness');
    expect(Object.keys(states(reading))).toEqual([
      'http-read',
      'http-write',
      'database-connect',
      'primary-application',
    ]);
    expect(at.ports.database.servers.primary.heartbeatAt).toBeNull();
    expect(reading.lastHealthy).toBeNull();
  });

  it('takes its own errors for unknown, gives no datapoint of health, reports all the same, and keeps what it knew', async () => {
    const at = world();
    at.killPrimary();
    const { badSince } = await probe(at);
    const refuse = () => Promise.reject(new Error('AccessDenied'));
    const ports = {
      ...at.ports,
      serviceProbe: { read: refuse, write: refuse },
      databaseSession: { ...at.ports.databaseSession, position: refuse },
      database: { ...at.ports.database, describe: refuse },
    };
    const reading = await probeService({ ...at, ports, environment: { SITE: 'standby' } });
    expect(new Set(Object.values(states(reading)))).toEqual(new Set(['unknown']));
    expect(reading.badSince).toBe(badSince);
    expect(healthOf(at)).toEqual([0]);
    expect(at.ports.healthMetrics.points.at(-1)?.name).toBe('ProbeReported');
  });

  it('keeps since when the service is bad apart from since when anything is', async () => {
    const at = world();
    await probe(at);
    at.clock.advance(60_000);
    at.ports.database.servers.standby.replication = 'error';
    const broken = await probe(at);
    expect(broken).toMatchObject({ badSince: expect.any(String), serviceBadSince: null, writes: { refused: false } });
    at.clock.advance(6 * 3_600_000);
    at.killPrimary();
    const dead = await probe(at);
    expect(dead.badSince).toBe(broken.badSince);
    expect(Date.parse(dead.serviceBadSince ?? '')).toBeGreaterThanOrEqual(Date.parse(at.clock.now()));
    expect(dead.writes).toMatchObject({ refused: true });
    at.clock.advance(60_000);
    expect(await probe(at)).toMatchObject({ serviceBadSince: dead.serviceBadSince, writes: dead.writes });
  });

  it("does not count a write that the standby's region took as one of the primary", async () => {
    const at = world();
    await probe(at, 'witness');
    at.killPrimary();
    const { writes } = await probe(at, 'witness');
    at.clock.advance(60_000);
    const read = async () => ({ status: 200, ms: 1, region: at.plan.regions.standby, body: {} });
    const ports = { ...at.ports, serviceProbe: { read, write: read } };
    const moved = await probeService({ ...at, ports, environment: { SITE: 'witness' } });
    expect(moved).toMatchObject({ serviceBadSince: null, writes });
  });

  it('a replica that receives late is behind by what it lacks, though it replays all that it has', async () => {
    const at = world();
    const behind = new Date(Date.parse(at.clock.now()) - 3 * 3_600_000).toISOString();
    const position = at.ports.database.position;
    const thin = { receivedLsn: '0/1000000', lsn: '0/1000000', lastReplayAt: behind, heartbeatAt: null };
    const late = async (side: 'primary' | 'standby', more: object = {}) =>
      side === 'primary' ? position(side) : { ...(await position(side)), ...thin, ...more };
    const sampleWith = async (more: object) => {
      const databaseSession = {
        ...at.ports.databaseSession,
        position: (side: 'primary' | 'standby') => late(side, more),
      };
      const ports = { ...at.ports, databaseSession };
      return (await probeService({ ...at, ports, environment: { SITE: 'standby' } })).lastHealthy;
    };
    expect(await sampleWith({})).toMatchObject({ lagSeconds: 3 * 3_600 });
    // The heartbeat row that it has is as good a witness as a transaction.
    const beat = new Date(Date.parse(at.clock.now()) - 90_000).toISOString();
    expect(await sampleWith({ heartbeatAt: beat })).toMatchObject({ lagSeconds: 90 });
    expect(await sampleWith({ lsn: '1/0', receivedLsn: '1/0' })).toMatchObject({ lagSeconds: 0 });
  });

  it('takes no sample of a replica that is behind by nobody knows how much', async () => {
    const at = world();
    const position = at.ports.database.position;
    at.ports.database.position = async (side) => ({
      ...(await position(side)),
      ...(side === 'standby' ? { lsn: '0/1000000', lastReplayAt: null, heartbeatAt: null } : {}),
    });
    expect((await probe(at)).lastHealthy).toBeNull();
  });

  it('does not beat while a recovery runs', async () => {
    const at = world();
    await at.ports.claims.take('svg-ai', 'arn:run', at.clock.now(), 0);
    await probe(at);
    expect(at.ports.database.servers.primary.heartbeatAt).toBeNull();
  });
});

describe('several looks in one run', () => {
  const reading = (n: number) => ({ plan: `look ${n}` }) as unknown as Awaited<ReturnType<typeof probe>>;
  const never = new AbortController().signal;

  it('are made at their times, counted from the first', async () => {
    const at: number[] = [];
    const last = await lookTimes(
      { looks: 3, everySeconds: 0.05 },
      async () => reading(at.push(performance.now())),
      never,
    );
    expect(last).toEqual(reading(3));
    expect((at[2] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(95);
  });

  it('do not keep each other from being made, and the last failure is thrown', async () => {
    let looks = 0;
    const look = () => {
      looks += 1;
      return looks === 2 ? Promise.reject(new Error('the table throttles')) : Promise.resolve(reading(looks));
    };
    await expect(lookTimes({ looks: 3, everySeconds: 0.001 }, look, never)).rejects.toThrow('the table throttles');
    expect(looks).toBe(3);
  });
});
