import { describe, expect, it } from 'vitest';
import { standingRecovery } from '#domain/claim.ts';
import * as errors from '#domain/errors.ts';
import { verifyChain } from '#domain/ledger-chain.ts';
import { ENDING_STEPS, RECOVERY_STEPS } from '#domain/steps.ts';
import { type World, world } from '#test/support/fakes/world.ts';
import { ASKED, runRegionalFailover } from '#test/support/run-regional-failover.ts';
import { probeService } from '../../functions/probe-service.ts';
import { receiveAlarm } from '../../functions/receive-alarm.ts';

const MACHINE = 'arn:aws:states:us-west-2:123456789012:stateMachine:regional-failover';

const probe = (at: World, SITE: 'standby' | 'witness') => probeService({ ...at, environment: { SITE } });

/** Both vantage points saw the service well, then the primary region dies; `seenBy` have reported it. */
const regionDead = async (seenBy: readonly ('standby' | 'witness')[] = ['standby', 'witness']): Promise<World> => {
  const at = world();
  await probe(at, 'standby');
  await probe(at, 'witness');
  at.clock.advance(1_000);
  at.killPrimary();
  for (const site of seenBy) await probe(at, site);
  at.clock.advance(1_000);
  return at;
};

const unmoved = (at: World) => ({
  promotions: at.ports.database.calls.promote,
  fences: at.ports.database.calls.fence,
  changes: at.ports.traffic.changes,
});
const NOTHING_MOVED = { promotions: 0, fences: 0, changes: 0 };

const BEHIND_THE_FENCE = RECOVERY_STEPS.map(({ state }) => state).slice(
  RECOVERY_STEPS.findIndex(({ state }) => state === 'FencePrimary') + 1,
);

