import { describe, expect, it } from 'vitest';
import { CallRefusedError, FenceFailedError, ServiceUnavailableError, UnreachableError } from '#domain/errors.ts';
import { type World, world } from '#test/support/fakes/world.ts';
import { streamOf } from '#test/support/stream.ts';
import { keepFenced } from '../../../functions/keep-fenced.ts';
import { notifyStakeholders } from '../../../functions/notify-stakeholders.ts';

const RUN = 'arn:aws:states:us-west-2:123456789012:execution:regional-failover:svg-ai-INC-2026-1123-001';
const INCIDENT = 'INC-2026-1123-001';

const put = (at: World, state: string, result: object) =>
  at.ports.ledger.append({
    execution: RUN,
    plan: at.plan.plan,
    incident: INCIDENT,
    state,
    kind: 'left',
    at: at.clock.now(),
    attempt: 0,
    actor: 'pipeline',
    inputDigest: '',
    result: JSON.parse(JSON.stringify(result)),
  });

const SILENT = [
  { method: 'database-role', outcome: 'unreachable', detail: 'no answer' },
  { method: 'workloads-to-zero', outcome: 'unreachable', detail: 'no answer' },
  { method: 'write-lease', outcome: 'fenced', detail: 'over' },
];

/** A recovery that reached nothing of the old primary stands, and the old primary is back as it was. */
const returned = async ({ methods = SILENT as object[], until = 'the end' } = {}): Promise<World> => {
  const at = world();
  const { claims, database, traffic } = at.ports;
  const { epoch } = await claims.take(at.plan.plan, RUN, at.clock.now(), 0);
  await put(at, 'FencePrimary', { methods });
  if (until === 'the fence') return at;
  await claims.commit(at.plan.plan, RUN, epoch, INCIDENT, at.clock.now());
  Object.assign(database.servers.standby, { replicaOf: null, replication: null, inRecovery: false, timeline: 2 });
  await traffic.shift('standby');
  at.clock.advance(60_000);
  if (until === 'the shift') return at;
  await claims.release(at.plan.plan, RUN, epoch, at.clock.now(), { serves: at.plan.regions.standby });
  at.clock.advance(60_000);
  return at;
};

/** The old primary's server does not say what it is. Gives what ends that. */
const saysOnly = (at: World, error: Error) => {
  const { databaseSession } = at.ports;
  const asked = databaseSession.serverOf;
  databaseSession.serverOf = async (side) => {
    if (side === 'primary') throw error;
    return asked(side);
  };
  return () => {
    databaseSession.serverOf = asked;
  };
};
const LOGIN_REFUSED = new CallRefusedError('password authentication failed (SQLSTATE 28P01)');
const FULL = new FenceFailedError('sorry, too many clients already');

const own = (at: World) => at.ports.ledger.entries.filter(({ state }) => state === 'KeepFenced');
const kinds = (at: World) => own(at).map(({ kind, attempt }) => `${kind} ${attempt}`);
const outcomes = (at: World) =>
  own(at).flatMap(({ result }) =>
    ((result as { methods?: { method: string; outcome: string }[] } | undefined)?.methods ?? []).map(
      ({ method, outcome }) => `${method} ${outcome}`,
    ),
  );
const wanted = (at: World) => [...at.ports.workloads.clusters.primary.deployments.values()].map((one) => one.wanted);
const wasWanted = (at: World) => at.plan.workloads.deployments.map(({ replicas }) => replicas);

const expectUntouched = (at: World) => {
  expect(at.ports.database.calls.fence).toBe(0);
  expect(at.ports.database.servers.primary.applicationRefused).toBe(false);
  expect(wanted(at)).toEqual(wasWanted(at));
  expect(own(at)).toEqual([]);
};

