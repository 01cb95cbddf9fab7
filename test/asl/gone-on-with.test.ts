import { describe, expect, it } from 'vitest';
import { ApprovalDeclinedError, CallRefusedError, NoRecoveryError } from '#domain/errors.ts';
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

describe('a run goes on under an open incident, whatever closed it since the run was accepted', () => {
  const closeOpen = async (at: World) => {
    const open = await at.ports.incidents.current('svg-ai');
    if (open) await at.ports.incidents.close('svg-ai', open, at.clock.now());
    return open?.id;
  };

  it('what it promoted and left half moved is gone on with', async () => {
    const at = await dead();
    let closed: string | undefined;
    const first = await runOfPerson(at, 'manual-jane', async (state, call) => {
      if (state === 'ClaimRecovery' && call === 1) closed = await closeOpen(at);
      return repointRefused(state, call);
    });
    expect(first).toMatchObject({ end: 'Failed' });
    expect(closed).toBeDefined();
    expect(await openId(at)).toBe(closed);
    const claimed = first.record.find(({ state, kind }) => state === 'ClaimRecovery' && kind === 'left');
    expect(claimed).toMatchObject({ result: { reopened: closed } });
    expect(await runOfPerson(at, 'retry-jane')).toMatchObject(RECOVERED);
    expect(await openId(at)).toBeUndefined();
  });

  it('an alarm whose incident was closed before its run had the claim is not lost', async () => {
    const at = await dead();
    const run = await runOfAlarm(at, async (state, call) => {
      if (state === 'ClaimRecovery' && call === 1) await closeOpen(at);
      return undefined;
    });
    expect(run).toMatchObject(RECOVERED);
    expect(await openId(at)).toBeUndefined();
  });

  it('ends before its first change, and holds nothing, when another incident was opened since', async () => {
    const at = await dead();
    let other: string | undefined;
    const run = await runOfPerson(at, 'manual-jane', async (state) => {
      if (state !== 'ClaimRecovery') return undefined;
      await closeOpen(at);
      other = (await at.ports.incidents.openOrJoin('svg-ai', at.clock.now(), at.clock.now())).id;
      return undefined;
    });
    expect(run).toMatchObject({ end: 'ClaimRefused', error: 'IncidentClosedError' });
    expect(run.cause).toContain(`${other} is open`);
    expect(run.cause).toContain('continuity start svg-ai');
    expect(run.called).not.toContain('AssessEvidence');
    expect((await at.ports.claims.read('svg-ai'))?.holder ?? null).toBeNull();
    expect(await openId(at)).toBe(other);
  });

  it('a dry run opens none', async () => {
    const at = await dead();
    const input = { ...BY_JANE, mode: 'dry-run' };
    await runRegionalFailover(at, undefined, { input, name: 'dry' });
    expect(await openId(at)).toBeUndefined();
  });

  it('is not closed by the end of the run that it took over from, however late that looks', async () => {
    const at = await dead();
    const { close } = at.ports.incidents;
    let person: Promise<unknown> | undefined;
    // The alarm's run has looked, finds nothing to recover from, and is about to close the incident.
    at.ports.incidents.close = async (...asked) => {
      person ??= runOfPerson(at, 'manual-jane', repointRefused);
      await person;
      return close(...asked);
    };
    const alarmed = await runOfAlarm(at, (state) => {
      if (state === 'AssessEvidence' && person === undefined) throw new NoRecoveryError('all is well');
      return undefined;
    });
    expect(alarmed).toMatchObject({ error: 'NoRecoveryError' });
    expect(await person).toMatchObject({ end: 'Failed' });
    expect(await openId(at)).toBeDefined();
    at.ports.incidents.close = close;
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
