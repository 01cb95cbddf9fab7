import { describe, expect, it } from 'vitest';
import { ApprovalDeclinedError, CallRefusedError } from '#domain/errors.ts';
import { type World, world } from '#test/support/fakes/world.ts';
import { type Happening, runRegionalFailover } from '#test/support/run-regional-failover.ts';
import { probeService } from '../../functions/probe-service.ts';
import { receiveAlarm } from '../../functions/receive-alarm.ts';

/* What becomes of an incident after its first run: gone on with by another, or over and followed by another incident. */

const FAILOVER_MACHINE_ARN = 'arn:aws:states:us-west-2:123456789012:stateMachine:regional-failover';
const BY_JANE = { plan: 'svg-ai', reason: 'the region does not answer', mode: 'failover', by: 'jane' };

const probe = async (at: World) => {
  for (const SITE of ['standby', 'witness'] as const) await probeService({ ...at, environment: { SITE } });
};

const dead = async (at: World = world()): Promise<World> => {
  await probe(at);
  at.clock.advance(1_000);
  at.killPrimary();
  await probe(at);
  at.clock.advance(1_000);
  return at;
};

const alarm = (at: World) => {
  const now = at.clock.now();
  const event = { alarm: 'healthy', from: 'OK', to: 'ALARM', reason: 'r', at: now, firstBreachAt: now } as const;
  return receiveAlarm({ ...at, event, environment: { FAILOVER_MACHINE_ARN } });
};

/** The run that an alarm starts, to its end. */
const runOfAlarm = async (at: World, happening?: Happening) => {
  const taken = await alarm(at);
  if (!('started' in taken && taken.started)) throw new Error(`the alarm started nothing: ${JSON.stringify(taken)}`);
  const input = at.ports.executions.inputs.get(taken.execution);
  return runRegionalFailover(at, happening, { input, name: taken.execution.split(':').at(-1) ?? '' });
};

const runOfPerson = (at: World, name: string, happening?: Happening) =>
  runRegionalFailover(at, happening, { input: BY_JANE, name });

const repointRefused: Happening = (state) => {
  if (state === 'RepointApplication') throw new CallRefusedError('eks: AccessDenied');
  return undefined;
};

const openId = async (at: World) => (await at.ports.incidents.current('svg-ai'))?.id;
const RECOVERED = { status: 'SUCCEEDED', end: 'Recovered' };

describe('a recovery is gone on with after the promotion', () => {
  it("when a person's run promoted and failed", async () => {
    const at = await dead();
    expect(await runOfPerson(at, 'manual-jane', repointRefused)).toMatchObject({ end: 'Failed' });
    expect(at.ports.database.servers.standby.replicaOf).toBeNull();
    const open = await openId(at);
    expect(open).toBeDefined();
    const retry = await runOfPerson(at, 'retry-jane');
    expect(retry).toMatchObject(RECOVERED);
    expect(retry.record.find(({ incident }) => incident !== null)?.incident).toBe(open);
    expect(at.ports.database.calls.promote).toBe(1);
    expect(await openId(at)).toBeUndefined();
  });

  it("when an alarm's run did, and a retry was refused in between: that leaves the incident open", async () => {
    const at = await dead();
    await runOfAlarm(at, repointRefused);
    const open = await openId(at);
    at.ports.workloads.clusters.standby.up = false;
    expect(await runOfPerson(at, 'retry-jane-1')).toMatchObject({ end: 'GuardsRefused' });
    expect(await openId(at)).toBe(open);
    at.ports.workloads.clusters.standby.up = true;
    expect(await runOfPerson(at, 'retry-jane-2')).toMatchObject(RECOVERED);
    expect(await openId(at)).toBeUndefined();
  });

  it('and no refused retry tells people to lift the fence beside what was promoted', async () => {
    const at = await dead();
    await runOfPerson(at, 'manual-jane', repointRefused);
    const declined = await runOfPerson(at, 'retry-jane', (state) => {
      if (state === 'RenewFence' || state === 'PromoteReplica') throw new ApprovalDeclinedError('no');
      return undefined;
    });
    expect(declined.entered).toContain('FencePrimary');
    const told = declined.record.find(({ state, kind }) => state === 'PublishOutcome' && kind === 'left');
    const said = JSON.stringify(told?.result);
    expect(said).toMatch(/may be promoted: never lift the fence/);
    expect(said).not.toMatch(/ALTER ROLE/);
  });

  it('when its function died after RDS took the call, while RDS is at it', async () => {
    const at = await dead();
    const { promote } = at.ports.database;
    at.ports.database.looksUntilPromoted = 20;
    at.ports.database.promote = async () => {
      await promote();
      throw new Error('the process dies');
    };
    expect(await runOfPerson(at, 'manual-jane')).toMatchObject({ end: 'Failed' });
    expect(at.ports.database.servers.standby.status).toBe('modifying');
    at.ports.database.promote = promote;
    expect(await runOfPerson(at, 'retry-jane')).toMatchObject(RECOVERED);
  });
});

describe('an alarm is not swallowed by an incident that was left open', () => {
  /** People decline, and the fence cannot be lifted in a region that does not answer: the incident stays open. */
  const declined = async () => {
    const at = await dead();
    at.ports.writeLease.down = true;
    await runOfAlarm(at, (state) => {
      if (state === 'RequestApproval') throw new ApprovalDeclinedError('no');
      return undefined;
    });
    return { at, open: await openId(at) };
  };

  it('pages while nothing has been well since', async () => {
    const { at, open } = await declined();
    expect(open).toBeDefined();
    await probe(at);
    expect(await alarm(at)).toMatchObject({ stopped: true, incident: open });
    expect(at.ports.ledger.entries.at(-1)).toMatchObject({ kind: 'refused', result: { page: true } });
  });

  it('and weeks later, when all was well since, is another incident with its own run, which recovers', async () => {
    const { at, open } = await declined();
    at.ports.writeLease.down = false;
    at.ports.database.servers.primary.up = true;
    at.ports.workloads.clusters.primary.up = true;
    at.ports.workloads.clusters.primary.deployments.forEach((one) => {
      Object.assign(one, { wanted: 3, ready: 3 });
    });
    for (let day = 0; day < 21; day += 1) {
      at.clock.advance(86_400_000);
      await probe(at);
      await at.ports.writeLease.renew('svg-ai', 'primary', at.clock.now());
    }
    await dead(at);
    const failedAt = Date.parse(at.clock.now());
    const run = await runOfAlarm(at);
    expect(run).toMatchObject(RECOVERED);
    const { incident } = (run.output as { outcome: { incident: { id: string; startedAt: string } } }).outcome;
    expect(incident.id).not.toBe(open);
    expect(failedAt - Date.parse(incident.startedAt)).toBeLessThan(60_000);
    expect(await openId(at)).toBeUndefined();
  });
});