describe('regional-failover with the real functions', () => {
  it('recovers: every step once or polled, in order, all of it on record', async () => {
    const at = await regionDead();
    const run = await runRegionalFailover(at);

    expect(run).toMatchObject({ status: 'SUCCEEDED', end: 'Recovered' });
    expect(run.output).toMatchObject({ outcome: { result: 'recovered' }, unpublished: null, unreleased: null });
    const first = (state: string) => run.called.indexOf(state);
    const order = [...RECOVERY_STEPS, ...ENDING_STEPS]
      .map(({ state }) => state)
      .filter((s) => s !== 'ScaleUpWorkloads' && s !== 'ConfirmWorkloads');
    expect(order.map(first)).toEqual(order.map(first).toSorted((a, b) => a - b));
    expect(first('ScaleUpWorkloads')).toBeLessThan(first('ConfirmPromotion'));

    // A region that gives no answer is asked three times before it counts as dead.
    expect(unmoved(at)).toEqual({ promotions: 1, fences: 3, changes: 1 });
    expect(await at.ports.claims.read('svg-ai')).toMatchObject({
      holder: null,
      epoch: 1,
      releasedAt: expect.any(String),
    });
    expect(await at.ports.incidents.current('svg-ai')).toBeNull();
    expect(verifyChain(run.record)).toMatchObject({ intact: true, entries: run.called.length * 2 });
    expect(run.record.filter(({ kind }) => kind === 'left')).toHaveLength(run.called.length);
  });

  it('ends as NoRecovery on a healthy service, also when a person asks, and changes nothing', async () => {
    const at = world();
    await probe(at, 'witness');
    const run = await runRegionalFailover(at);
    expect(run).toMatchObject({ status: 'FAILED', end: 'NoRecovery', error: 'NoRecoveryError' });
    expect(run.cause).toContain('FO-900');
    expect(unmoved(at)).toEqual(NOTHING_MOVED);
    expect(await at.ports.claims.read('svg-ai')).toMatchObject({ holder: null, releasedAt: null });
  });

  it('recovers while the old primary lives: its fence replicated to the standby and is lifted there alone', async () => {
    const at = world();
    await probe(at, 'standby');
    await probe(at, 'witness');
    at.clock.advance(1_000);
    at.ports.workloads.clusters.primary.up = false;
    await probe(at, 'standby');
    await probe(at, 'witness');
    const run = await runRegionalFailover(at);
    expect(run).toMatchObject({ status: 'SUCCEEDED', end: 'Recovered' });
    const { primary, standby } = at.ports.database.servers;
    expect([primary.applicationRefused, standby.applicationRefused]).toEqual([true, false]);
  });

  it('waits for more evidence and goes on when it comes', async () => {
    const at = await regionDead(['standby']);
    const run = await runRegionalFailover(at, async (state, call) => {
      if (state === 'AssessEvidence' && call === 3) await probe(at, 'witness');
    });
    expect(run.end).toBe('Recovered');
    expect(run.called.filter((state) => state === 'AssessEvidence')).toHaveLength(3);
  });

  it('ends as NoRecovery when only the standby sees it dead, once that has lasted', async () => {
    const at = await regionDead(['standby']);
    const run = await runRegionalFailover(at);
    expect(run).toMatchObject({ end: 'NoRecovery', error: 'NoRecoveryError' });
    expect(run.cause).toMatch(/^FO-310 partition-from-us/);
    expect(run.called.filter((state) => state === 'AssessEvidence')).toHaveLength(24);
    expect(unmoved(at)).toEqual(NOTHING_MOVED);
  });

  it('ends as NoRecovery when the evidence does not come, after a counted number of looks', async () => {
    const at = await regionDead(['standby']);
    at.clock.advance(at.plan.detection.readingsValidForSeconds * 1_000);
    const input = {
      ...ASKED,
      trigger: { alarm: 'healthy-standby', at: at.clock.now() },
      incident: { id: 'INC-2026-1123-001', startedAt: at.clock.now(), detectedAt: at.clock.now() },
    };
    const run = await runRegionalFailover(at, undefined, { input });
    expect(run).toMatchObject({ end: 'NoRecovery', error: 'NoRecoveryError' });
    expect(run.cause).toMatch(/^FO-320 unknown/);
    expect(run.called.filter((state) => state === 'AssessEvidence')).toHaveLength(60);
    expect(unmoved(at)).toEqual(NOTHING_MOVED);
  });

  it('refuses what is no request, and says why', async () => {
    const run = await runRegionalFailover(world(), undefined, { input: { plan: 'svg-ai', mode: 'failover' } });
    expect(run).toMatchObject({ end: 'RequestRefused', error: 'InvalidRequestError' });
    expect(run.cause).toBe('input.reason is missing; allowed: a text of 1 to 1000 characters');
    expect(run.called).toEqual(['AcceptRequest', 'PublishOutcome', 'ReleaseClaim']);
  });

  it('ends as ClaimRefused while another run holds the claim, and leaves claim and incident to it', async () => {
    const at = await regionDead();
    await at.ports.claims.take('svg-ai', 'arn:aws:states:other', at.clock.now(), 0);
    await at.ports.incidents.openOrJoin('svg-ai', at.clock.now(), at.clock.now());
    const run = await runRegionalFailover(at);
    expect(run).toMatchObject({
      end: 'ClaimRefused',
      error: 'ClaimHeldError',
      cause: expect.stringContaining('other'),
    });
    expect(await at.ports.claims.read('svg-ai')).toMatchObject({ holder: 'arn:aws:states:other' });
    expect(await at.ports.incidents.current('svg-ai')).not.toBeNull();
  });

  it.each(['waits', 'is paused'])(
    "a person's run takes over from an alarm's that %s: the alarm's ends as TakenOver at its next step and changes nothing",
    async (how) => {
      const at = await regionDead(['standby']);
      const { id, executionName, ...times } = await at.ports.incidents.openOrJoin(
        'svg-ai',
        at.clock.now(),
        at.clock.now(),
      );
      const alarm = { alarm: 'healthy-standby', at: at.clock.now() };
      const input = {
        ...ASKED,
        trigger: alarm,
        incident: { id, startedAt: times.startedAt, detectedAt: times.detectedAt },
      };
      let person: Awaited<ReturnType<typeof runRegionalFailover>> | undefined;
      const waiting = await runRegionalFailover(
        at,
        async (state, call) => {
          if (state !== 'AssessEvidence' || call !== 3) return;
          await probe(at, 'witness');
          const own = `arn:aws:states:us-west-2:123456789012:execution:regional-failover:${executionName}`;
          if (how === 'is paused')
            await at.ports.controls.pause(own, { by: 'jane', reason: 'look', at: at.clock.now() });
          person = await runRegionalFailover(at, undefined, { input: { ...ASKED, by: 'jane' } });
        },
        { input, name: executionName },
      );
      expect(person).toMatchObject({ status: 'SUCCEEDED', end: 'Recovered' });
      expect(waiting).toMatchObject({ status: 'FAILED', end: 'TakenOver', error: 'StaleEpochError' });
      expect(waiting.called).toEqual([
        'AcceptRequest',
        'ClaimRecovery',
        'AssessEvidence',
        'AssessEvidence',
        'AssessEvidence',
        'PublishOutcome',
        'ReleaseClaim',
      ]);
      const claimed = person?.record.find(({ state, kind }) => state === 'ClaimRecovery' && kind === 'left');
      expect(claimed?.result).toMatchObject({ epoch: 2, tookOverFrom: expect.stringContaining(executionName) });
      expect(unmoved(at)).toEqual({ promotions: 1, fences: 3, changes: 1 });
    },
  );

  it("a person's run does not take over from an alarm's that has begun to act", async () => {
    const at = await regionDead();
    const now = at.clock.now();
    const input = {
      ...ASKED,
      trigger: { alarm: 'healthy-standby', at: now },
      incident: { id: 'INC-2026-1123-001', startedAt: now, detectedAt: now },
    };
    let person: Awaited<ReturnType<typeof runRegionalFailover>> | undefined;
    const acting = await runRegionalFailover(
      at,
      async (state) => {
        if (state === 'ScaleUpWorkloads') person = await runRegionalFailover(at);
      },
      { input, name: 'svg-ai-INC-2026-1123-001' },
    );
    expect(person).toMatchObject({ end: 'ClaimRefused', error: 'ClaimHeldError' });
    expect(acting.end).toBe('Recovered');
    expect(unmoved(at)).toEqual({ promotions: 1, fences: 3, changes: 1 });
  });

  it('ends as GuardsRefused with every reason before anything is changed, and starts no cool-down', async () => {
    const at = await regionDead();
    at.ports.database.servers.standby.status = 'backing-up';
    const run = await runRegionalFailover(at);
    expect(run).toMatchObject({ end: 'GuardsRefused', error: 'GuardsRefusedError' });
    expect(run.cause).toContain('GU-130');
    expect(unmoved(at)).toEqual(NOTHING_MOVED);
    at.ports.database.servers.standby.status = 'available';
    expect((await runRegionalFailover(at)).end).toBe('Recovered');
  });

  it('refuses to lose what was acknowledged while replication was broken, hours before the region died', async () => {
    const at = world();
    const both = () => Promise.all([probe(at, 'standby'), probe(at, 'witness')]);
    await both();
    const { standby } = at.ports.database.servers;
    standby.replication = 'error';
    for (let hour = 0; hour < 6; hour += 1) {
      at.clock.advance(3_600_000);
      at.ports.database.insert('primary', `order-${hour}`);
      await both();
    }
    at.killPrimary();
    await both();
    at.clock.advance(1_000);
    const firstBreachAt = at.clock.now();
    const event = { alarm: 'x', from: 'OK', to: 'ALARM', reason: 'r', at: at.clock.now(), firstBreachAt } as const;
    await receiveAlarm({ ...at, event, environment: { FAILOVER_MACHINE_ARN: MACHINE } });
    const [arn, input] = [...at.ports.executions.inputs.entries()][0] ?? ['', null];

    const run = await runRegionalFailover(at, () => undefined, { input, name: arn.split(':').at(-1) ?? '' });

    expect([...standby.rows].filter((row) => row.startsWith('order'))).toEqual([]);
    expect(run).toMatchObject({ status: 'FAILED', end: 'GuardsRefused', cause: expect.stringContaining('GU-210') });
    expect(unmoved(at)).toEqual(NOTHING_MOVED);
  });

  it('can be started again by a person after it failed half way, and recovers the same incident', async () => {
    const at = await regionDead();
    const { id, executionName } = await at.ports.incidents.openOrJoin('svg-ai', at.clock.now(), at.clock.now());
    const first = await runRegionalFailover(
      at,
      (state) => {
        if (state === 'VerifyStandby') throw new errors.CallRefusedError('no permission');
      },
      { name: executionName },
    );
    expect(first.end).toBe('Failed');
    const second = await runRegionalFailover(at);
    expect(second).toMatchObject({ end: 'Recovered', output: { outcome: { incident: { id } } } });
    expect(unmoved(at)).toMatchObject({ promotions: 1, changes: 1 });
    expect(await at.ports.incidents.current('svg-ai')).toBeNull();
  });

  const steps = RECOVERY_STEPS.map(({ state }) => state);
  it.each(steps)('when %s fails for good: published, claim given back, error and cause kept', async (failing) => {
    const at = await regionDead();
    const run = await runRegionalFailover(at, (state) => {
      if (state === failing) throw new errors.CallRefusedError('no permission');
    });
    expect(run).toMatchObject({ status: 'FAILED', end: 'Failed', error: 'CallRefusedError' });
    expect(run.cause).toMatch(/no permission\. Done: .*Not done: /);
    expect(run.called.slice(-2)).toEqual(['PublishOutcome', 'ReleaseClaim']);
    expect((await at.ports.claims.read('svg-ai'))?.holder ?? null).toBeNull();
    if (failing !== 'VerifyTraffic') expect(at.ports.traffic.sideOf('api.svg-ai.example')).toBe('primary');
  });

  it.each([
    ['ConfirmPromotion', 600],
    ['ConfirmWorkloads', 180],
    ['ConfirmRepoint', 180],
    ['VerifyTraffic', 300],
  ])('%s that is never done ends in NotInTimeError after %i polls', async (never, polls) => {
    const at = await regionDead();
    const run = await runRegionalFailover(at, (state) =>
      state === never ? { done: false, detail: 'still waiting' } : undefined,
    );
    expect(run).toMatchObject({ status: 'FAILED', end: 'Failed', error: 'NotInTimeError' });
    expect(run.cause).toContain('still waiting');
    expect(run.called.filter((state) => state === never)).toHaveLength(polls);
  });

  it('is moved and served, and the third site never answers: an end of its own, which is not "recovered" and not "down"', async () => {
    const at = await regionDead();
    at.ports.thirdSite.silent = true;
    const run = await runRegionalFailover(at);
    expect(run).toMatchObject({ status: 'FAILED', end: 'Unconfirmed', error: 'NotConfirmedError' });
    expect(run.called.filter((state) => state === 'VerifyTraffic')).toHaveLength(300);
    expect(run.cause).toMatch(
      /Traffic was moved, and in 300 polls nobody outside confirmed it: .* is served by us-west-2/,
    );
    const outcome = run.record.find(({ state, kind }) => state === 'PublishOutcome' && kind === 'left')?.result;
    expect(outcome).toMatchObject({ result: 'unconfirmed', notDone: ['verify from outside'], incidentClosed: false });
    const claim = await at.ports.claims.read('svg-ai');
    expect(claim).toMatchObject({ holder: null, releasedAt: null, serves: 'us-west-2' });
    expect(standingRecovery(claim, 'us-west-2')).toMatchObject({ execution: run.record[0]?.execution });
    expect(unmoved(at)).toMatchObject({ promotions: 1, changes: 1 });
  });

  it('has not arrived where the third site last said so, also when it is silent in the end', async () => {
    const at = await regionDead();
    const [record] = at.plan.traffic.records;
    at.ports.thirdSite.cached.set(record?.name ?? '', record?.primary ?? '');
    const run = await runRegionalFailover(at, (state, call) => {
      if (state === 'VerifyTraffic' && call === 299) at.ports.thirdSite.silent = true;
    });
    expect(run).toMatchObject({ status: 'FAILED', end: 'Failed', error: 'NotInTimeError' });
    expect(run.cause).toMatch(/does not answer.*; when it last did: .* resolves to .* at the third site/);
  });

  it('is confirmed by a third site that answers after minutes of silence', async () => {
    const at = await regionDead();
    at.ports.thirdSite.silent = true;
    const run = await runRegionalFailover(at, (state, call) => {
      if (state === 'VerifyTraffic' && call === 50) at.ports.thirdSite.silent = false;
    });
    expect(run).toMatchObject({ status: 'SUCCEEDED', end: 'Recovered' });
    expect(run.called.filter((state) => state === 'VerifyTraffic')).toHaveLength(50);
  });

  it('does not publish: the run goes on, gives the claim back and says so', async () => {
    const at = await regionDead();
    const run = await runRegionalFailover(at, (state) => {
      if (state === 'PublishOutcome') throw new errors.LedgerUnavailableError('the table does not answer');
    });
    expect(run).toMatchObject({ status: 'SUCCEEDED', end: 'Recovered' });
    expect(run.output).toMatchObject({ outcome: null, unpublished: { error: 'LedgerUnavailableError' } });
    expect(await at.ports.claims.read('svg-ai')).toMatchObject({ holder: null });
  });

  it('does not publish a failure: still Failed with the first error', async () => {
    const at = await regionDead();
    const run = await runRegionalFailover(at, (state) => {
      if (state === 'FencePrimary') throw new errors.CallRefusedError('no permission');
      if (state === 'PublishOutcome') throw new errors.LedgerUnavailableError('the table does not answer');
    });
    expect(run).toMatchObject({
      end: 'Failed',
      error: 'CallRefusedError',
      cause: expect.stringContaining('no permission'),
    });
    expect(await at.ports.claims.read('svg-ai')).toMatchObject({ holder: null });
  });

  it('says that the claim could not be given back', async () => {
    const at = await regionDead();
    const run = await runRegionalFailover(at, (state) => {
      if (state === 'ReleaseClaim') throw new errors.ServiceUnavailableError('throttled');
    });
    expect(run.output).toMatchObject({
      outcome: { result: 'recovered' },
      unreleased: { error: 'ServiceUnavailableError' },
    });
  });

  it('gives the claim back also when the answer of ClaimRecovery was lost', async () => {
    const at = await regionDead();
    const run = await runRegionalFailover(at, async (state) => {
      if (state !== 'ClaimRecovery') return;
      const arn = 'arn:aws:states:us-west-2:123456789012:execution:regional-failover:by-hand';
      await at.ports.claims.take('svg-ai', arn, at.clock.now(), 0);
      throw new errors.CallRefusedError('lost');
    });
    expect(run.end).toBe('Failed');
    expect(await at.ports.claims.read('svg-ai')).toMatchObject({ holder: null });
  });

  it('tries again what a retry can help, and changes things once', async () => {
    const at = await regionDead();
    const run = await runRegionalFailover(at, (_state, call) => {
      if (call === 1) throw new errors.ServiceUnavailableError('throttled');
    });
    expect(run.end).toBe('Recovered');
    // A region that gives no answer is asked three times before it counts as dead.
    expect(unmoved(at)).toEqual({ promotions: 1, fences: 3, changes: 1 });
  });

  it('recovers when the answer of each step is lost after the step was done', async () => {
    const at = await regionDead();
    const lost = new Set<string>();
    const run = await runRegionalFailover(at, undefined, {
      afterwards: (state) => {
        if (lost.has(state)) return;
        lost.add(state);
        throw Object.assign(new Error('Task timed out after 15.00 seconds'), { name: 'Sandbox.Timedout' });
      },
    });
    expect(run.end).toBe('Recovered');
    expect(unmoved(at)).toMatchObject({ promotions: 1, changes: 1 });
    expect(lost.size).toBe(RECOVERY_STEPS.length + ENDING_STEPS.length);
  });

  it('is not ended, once the promotion began, by calls that are throttled for longer than a retry lasts', async () => {
    const at = await regionDead();
    const { database, workloads } = at.ports;
    const throttled =
      <A extends readonly unknown[], R>(call: (...args: A) => Promise<R>, when: () => boolean) =>
      (...args: A): Promise<R> =>
        when() ? Promise.reject(new errors.ServiceUnavailableError('ThrottlingException')) : call(...args);
    let looked = '';
    let looks = 0;
    const confirming = (state: string) => () => looked === state && looks <= 6;
    const ports = {
      ...at.ports,
      database: { ...database, describe: throttled(database.describe, confirming('ConfirmPromotion')) },
      workloads: {
        ...workloads,
        status: throttled(workloads.status, () => confirming('ConfirmWorkloads')() || confirming('ConfirmRepoint')()),
      },
    };
    const run = await runRegionalFailover({ ...at, ports }, (state, call) => {
      [looked, looks] = [state, call];
    });
    expect(run).toMatchObject({ status: 'SUCCEEDED', end: 'Recovered' });
    expect(unmoved(at)).toMatchObject({ promotions: 1, changes: 1 });
  });

  it.each(BEHIND_THE_FENCE)(
    'waits out a service that is too busy for %s, for longer than before there is a fence',
    async (busy) => {
      const at = await regionDead();
      const run = await runRegionalFailover(at, (state, call) => {
        if (state === busy && call <= 12) throw new errors.ServiceUnavailableError('Throttling: Rate exceeded');
      });
      expect(run).toMatchObject({ status: 'SUCCEEDED', end: 'Recovered' });
      expect(unmoved(at)).toMatchObject({ promotions: 1, changes: 1 });
    },
  );

  it.each([
    [12, { status: 'SUCCEEDED', end: 'Recovered' }],
    [Number.POSITIVE_INFINITY, { status: 'FAILED', end: 'Failed', error: 'ServiceUnavailableError' }],
  ])('tries to move traffic beside a service that is too busy %d times, on one verification', async (times, end) => {
    const at = await regionDead();
    const run = await runRegionalFailover(at, (state, call) => {
      if (state !== 'ShiftTraffic' || call > times) return;
      at.clock.advance(10_000);
      throw new errors.ServiceUnavailableError('Throttling: Rate exceeded');
    });
    expect(run).toMatchObject(end);
    expect(run.called.filter((state) => state === 'VerifyStandby')).toHaveLength(1);
    expect(run.called.filter((state) => state === 'ShiftTraffic')).toHaveLength(Math.min(times, 20) + 1);
  });

  it('promotes again, counted, a standby that RDS does nothing to', async () => {
    const at = await regionDead();
    let begun = 0;
    const { database } = at.ports;
    // RDS takes the first call and drops it.
    const promote = async (): Promise<void> => {
      begun += 1;
      if (begun > 1) await database.promote();
    };
    const run = await runRegionalFailover({ ...at, ports: { ...at.ports, database: { ...database, promote } } });
    expect(run.end).toBe('Recovered');
    expect(begun).toBe(2);
    const never = await regionDead();
    const drops = { ...never.ports.database, promote: async () => undefined };
    const end = await runRegionalFailover({ ...never, ports: { ...never.ports, database: drops } });
    expect(end).toMatchObject({ end: 'Failed', error: 'NotInTimeError' });
    expect(end.called.filter((state) => state === 'ConfirmPromotion')).toHaveLength(600);
  });

  it('waits for RDS on a fence of the last seconds: a primary that comes back meanwhile is fenced before the promotion', async () => {
    const at = await regionDead();
    at.ports.writeLease.down = true;
    const plan = { ...at.plan, fence: { ...at.plan.fence, unverified: 'go-on' as const } };
    const { primary, standby } = at.ports.database.servers;
    const run = await runRegionalFailover({ ...at, plan }, (state, call) => {
      if (state !== 'PromoteReplica') return;
      at.clock.advance(60_000);
      if (call === 1) standby.status = 'backing-up';
      if (call === 3) [primary.up, at.ports.writeLease.down] = [true, false];
      if (call === 5) standby.status = 'available';
    });
    expect(run.end).toBe('Recovered');
    const left = (name: string) => run.record.findLast(({ state, kind }) => state === name && kind === 'left')?.result;
    expect(left('FencePrimary')).toMatchObject({ verified: false });
    expect(left('PromoteReplica')).toMatchObject({ fenced: true, fence: { verifiedBy: 'database-role' } });
    expect(() => at.ports.database.insert('primary', 'late')).toThrow(/not permitted/);
    expect(standby.inRecovery).toBe(false);
  });

  it('promotes nothing beside a primary that comes back while it waits for RDS and cannot be fenced', async () => {
    const at = await regionDead();
    const { primary, standby } = at.ports.database.servers;
    const { database } = at.ports;
    const fence = async (...[side]: Parameters<typeof database.fence>) =>
      primary.up ? { fenced: false, endedSessions: 0 } : database.fence(side);
    const ports = { ...at.ports, databaseSession: { ...database, fence } };
    const run = await runRegionalFailover({ ...at, ports }, (state, call) => {
      if (state !== 'PromoteReplica') return;
      at.clock.advance(60_000);
      if (call === 1) standby.status = 'backing-up';
      if (call === 2) [primary.up, standby.status] = [true, 'available'];
    });
    expect(run).toMatchObject({ end: 'Failed', error: 'FenceFailedError' });
    const lifted = run.record.find(({ state, kind }) => state === 'LiftFence' && kind === 'left');
    expect(lifted?.result).toMatchObject({ lifted: false, stays: expect.stringContaining('let begin'), methods: [] });
    expect(standby.inRecovery).toBe(true);
  });

  it('stops the other branch when one fails', async () => {
    const at = await regionDead();
    at.ports.database.looksUntilPromoted = 200;
    const run = await runRegionalFailover(at, (state) => {
      if (state === 'ScaleUpWorkloads') throw new errors.WorkloadNotFoundError('deployment svg-ai-api is not there');
    });
    expect(run).toMatchObject({ end: 'Failed', error: 'WorkloadNotFoundError' });
    expect(run.called.filter((state) => state === 'ConfirmPromotion').length).toBeLessThan(5);
    expect(run.called.slice(-2)).toEqual(['PublishOutcome', 'ReleaseClaim']);
  });
});