describe('KeepFenced', () => {
  it('fences an old primary that comes back, and has it on the record of the run', async () => {
    const at = await returned();
    const kept = await keepFenced(at);
    expect(kept).toMatchObject({
      execution: RUN,
      methods: [
        { method: 'database-role', outcome: 'fenced', detail: 'application role refused, 3 sessions ended' },
        { method: 'workloads-to-zero', outcome: 'fenced' },
      ],
    });
    expect(at.ports.database.servers.primary).toMatchObject({ applicationRefused: true, sessions: 0, timeline: 1 });
    expect(wanted(at)).toEqual(wasWanted(at).map(() => 0));
    expect(at.ports.database.servers.standby).toMatchObject({ applicationRefused: false, sessions: 3 });
    expect(kinds(at)).toEqual(['entered 0', 'left 0']);
    expect(own(at)[1]).toMatchObject({
      execution: RUN,
      incident: INCIDENT,
      result: { guards: expect.arrayContaining([expect.objectContaining({ id: 'KF-230', passed: true })]) },
    });
  });

  it('leaves it alone from then on, also when a person lifts the fence', async () => {
    const at = await returned();
    await keepFenced(at);
    await at.ports.databaseSession.unfence('primary');
    at.clock.advance(3_600_000);
    expect(await keepFenced(at)).toEqual({ nothing: 'by the record nothing of the fence is open' });
    expect(at.ports.database.calls.fence).toBe(1);
    expect(own(at)).toHaveLength(2);
  });

  it('asks nothing but the claim while no recovery stands', async () => {
    const at = world();
    const asked: string[] = [];
    const deaf = new Proxy(at.ports, {
      get: (ports, name: keyof World['ports']) => {
        if (name !== 'claims') asked.push(name);
        return ports[name];
      },
    });
    expect(await keepFenced({ ...at, ports: deaf })).toEqual({ nothing: 'no recovery stands' });
    expect(asked).toEqual([]);
  });

  it.each([
    ['a run that promoted nothing', async () => returned({ until: 'the fence' })],
    ['a run that left the service half moved', async () => returned({ until: 'the shift' })],
    [
      'a recovery of long ago, and a run since that left the service half moved',
      async () => {
        const at = await returned();
        const later = `${RUN}-later`;
        const { epoch } = await at.ports.claims.take(at.plan.plan, later, at.clock.now(), 0);
        await at.ports.claims.commit(at.plan.plan, later, epoch, 'INC-2026-1124-001', at.clock.now());
        await at.ports.claims.release(at.plan.plan, later, epoch, at.clock.now(), { startsCoolDown: false });
        return at;
      },
    ],
  ])('does nothing after %s', async (_, prepare) => {
    const at = await prepare();
    expect(await keepFenced(at)).toEqual({ nothing: 'no recovery stands' });
    expectUntouched(at);
  });

  const order = { by: 'jane', reason: 'looking at it', at: '2026-11-23T23:00:00.000Z' };
  const unreadable = async () => {
    throw new UnreachableError('no answer');
  };
  it.each<[string, string, (at: World) => unknown]>([
    ['automation is off', 'GU-010', (at) => at.ports.standingOrders.switchOff(at.plan.plan, order)],
    [
      'a maintenance window is open',
      'GU-020',
      (at) => at.ports.standingOrders.startMaintenance(at.plan.plan, { ...order, until: '2026-11-24T12:00:00.000Z' }),
    ],
    [
      'nobody knows whether automation is on',
      'GU-010',
      (at) => {
        at.ports.standingOrders.down = true;
      },
    ],
    ['a run is under way', 'GU-030', (at) => at.ports.claims.take(at.plan.plan, `${RUN}-2`, at.clock.now(), 0)],
    [
      'the standby is a replica, by its control plane',
      'KF-110',
      (at) => {
        at.ports.database.servers.standby.replicaOf = 'svg-ai-db';
      },
    ],
    [
      'the standby is not there',
      'KF-110',
      (at) => {
        at.ports.database.servers.standby.exists = false;
      },
    ],
    [
      'the standby is in recovery',
      'KF-120',
      (at) => {
        at.ports.database.servers.standby.inRecovery = true;
      },
    ],
    [
      'the standby does not answer',
      'KF-120',
      (at) => {
        at.ports.database.servers.standby.up = false;
      },
    ],
    ['a person has brought the traffic back', 'KF-130', (at) => at.ports.traffic.shift('primary')],
    [
      'a person has brought it back past the switch, by DNS',
      'KF-130',
      (at) => {
        for (const { name, primary } of at.plan.traffic.records) at.ports.traffic.cached.set(name, primary);
      },
    ],
    [
      'DNS does not say where it leads',
      'KF-130',
      (at) => {
        for (const { name } of at.plan.traffic.records) at.ports.traffic.cached.set(name, 'elsewhere.example');
      },
    ],
    [
      'nobody knows where the traffic leads',
      'KF-130',
      (at) => {
        at.ports.traffic.read = unreadable;
      },
    ],
    [
      'the plan has no record of traffic',
      'KF-130',
      (at) => {
        at.ports.traffic.read = async () => [];
      },
    ],
    [
      'the old primary does not answer',
      'KF-210',
      (at) => {
        at.ports.database.servers.primary.up = false;
      },
    ],
    [
      'the old primary is a replica by now',
      'KF-210',
      (at) => {
        at.ports.database.servers.primary.inRecovery = true;
      },
    ],
    [
      'it was loaded anew, from a dump',
      'KF-220',
      (at) => {
        at.ports.database.servers.primary.system = '7300000000000000002';
      },
    ],
    [
      'its control plane gives an error of whatever kind',
      'KF-210',
      (at) => {
        at.ports.databaseSession.locate = async () => {
          throw new CallRefusedError('the region dies');
        };
      },
    ],
    [
      'it refuses the login, and a person has brought the traffic back',
      'KF-130',
      async (at) => {
        saysOnly(at, LOGIN_REFUSED);
        await at.ports.traffic.shift('primary');
      },
    ],
    [
      'it refuses the login, and automation is off',
      'GU-010',
      (at) => {
        saysOnly(at, LOGIN_REFUSED);
        return at.ports.standingOrders.switchOff(at.plan.plan, order);
      },
    ],
    [
      'it was promoted after the standby: a return by hand',
      'KF-230',
      (at) => {
        at.ports.database.servers.primary.timeline = 3;
      },
    ],
    [
      'both are on one timeline',
      'KF-230',
      (at) => {
        at.ports.database.servers.primary.timeline = 2;
      },
    ],
  ])('does nothing when %s, and says why', async (_, guard, change) => {
    const at = await returned();
    at.clock.advance(at.plan.detection.coolDownSeconds * 1_000);
    await change(at);
    expect(await keepFenced(at)).toEqual({ nothing: expect.stringContaining(guard) });
    expectUntouched(at);
  });

  it('does not wait for the cool-down', async () => {
    const at = await returned();
    expect(at.plan.detection.coolDownSeconds).toBeGreaterThan(60);
    expect(await keepFenced(at)).toMatchObject({ execution: RUN });
  });

  it('writes nothing while it is away, and fences it in the minute in which it is back', async () => {
    const at = await returned();
    at.killPrimary();
    await keepFenced(at);
    at.clock.advance(60_000);
    await keepFenced(at);
    expectUntouched(at);
    at.ports.database.servers.primary.up = true;
    at.clock.advance(60_000);
    await keepFenced(at);
    expect(outcomes(at)).toEqual(['database-role fenced']);
    at.ports.workloads.clusters.primary.up = true;
    at.clock.advance(60_000);
    await keepFenced(at);
    expect(outcomes(at)).toEqual(['database-role fenced', 'workloads-to-zero fenced']);
    expect(kinds(at)).toEqual(['entered 0', 'left 0', 'entered 1', 'left 1']);
  });

  it.each([
    [
      'refuses the call',
      (at: World) => {
        at.ports.workloads.status = async () => {
          throw new CallRefusedError('403 deployments is forbidden');
        };
      },
      'CallRefusedError: 403 deployments is forbidden',
    ],
    [
      'lacks a deployment',
      (at: World) => {
        at.ports.workloads.clusters.primary.deployments.clear();
      },
      'deployment svg-ai-api is not in svg-ai-east',
    ],
  ])('has it on record that the cluster %s', async (_, change, detail) => {
    const at = await returned();
    change(at);
    await keepFenced(at);
    expect(outcomes(at)).toEqual(['database-role fenced', 'workloads-to-zero failed']);
    expect(JSON.stringify(own(at)[1]?.result)).toContain(detail);
    const triedAt: number[] = [];
    for (let minute = 1; minute < 12; minute += 1) {
      at.clock.advance(60_000);
      if ('methods' in (await keepFenced(at))) triedAt.push(minute);
    }
    expect(triedAt).toEqual([1, 2, 4, 7, 11]);
  });

  it.each([
    ['refuses the login', LOGIN_REFUSED],
    ['has no connection left', FULL],
    ['has a certificate that is not trusted', new CallRefusedError('self-signed certificate')],
    ['cannot be asked: the login cannot be read', new CallRefusedError('secret continuity is not JSON')],
    ['cannot be asked: the store of the login is silent', new ServiceUnavailableError('no answer in 1000 ms')],
  ])('has an old primary on record that %s, and touches nothing of it', async (_, error) => {
    const at = await returned();
    const mend = saysOnly(at, error);
    const kept = await keepFenced(at);
    expect(kept).toMatchObject({
      methods: [
        { method: 'database-role', outcome: 'failed', detail: `${error.name}: ${error.message}` },
        { method: 'workloads-to-zero', outcome: 'failed', detail: 'not tried: svg-ai-db does not say what it is' },
      ],
    });
    expect(own(at)[1]).toMatchObject({
      result: { guards: expect.arrayContaining([expect.objectContaining({ id: 'KF-230', state: 'unknown' })]) },
    });
    expect(at.ports.database.calls.fence).toBe(0);
    expect(wanted(at)).toEqual(wasWanted(at));
    const triedAt: number[] = [];
    for (let minute = 1; minute < 12; minute += 1) {
      at.clock.advance(60_000);
      if ('methods' in (await keepFenced(at))) triedAt.push(minute);
    }
    expect(triedAt).toEqual([1, 3, 6, 10]);
    mend();
    at.clock.advance(600_000);
    await keepFenced(at);
    expect(outcomes(at).slice(-2)).toEqual(['database-role fenced', 'workloads-to-zero fenced']);
  });

  it('has it on record also where the standby cannot be asked either', async () => {
    const at = await returned();
    at.ports.databaseSession.serverOf = async () => {
      throw LOGIN_REFUSED;
    };
    await keepFenced(at);
    expect(outcomes(at)).toEqual(['database-role failed', 'workloads-to-zero failed']);
  });

  it('does not take one lost answer for one that it was given', async () => {
    const at = await returned();
    const mend = saysOnly(at, new ServiceUnavailableError('slow down'));
    const { serverOf } = at.ports.databaseSession;
    at.ports.databaseSession.serverOf = (side) => {
      if (side === 'primary') mend();
      return serverOf(side);
    };
    await keepFenced(at);
    expect(outcomes(at)).toEqual(['database-role fenced', 'workloads-to-zero fenced']);
  });

  it('does only what the run itself could not', async () => {
    const at = await returned({
      methods: [{ method: 'database-role', outcome: 'fenced', detail: '' }, ...SILENT.slice(1)],
    });
    await keepFenced(at);
    expect(outcomes(at)).toEqual(['workloads-to-zero fenced']);
    expect(at.ports.database.calls.fence).toBe(0);
  });

  it('does nothing that the plan does not name', async () => {
    const at = await returned();
    const plan = { ...at.plan, fence: { ...at.plan.fence, methods: ['write-lease' as const] } };
    expect(await keepFenced({ ...at, plan })).toEqual({ nothing: 'by the record nothing of the fence is open' });
    expectUntouched(at);
  });

  it('tries less and less often what cannot be fenced, and at once what can', async () => {
    const at = await returned();
    at.ports.workloads.clusters.primary.up = false;
    const mended = at.ports.databaseSession.fence;
    at.ports.databaseSession.fence = async () => ({ fenced: false, endedSessions: 0 });
    const triedAt: number[] = [];
    for (let minute = 0; minute < 60; minute += 1) {
      if ('methods' in (await keepFenced(at))) triedAt.push(minute);
      at.clock.advance(60_000);
    }
    expect(triedAt).toEqual([0, 1, 3, 6, 10, 15, 21, 28, 36, 45, 55]);
    at.ports.databaseSession.fence = mended;
    at.clock.advance(600_000);
    await keepFenced(at);
    expect(outcomes(at).at(-1)).toBe('database-role fenced');
  });

  it('changes nothing that it cannot write down first', async () => {
    const at = await returned();
    const { append } = at.ports.ledger;
    at.ports.ledger.append = unreadable;
    await expect(keepFenced(at)).rejects.toThrow('no answer');
    at.ports.ledger.append = append;
    expectUntouched(at);
  });

  it('is done by one when two look at once', async () => {
    const at = await returned();
    const both = await Promise.all([keepFenced(at), keepFenced(at)]);
    expect(both.filter((one) => 'methods' in one)).toHaveLength(1);
    expect(both.filter((one) => 'nothing' in one)).toEqual([{ nothing: 'another one fences it' }]);
    expect(at.ports.database.calls.fence).toBe(1);
  });

  it('takes up what one left that died at it', async () => {
    const at = await returned();
    const mended = at.ports.databaseSession.fence;
    const { append } = at.ports.ledger;
    at.ports.ledger.append = (entry) => (entry.kind === 'left' ? unreadable() : append(entry));
    await expect(keepFenced(at)).rejects.toThrow();
    at.ports.ledger.append = append;
    at.ports.databaseSession.fence = mended;
    expect(await keepFenced(at)).toEqual({ nothing: expect.stringContaining('tried again from') });
    at.clock.advance(60_000);
    await keepFenced(at);
    expect(kinds(at)).toEqual(['entered 0', 'entered 1', 'left 1']);
    expect(outcomes(at)).toEqual(['database-role fenced', 'workloads-to-zero fenced']);
  });

  it('tries less and less often also after one that died at it', async () => {
    const at = await returned();
    at.ports.workloads.clusters.primary.up = false;
    at.ports.databaseSession.fence = async () => ({ fenced: false, endedSessions: 0 });
    const { append } = at.ports.ledger;
    at.ports.ledger.append = (entry) => (entry.kind === 'left' ? unreadable() : append(entry));
    await expect(keepFenced(at)).rejects.toThrow();
    at.ports.ledger.append = append;
    const triedAt: number[] = [];
    for (let minute = 1; minute < 20; minute += 1) {
      at.clock.advance(60_000);
      if ('methods' in (await keepFenced(at))) triedAt.push(minute);
    }
    expect(triedAt).toEqual([1, 2, 4, 7, 11, 16]);
  });
});

