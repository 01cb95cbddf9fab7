import { describe, expect, it } from 'vitest';
import { ServiceUnavailableError, UnreachableError } from '#domain/errors.ts';
import { world } from '#test/support/fakes/world.ts';
import { fencePrimary } from '../../../functions/fence-primary.ts';

describe('FencePrimary', () => {
  it('stops the writers of a primary that lives, both ways, and can be repeated', async () => {
    const at = world();
    const first = await fencePrimary(at);
    expect(first).toMatchObject({
      fenced: true,
      verified: true,
      methods: [
        { method: 'database-role', outcome: 'fenced' },
        { method: 'workloads-to-zero', outcome: 'fenced' },
      ],
    });
    expect(() => at.ports.database.insert('primary', 'late')).toThrow(/not permitted/);
    expect(first.positions).toMatchObject({ primary: { inRecovery: false }, standby: { inRecovery: true } });
    expect(await fencePrimary(at)).toMatchObject({ fenced: true, verified: true });
  });

  it('takes a dead primary for an outcome and still gives the standby position', async () => {
    const at = world();
    at.killPrimary();
    expect(await fencePrimary(at)).toMatchObject({
      fenced: false,
      verified: false,
      methods: [{ outcome: 'unreachable' }, { outcome: 'unreachable' }],
      positions: { primary: null, standby: { inRecovery: true } },
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
      methods: [{ outcome: 'fenced' }, { outcome: 'fenced' }],
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
});
