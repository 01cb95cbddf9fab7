import { describe, expect, it } from 'vitest';
import { ServiceUnavailableError, UnreachableError } from '#domain/errors.ts';
import { formatLsn, parseLsn } from '#domain/lsn.ts';
import { pieceOfWork } from '#src/work.ts';
import { type World, withWorker, world } from '#test/support/fakes/world.ts';
import { slowness, stays } from '#test/support/wait-for.ts';
import { fencePrimary } from '../../../functions/fence-primary.ts';

/** For a wait that is given up. */
const BROKEN_MS = 20_000 * slowness;

describe('FencePrimary', () => {
  it('stops the writers of a primary that lives, both ways, and can be repeated', async () => {
    const at = world();
    const first = await fencePrimary(at);
    expect(first).toMatchObject({
      fenced: true,
      verified: true,
      verifiedBy: 'database-role',
      waitUntil: null,
      methods: [
        { method: 'database-role', outcome: 'fenced' },
        { method: 'workloads-to-zero', outcome: 'fenced' },
        { method: 'write-lease', outcome: 'fenced' },
      ],
    });
    expect(() => at.ports.database.insert('primary', 'late')).toThrow(/not permitted/);
    expect(first.positions).toMatchObject({ primary: { inRecovery: false }, standby: { inRecovery: true } });
    expect(await fencePrimary(at)).toMatchObject({ fenced: true, verified: true });
  });

  it('takes a dead primary for an outcome and still gives the standby position', async () => {
    const at = world();
    at.killPrimary();
    at.ports.writeLease.down = true;
    expect(await fencePrimary(at)).toMatchObject({
      fenced: false,
      verified: false,
      verifiedBy: null,
      waitUntil: null,
      ask: true,
      methods: [{ outcome: 'unreachable' }, { outcome: 'unreachable' }, { outcome: 'unreachable' }],
      positions: { primary: null, standby: { inRecovery: true } },
    });
  });

  it('takes a control plane of the primary region that answers with errors for a primary that says nothing', async () => {
    const at = world();
    at.killPrimary();
    const broken = new ServiceUnavailableError('rds:DescribeDBInstances us-east-1: ServiceUnavailable');
    const { databaseSession, workloads } = at.ports;
    const ports = {
      ...at.ports,
      databaseSession: { ...databaseSession, locate: () => Promise.reject(broken) },
      workloads: { ...workloads, status: () => Promise.reject(broken) },
    };
    expect(await fencePrimary({ ...at, ports })).toMatchObject({
      verified: true,
      verifiedBy: 'write-lease',
      methods: [
        { method: 'database-role', outcome: 'unreachable' },
        { method: 'workloads-to-zero', outcome: 'unreachable' },
        { method: 'write-lease', outcome: 'fenced' },
      ],
    });
  });

  it('scales the others to zero where one deployment of the plan is not there, and says which', async () => {
    const at = world();
    const { methods } = await fencePrimary({ ...at, plan: withWorker(at.plan) });
    expect(methods[1]).toEqual({
      method: 'workloads-to-zero',
      outcome: 'fenced',
      detail: 'svg-ai-api: no replicas wanted; deployment svg-ai-worker is not in svg-ai-east',
      before: { 'svg-ai-api': 3 },
    });
    expect(at.ports.workloads.clusters.primary.deployments.get('svg-ai-api')?.wanted).toBe(0);
  });

  it('stops when the database is found and nobody can log in to it: it may live', async () => {
    const at = world();
    const noSecret = new ServiceUnavailableError('secretsmanager:GetSecretValue us-west-2: InternalServiceError');
    const databaseSession = { ...at.ports.databaseSession, fence: () => Promise.reject(noSecret) };
    await expect(fencePrimary({ ...at, ports: { ...at.ports, databaseSession } })).rejects.toMatchObject({
      name: 'FenceFailedError',
    });
  });

  it('stops the recovery when the primary answers and cannot be fenced', async () => {
    const at = world();
    const fence = async () => ({ fenced: false, endedSessions: 0 });
    const ports = { ...at.ports, databaseSession: { ...at.ports.databaseSession, fence } };
    await expect(fencePrimary({ ...at, ports })).rejects.toMatchObject({
      name: 'FenceFailedError',
      message: expect.stringContaining('svg-ai-db answers and is not fenced'),
    });
  });

  it('does not take one lost answer, or a throttled call, for a dead region: a primary that lives is fenced', async () => {
    const at = world();
    const { databaseSession, workloads } = at.ports;
    let asked = 0;
    const once = <A extends readonly unknown[], R>(call: (...args: A) => Promise<R>, error: Error) => {
      let failed = false;
      return (...args: A): Promise<R> => {
        asked += 1;
        if (failed) return call(...args);
        failed = true;
        return Promise.reject(error);
      };
    };
    const ports = {
      ...at.ports,
      databaseSession: {
        ...databaseSession,
        fence: once(databaseSession.fence, new UnreachableError('rds:DescribeDBInstances us-east-1: ECONNRESET')),
      },
      workloads: { ...workloads, status: once(workloads.status, new ServiceUnavailableError('eks: Throttling')) },
    };
    expect(await fencePrimary({ ...at, ports })).toMatchObject({
      verified: true,
      methods: [{ outcome: 'fenced' }, { outcome: 'fenced' }, { outcome: 'fenced' }],
    });
    expect(asked).toBeGreaterThan(2);
    expect(() => at.ports.database.insert('primary', 'late')).toThrow(/not permitted/);
  });

  it('stops, and says why, when the primary answers but refuses, though the writers that we know are gone', async () => {
    const at = world();
    const databaseSession = {
      ...at.ports.databaseSession,
      fence: () => Promise.reject(new Error('permission denied')),
    };
    await expect(fencePrimary({ ...at, ports: { ...at.ports, databaseSession } })).rejects.toMatchObject({
      name: 'FenceFailedError',
      message: expect.stringContaining('permission denied'),
    });
  });

  describe('of a primary that answers, whose replica is behind', () => {
    /** The standby lacks `lacks(look)` changes of the primary when it is looked at for the n-th time; null: it does not answer. */
    const behind = (at: World, lacks: (look: number) => number | null) => {
      const { databaseSession } = at.ports;
      let looks = 0;
      const position = async (side: 'primary' | 'standby') => {
        const seen = await databaseSession.position(side);
        if (side === 'primary') {
          // It writes on by itself (checkpoints, the pipeline's own pulse): that is no row of the application.
          at.ports.database.servers.primary.written += 1;
          return seen;
        }
        looks += 1;
        const bytes = lacks(looks);
        if (bytes === null) throw new UnreachableError('no answer');
        return { ...seen, lsn: '0/3000000', receivedLsn: formatLsn(parseLsn('0/3000100') - BigInt(bytes)) };
      };
      return {
        step: { ...at, ports: { ...at.ports, databaseSession: { ...databaseSession, position } } },
        seen: () => looks,
      };
    };

    /** The first `lost` answers of the primary to where it stands do not come. */
    const losing = (step: ReturnType<typeof behind>['step'], lost: number) => {
      const { databaseSession } = step.ports;
      let asked = 0;
      const position = async (side: 'primary' | 'standby') => {
        if (side === 'standby') return databaseSession.position(side);
        asked += 1;
        if (asked <= lost) throw new UnreachableError('position on primary: Query read timeout');
        return databaseSession.position(side);
      };
      return { ...step, ports: { ...step.ports, databaseSession: { ...databaseSession, position } } };
    };

    it('waits until the standby has what the primary had at its fence, and gives the position after that', async () => {
      const { step, seen } = behind(world(), (look) => (look < 3 ? 0x80 : 0));
      const fence = await fencePrimary(step);
      expect(fence.positions).toMatchObject({ primary: { lsn: '0/3000100' }, standby: { receivedLsn: '0/3000100' } });
      expect(fence.catchUp).toMatchObject({ missingBytes: 0 });
      expect(fence.catchUp?.waitedMs).toBeGreaterThanOrEqual(300);
      expect(fence.dataLoss).toMatchObject({ atMostSeconds: 0, missingBytes: 0, primaryLivedOn: false });
      expect(seen()).toBe(3);
    });

    it('does not take one lost answer of the standby for a broken replication', async () => {
      const { step } = behind(world(), (look) => (look === 1 ? null : 0));
      expect((await fencePrimary(step)).catchUp).toMatchObject({ missingBytes: 0 });
    });

    it('asks where the primary stands until it says so: one lost answer does not make it promoted past', async () => {
      const { step } = behind(world(), (look) => (look < 5 ? 0x80 : 0));
      const fence = await fencePrimary(losing(step, 2));
      expect(fence.positions).toMatchObject({ primary: { lsn: '0/3000100' }, standby: { receivedLsn: '0/3000100' } });
      expect(fence).toMatchObject({ catchUp: { missingBytes: 0 }, dataLoss: { atMostSeconds: 0 } });
    });

    it.concurrent('goes on when nothing moves for eight seconds, and says what is missing', {
      timeout: BROKEN_MS,
    }, async () => {
      const { step } = behind(world(), () => 0x40);
      const fence = await fencePrimary(step);
      expect(fence).toMatchObject({
        verified: true,
        catchUp: { missingBytes: 0x40 },
        dataLoss: { missingBytes: 0x40 },
      });
      expect(fence.catchUp?.waitedMs).toBeGreaterThanOrEqual(8_000);
      expect(fence.catchUp?.waitedMs).toBeLessThan(11_000);
    });

    it.concurrent('goes on where it dies right behind its fence, and says that what is missing is not known', {
      timeout: BROKEN_MS,
    }, async () => {
      const at = world();
      const { standby } = at.ports.database.servers;
      at.ports.database.insert('primary', 'replicated');
      standby.replication = 'connecting';
      at.clock.advance(4_000);
      const { step } = behind(at, () => 0x40);
      const fence = await fencePrimary(losing(step, Number.POSITIVE_INFINITY));
      expect(fence).toMatchObject({
        verified: true,
        positions: { primary: null, standby: { inRecovery: true } },
        catchUp: { missingBytes: null },
        dataLoss: { until: fence.at, atMostSeconds: 4, missingBytes: null, primaryLivedOn: false },
      });
      expect(fence.catchUp?.waitedMs).toBeLessThan(11_000);
    });

    describe.concurrent('by more than the RPO', () => {
      /** The last row that the standby has is of that many seconds ago. */
      const lacking = async (seconds: number, request: Partial<World['request']> = {}) => {
        const at = world();
        const { standby } = at.ports.database.servers;
        at.ports.database.insert('primary', 'replicated');
        standby.replication = 'connecting';
        at.clock.advance(seconds * 1_000);
        const { step } = behind(at, () => 0x40);
        return fencePrimary({ ...step, request: { ...at.request, ...request } });
      };
      const overrides = [{ guard: 'GU-210', by: 'jane', reason: 'accepted by the board' }] as const;

      it('asks people, whatever the policy says: it lives, and can have its writes back', {
        timeout: BROKEN_MS,
      }, async () => {
        expect(await lacking(3_601)).toMatchObject({ verified: true, ask: true, dataLoss: { atMostSeconds: 3_601 } });
      });
      it('and by no more asks nobody', { timeout: BROKEN_MS }, async () => {
        expect(await lacking(3_600)).toMatchObject({ verified: true, ask: false, dataLoss: { atMostSeconds: 3_600 } });
      });
      it('asks nobody again where a person took that upon themselves', { timeout: BROKEN_MS }, async () => {
        expect(await lacking(3_601, { overrides })).toMatchObject({ verified: true, ask: false });
      });
    });

    it('ends its wait with the step', async () => {
      const { step, seen } = behind(world(), () => 0x40);
      const over = new AbortController();
      const waiting = pieceOfWork(() => fencePrimary(step), over.signal);
      setTimeout(() => over.abort(), 100);
      await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
      const looked = seen();
      await stays('the standby unasked', () => seen() === looked, 300);
    });

    it('waits for nothing where the primary did not answer, and leaves the estimate as it was', async () => {
      const at = world();
      at.killPrimary();
      const { step, seen } = behind(at, () => 0x40);
      expect(await fencePrimary(step)).toMatchObject({ catchUp: null, dataLoss: null });
      expect(seen()).toBe(1);
    });
  });

  describe('by the write lease', () => {
    const until = (at: World, ms: number) => new Date(Date.parse(at.clock.now()) + ms).toISOString();
    const dead = (overAt: (at: World) => string | null): World => {
      const at = world();
      at.killPrimary();
      at.ports.writeLease.lease = {
        ...at.ports.writeLease.lease,
        overAt: { primary: overAt(at), standby: null },
      };
      return at;
    };

    it('is verified where nothing answers and what was granted has run out', async () => {
      const at = dead((one) => until(one, -1));
      expect(await fencePrimary(at)).toMatchObject({ verified: true, verifiedBy: 'write-lease', waitUntil: null });
      expect(at.ports.writeLease.lease).toMatchObject({ state: 'revoked', epoch: 1, claim: 1 });
    });

    it('gives the instant to wait for while the application may still write by it', async () => {
      const at = dead((one) => until(one, 5_000));
      const fence = await fencePrimary(at);
      expect(fence).toMatchObject({ verified: false, ask: false, waitUntil: until(at, 5_000) });
      expect(fence.methods[2]).toMatchObject({ method: 'write-lease', outcome: 'revoked' });
      at.clock.advance(5_000);
      expect(await fencePrimary(at)).toMatchObject({ verified: true, waitUntil: null });
      expect(at.ports.writeLease.lease.epoch).toBe(1);
    });

    it('waits for nothing where the database itself refuses', async () => {
      const at = world();
      await at.ports.writeLease.renew('svg-ai', 'primary', until(at, 60_000));
      expect(await fencePrimary(at)).toMatchObject({ verifiedBy: 'database-role', waitUntil: null });
    });

    it.each([
      ['nobody ever renewed', () => null],
      ['nobody has renewed for more than a day', (at: World) => until(at, -25 * 3_600_000)],
    ])('is no proof when %s: people are asked, unless the plan goes on', async (_, overAt) => {
      const at = dead(overAt);
      expect(await fencePrimary(at)).toMatchObject({ verified: false, waitUntil: null, ask: true });
      const fence = { ...at.plan.fence, unverified: 'go-on' as const };
      expect(await fencePrimary({ ...at, plan: { ...at.plan, fence } })).toMatchObject({ verified: false, ask: false });
    });

    it('leaves a lease that the standby holds already', async () => {
      const at = dead((one) => until(one, -1));
      await fencePrimary(at);
      await at.ports.writeLease.grant('svg-ai', 'standby', 1, at.clock.now(), { unwaited: false });
      expect(await fencePrimary(at)).toMatchObject({ verified: true, verifiedBy: 'write-lease' });
      expect(at.ports.writeLease.lease).toMatchObject({ state: 'granted', holder: 'standby' });
    });

    it('uses the methods of the plan and no others', async () => {
      const at = world();
      const fence = { ...at.plan.fence, methods: ['workloads-to-zero' as const] };
      const result = await fencePrimary({ ...at, plan: { ...at.plan, fence } });
      expect(result).toMatchObject({ fenced: true, verified: false, ask: true });
      expect(result.methods.map(({ method }) => method)).toEqual(['workloads-to-zero']);
      expect(at.ports.database.servers.primary.applicationRefused).toBe(false);
    });
  });
});