describe('the notice of an old primary that is back', () => {
  const log = { warn: () => undefined };
  const told = async (at: World) => {
    await notifyStakeholders({ ...at, log, event: streamOf(...own(at).filter(({ kind }) => kind !== 'notice')) });
    return at.ports.announcer.sent.map(({ subject }) => subject);
  };

  it('goes out once, and says what was done, what was not, and what comes next', async () => {
    const at = await returned();
    await keepFenced(at);
    expect(await told(at)).toEqual([`OLD PRIMARY FENCED - ${at.plan.title}`]);
    expect(await told(at)).toHaveLength(1);
    const { text, attributes } = at.ports.announcer.sent[0] ?? {};
    expect(text).toContain('3 sessions ended');
    expect(text).toContain('not promoted back and not deleted');
    expect(text).toContain(`continuity divergence ${RUN}`);
    expect(attributes).toMatchObject({ kind: 'old-primary', incident: INCIDENT });
  });

  it('is one also when the cluster comes back after the database', async () => {
    const at = await returned();
    at.ports.workloads.clusters.primary.up = false;
    await keepFenced(at);
    at.ports.workloads.clusters.primary.up = true;
    at.clock.advance(60_000);
    await keepFenced(at);
    expect(outcomes(at)).toHaveLength(2);
    expect(await told(at)).toEqual([`OLD PRIMARY FENCED - ${at.plan.title}`]);
    expect(at.ports.announcer.sent[0]?.text).toContain('- workloads-to-zero, open: the cluster does not answer');
  });

  it('says that the cluster refuses, what to do by hand, and then that all is fenced', async () => {
    const at = await returned();
    const { status } = at.ports.workloads;
    at.ports.workloads.clusters.primary.up = false;
    await keepFenced(at);
    at.ports.workloads.clusters.primary.up = true;
    at.ports.workloads.status = async () => {
      throw new CallRefusedError('403 deployments is forbidden');
    };
    at.clock.advance(60_000);
    await keepFenced(at);
    expect(await told(at)).toEqual([
      `OLD PRIMARY FENCED - ${at.plan.title}`,
      `OLD PRIMARY NOT FENCED - ${at.plan.title}`,
    ]);
    const { text } = at.ports.announcer.sent[1] ?? {};
    expect(text).toContain('- workloads-to-zero, failed: CallRefusedError: 403 deployments is forbidden');
    expect(text).toContain('kubectl -n');
    expect(text).not.toContain('ALTER ROLE');
    at.ports.workloads.status = status;
    at.clock.advance(60_000);
    await keepFenced(at);
    expect((await told(at)).slice(2)).toEqual([`OLD PRIMARY FENCED - ${at.plan.title}`]);
  });

  it('says that it answers and refuses us, again when it says something else, and then that it is fenced', async () => {
    const at = await returned();
    const tryAgain = async (error?: Error) => {
      const mend = error === undefined ? () => undefined : saysOnly(at, error);
      at.clock.advance(600_000);
      await keepFenced(at);
      mend();
      return told(at);
    };
    const NOT_FENCED = `OLD PRIMARY NOT FENCED - ${at.plan.title}`;
    expect(await tryAgain(LOGIN_REFUSED)).toEqual([NOT_FENCED]);
    expect(at.ports.announcer.sent[0]).toMatchObject({
      text: expect.stringContaining('SQLSTATE 28P01'),
      attributes: { severity: '1' },
    });
    expect(await tryAgain(LOGIN_REFUSED)).toHaveLength(1);
    expect(await tryAgain(FULL)).toEqual([NOT_FENCED, NOT_FENCED]);
    expect(at.ports.announcer.sent[1]?.text).toContain('too many clients');
    // What was told before is no news.
    expect(await tryAgain(LOGIN_REFUSED)).toHaveLength(2);
    expect(await tryAgain()).toEqual([NOT_FENCED, NOT_FENCED, `OLD PRIMARY FENCED - ${at.plan.title}`]);
  });

  it('says once that it is not fenced, however often it is tried, and then that it is', async () => {
    const at = await returned();
    const mended = at.ports.databaseSession.fence;
    at.ports.databaseSession.fence = async () => ({ fenced: false, endedSessions: 0 });
    for (let minute = 0; minute < 30; minute += 1) {
      await keepFenced(at);
      at.clock.advance(60_000);
    }
    expect(await told(at)).toEqual([`OLD PRIMARY NOT FENCED - ${at.plan.title}`]);
    expect(at.ports.announcer.sent[0]).toMatchObject({
      text: expect.stringContaining('ALTER ROLE svg_ai_app NOLOGIN'),
      attributes: { severity: '1' },
    });
    at.ports.databaseSession.fence = mended;
    at.clock.advance(600_000);
    await keepFenced(at);
    expect((await told(at)).at(-1)).toBe(`OLD PRIMARY FENCED - ${at.plan.title}`);
  });
});
