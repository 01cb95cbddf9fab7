import { describe, expect, it } from 'vitest';
import { CallRefusedError } from '#domain/errors.ts';
import { type World, world } from '#test/support/fakes/world.ts';
import { type Happening, runRegionalFailover } from '#test/support/run-regional-failover.ts';
import { DEAD } from '#test/support/verdict.ts';
import { probeService } from '../../functions/probe-service.ts';

const ARN = 'arn:aws:states:us-west-2:123456789012:execution:regional-failover:by-hand';
const HOUR_MS = 3_600_000;

const probed = async (at: World): Promise<void> => {
  for (const SITE of ['standby', 'witness'] as const) await probeService({ ...at, environment: { SITE } });
};

/** The region does not answer; nothing of it may write. */
const outage = async (): Promise<World> => {
  const at = world();
  await probed(at);
  at.clock.advance(1_000);
  at.killPrimary();
  await probed(at);
  at.ports.writeLease.lease = { ...at.ports.writeLease.lease, overAt: { primary: at.clock.now(), standby: null } };
  return at;
};

/** Paused when `state` is called first; `meanwhile` an hour goes by. */
const pausedAt = (at: World, state: string, meanwhile: () => void): Happening => {
  const { controls } = at.ports;
  let held = 0;
  return async (called) => {
    if (called === state && held === 0) {
      held = 1;
      await controls.pause(ARN, { by: 'jane', reason: 'look first', at: at.clock.now() });
      return undefined;
    }
    if (held === 0 || held === 3) return undefined;
    held += 1;
    // Held once more by what is asked then.
    if (held === 2) return undefined;
    at.clock.advance(HOUR_MS);
    meanwhile();
    await probed(at);
    await controls.resume(ARN);
    return undefined;
  };
};

describe('a pause', () => {
  it('before the fence sends the run back to its evidence: a primary that came back meanwhile is not fenced', async () => {
    const at = await outage();
    const run = await runRegionalFailover(
      at,
      pausedAt(at, 'FencePrimary', () => at.revivePrimary()),
    );
    expect(run).toMatchObject({ status: 'FAILED', end: 'NoRecovery' });
    expect(run.called.filter((state) => state === 'FencePrimary')).toHaveLength(1);
    expect(run.record.filter(({ state }) => state === 'FencePrimary')).toEqual([]);
    expect(at.ports.database.calls.promote).toBe(0);
  });

  it('before the fence lets the run go on where the region is dead still, on evidence and guards of then', async () => {
    const at = await outage();
    const run = await runRegionalFailover(
      at,
      pausedAt(at, 'FencePrimary', () => undefined),
    );
    expect(run).toMatchObject({ status: 'SUCCEEDED', end: 'Recovered' });
    const guarded = run.record.filter(({ state, kind }) => state === 'CheckGuards' && kind === 'left');
    const fenced = run.record.find(({ state }) => state === 'FencePrimary');
    expect(guarded).toHaveLength(2);
    expect(Date.parse(fenced?.at ?? '') - Date.parse(guarded.at(-1)?.at ?? '')).toBeLessThan(1_000);
  });

  it('before the traffic has the standby verified again', async () => {
    const at = await outage();
    const run = await runRegionalFailover(
      at,
      pausedAt(at, 'ShiftTraffic', () => undefined),
    );
    expect(run).toMatchObject({ status: 'SUCCEEDED', end: 'Recovered' });
    const order = run.called.filter((state, at) => state !== run.called[at - 1]);
    const from = order.indexOf('VerifyStandby');
    expect(order.slice(from, from + 5)).toEqual([
      'VerifyStandby',
      'ShiftTraffic',
      'VerifyStandby',
      'ShiftTraffic',
      'VerifyTraffic',
    ]);
  });
});

describe('a scale-up that is refused', () => {
  const refused: Happening = (state) => {
    if (state === 'ScaleUpWorkloads') throw new CallRefusedError('deployments is forbidden');
    return undefined;
  };

  it('before the promotion was let begin lifts the fence, and no promotion can begin any more', async () => {
    const at = await outage();
    at.revivePrimary();
    let asked = 0;
    const run = await runRegionalFailover(at, async (state, call) => {
      if (state === 'AssessEvidence') return DEAD;
      if (state === 'PromoteReplica') {
        asked += 1;
        throw new Error('LedgerUnavailableError');
      }
      return refused(state, call);
    });
    expect(asked).toBeLessThanOrEqual(1);
    expect(run).toMatchObject({ status: 'FAILED', end: 'Failed', error: 'CallRefusedError' });
    const lifted = run.record.find(({ state, kind }) => state === 'LiftFence' && kind === 'left');
    expect(lifted?.result).toMatchObject({ lifted: true, stays: null });
    expect(at.ports.database.servers.primary.applicationRefused).toBe(false);
    expect(await at.ports.controls.commit(ARN, at.clock.now())).toBe(false);
  });

  it('after it leaves the fence', async () => {
    const at = await outage();
    const run = await runRegionalFailover(at, async (state, call) => {
      if (state !== 'ScaleUpWorkloads') return undefined;
      while ((await at.ports.controls.read(ARN)).committedAt === null) await new Promise((go) => setTimeout(go, 1));
      return refused(state, call);
    });
    expect(run).toMatchObject({ status: 'FAILED', end: 'Failed', error: 'CallRefusedError' });
    const lifted = run.record.find(({ state, kind }) => state === 'LiftFence' && kind === 'left');
    expect(lifted?.result).toMatchObject({ lifted: false, stays: expect.stringContaining('let begin'), methods: [] });
  });
});
