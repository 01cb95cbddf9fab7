import { describe, expect, it } from 'vitest';
import { turned } from '#domain/direction.ts';
import type { Side } from '#domain/side.ts';
import { type World, world } from '#test/support/fakes/world.ts';
import { receiveAlarm } from '../../../functions/receive-alarm.ts';
import { parseAlarmEvent } from '../../../functions/shared/alarm-event.ts';

const FAILOVER_MACHINE_ARN = 'arn:aws:states:us-west-2:123456789012:stateMachine:regional-failover';
const environment = { FAILOVER_MACHINE_ARN };

/** As AWS documents it, shortened where the intake does not look. */
const fromEventBridge = (from = 'OK', to = 'ALARM', alarmName = 'service-unhealthy') => ({
  version: '0',
  id: 'c4c1c1c9-6542-e61b-6ef0-8c4d36933a92',
  'detail-type': 'CloudWatch Alarm State Change',
  source: 'aws.cloudwatch',
  account: '123456789012',
  time: '2026-11-23T23:38:00Z',
  region: 'us-west-2',
  resources: [`arn:aws:cloudwatch:us-west-2:123456789012:alarm:${alarmName}`],
  detail: {
    alarmName,
    configuration: { metrics: [] },
    previousState: { value: from, timestamp: '2026-11-23T23:00:00.000+0000' },
    state: {
      value: to,
      reason: 'Threshold Crossed: 3 datapoints were less than the threshold (1.0).',
      reasonData: '{"version":"1.0","startDate":"2026-11-23T23:35:00.000+0000","period":60}',
      timestamp: '2026-11-23T23:38:00.250+0000',
    },
  },
});

const fromSns = (message: object) => ({
  Records: [
    { EventSource: 'aws:sns', EventVersion: '1.0', Sns: { Type: 'Notification', Message: JSON.stringify(message) } },
  ],
});

const call = (at: ReturnType<typeof world>, event: unknown) =>
  receiveAlarm({ ...at, event: parseAlarmEvent(event), environment });

describe('ReceiveAlarm', () => {
  it('starts one execution named by plan and incident', async () => {
    const at = world();
    const taken = await call(at, fromEventBridge());
    const execution = 'arn:aws:states:us-west-2:123456789012:execution:regional-failover:svg-ai-INC-2026-1123-001';
    expect(taken).toEqual({ started: true, execution, incident: 'INC-2026-1123-001' });
    expect(at.ports.executions.inputs.get(execution)).toEqual({
      plan: 'svg-ai',
      reason: expect.stringContaining('alarm service-unhealthy: Threshold Crossed'),
      mode: 'failover',
      trigger: { alarm: 'service-unhealthy', at: '2026-11-23T23:38:00.250Z' },
      incident: {
        id: 'INC-2026-1123-001',
        startedAt: '2026-11-23T23:35:00.000Z',
        detectedAt: '2026-11-23T23:38:00.250Z',
      },
    });
  });

  /** What the stack of the other region sees of the same two databases. */
  const seenFromHome = (at: World): World => {
    const describe = (side: Side) => at.ports.database.describe(side === 'primary' ? 'standby' : 'primary');
    return { ...at, plan: turned(at.plan), ports: { ...at.ports, database: { describe } } } as unknown as World;
  };

  it('starts nothing, and tells nobody, where its own region serves and the other side is a replica of it: the other stack answers', async () => {
    const at = world();
    // Seen from the home region nothing was ever failed over: it serves.
    const taken = await call(seenFromHome(at), fromEventBridge());
    expect(taken).toMatchObject({ ignored: true, reason: expect.stringContaining('us-east-1 serves') });
    expect(at.ports.executions.inputs.size).toBe(0);
    expect(at.ports.ledger.entries.at(-1)).toMatchObject({ kind: 'refused', result: { page: false } });
  });

  describe('after a failover, while the old primary is no replica of the new one', () => {
    const failedOver = async () => {
      const at = world();
      const { epoch } = await at.ports.claims.take('svg-ai', 'arn:before', at.clock.now(), 0);
      const release = { serves: 'us-west-2', startsCoolDown: false };
      await at.ports.claims.release('svg-ai', 'arn:before', epoch, at.clock.now(), release);
      Object.assign(at.ports.database.servers.standby, { replicaOf: null, inRecovery: false });
      return at;
    };
    /** The stack of the home region has a claim of its own, which nobody ever took. */
    const fromHome = (at: World): World => ({
      ...seenFromHome(at),
      ports: { ...seenFromHome(at).ports, claims: world().ports.claims },
    });

    it.each([
      ['the stack that failed over', (at: World) => at],
      ['the stack of the home region', fromHome],
    ])('%s starts nothing and pages: neither can recover, and what to do', async (_which, from) => {
      const at = await failedOver();
      expect(await call(from(at), fromEventBridge())).toMatchObject({ refused: true, guard: 'GU-120' });
      expect(at.ports.executions.inputs.size).toBe(0);
      const [entry] = await at.ports.ledger.read('plan:svg-ai');
      expect(entry).toMatchObject({ kind: 'refused', result: { guard: 'GU-120', page: true } });
      expect(JSON.stringify(entry?.result)).toMatch(/neither stack can recover.*seed the other anew as its replica/);
    });

    it('the stack that failed over pages when the other region does not answer', async () => {
      const at = await failedOver();
      at.killPrimary();
      expect(await call(at, fromEventBridge())).toMatchObject({
        refused: true,
        reason: expect.stringMatching(/svg-ai-db in us-east-1 could not be looked at/),
      });
      expect(at.ports.ledger.entries.at(-1)).toMatchObject({ result: { page: true } });
    });

    it('nobody is told once the old primary is a replica of the new one: then the home region answers', async () => {
      const at = await failedOver();
      at.ports.database.servers.primary.replicaOf = 'arn:aws:rds:us-west-2:123456789012:db:svg-ai-db-replica';
      expect(await call(at, fromEventBridge())).toMatchObject({ ignored: true });
      expect(at.ports.ledger.entries.at(-1)).toMatchObject({ result: { page: false } });
      expect(await call(fromHome(at), fromEventBridge())).toMatchObject({ started: true });
    });
  });

  it('is not kept back by what was written down once, when the database is a replica again, nor when it says nothing', async () => {
    for (const describe of [undefined, () => Promise.reject(new Error('away'))]) {
      const at = world();
      const { epoch } = await at.ports.claims.take('svg-ai', 'arn:before', at.clock.now(), 0);
      await at.ports.claims.release('svg-ai', 'arn:before', epoch, at.clock.now(), {
        serves: 'us-west-2',
        startsCoolDown: false,
      });
      const ports = describe ? { ...at.ports, database: { describe } } : at.ports;
      await expect(call({ ...at, ports } as unknown as World, fromEventBridge())).resolves.toMatchObject({
        started: true,
      });
    }
  });

  it('starts the incident when a vantage point first saw the service bad, whatever was bad before', async () => {
    const at = world();
    const [badSince, serviceBadSince] = ['2026-11-23T17:00:00.000Z', '2026-11-23T23:34:10.000Z'];
    const seen = { badSince, serviceBadSince, writes: null, lastHealthy: null };
    await at.ports.readings.put({ plan: 'svg-ai', vantage: 'standby', at: at.clock.now(), signals: [], ...seen });
    await call(at, fromEventBridge());
    expect(await at.ports.incidents.current('svg-ai')).toMatchObject({ startedAt: serviceBadSince });
  });

  it('dates no incident by a vantage point that went silent while it saw the service bad', async () => {
    const at = world();
    const seen = { badSince: null, writes: null, lastHealthy: null };
    const [silentAt, serviceBadSince] = ['2026-11-01T08:00:00.000Z', '2026-11-01T07:50:00.000Z'];
    await at.ports.readings.put({
      plan: 'svg-ai',
      vantage: 'witness',
      at: silentAt,
      signals: [],
      ...seen,
      serviceBadSince,
    });
    await call(at, fromEventBridge());
    expect(await at.ports.incidents.current('svg-ai')).toMatchObject({ startedAt: '2026-11-23T23:35:00.000Z' });
  });

  it('makes one execution of the same event twice, of two alarms, and of the same through SNS', async () => {
    const at = world();
    const answers = await Promise.all([
      call(at, fromEventBridge()),
      call(at, fromEventBridge()),
      call(at, fromEventBridge('OK', 'ALARM', 'second-alarm')),
      call(at, fromSns(fromEventBridge())),
    ]);
    expect(answers.filter((one) => 'started' in one && one.started)).toHaveLength(1);
    expect(at.ports.executions.inputs.size).toBe(1);
  });

  it('puts it on record when the incident has its run already', async () => {
    const at = world();
    await call(at, fromEventBridge());
    await call(at, fromEventBridge('OK', 'ALARM', 'second-alarm'));
    expect(await at.ports.ledger.read('plan:svg-ai')).toMatchObject([
      {
        kind: 'refused',
        actor: 'alarm:second-alarm',
        incident: 'INC-2026-1123-001',
        result: { alarm: 'second-alarm', guard: null, page: false },
      },
    ]);
  });

  /** An incident whose run, named after it, has ended; the clock stands at that end. */
  const ended = async (at: World, changed: boolean) => {
    await call(at, fromEventBridge());
    const arn = [...at.ports.executions.inputs.keys()][0] as string;
    const known = await at.ports.executions.describe(arn);
    at.ports.executions.known.set(arn, { ...known, status: 'FAILED', stoppedAt: at.clock.now() });
    await at.ports.incidents.leave('svg-ai', 'INC-2026-1123-001', { by: arn, at: at.clock.now(), changed });
    return arn;
  };
  const seen = async (at: World, badSince: string | null) => {
    for (const vantage of ['standby', 'witness'] as const)
      await at.ports.readings.put({
        plan: 'svg-ai',
        vantage,
        at: at.clock.now(),
        signals: [{ name: 'http-read', state: badSince === null ? 'good' : 'bad', detail: '', ms: 1 }],
        badSince,
        serviceBadSince: badSince,
        writes: null,
        lastHealthy: null,
      });
  };

  it('closes an incident that is over, on record, and opens another one with a run and clocks of its own', async () => {
    const at = world();
    await ended(at, true);
    at.clock.advance(21 * 86_400_000);
    const badSince = at.clock.now();
    await seen(at, badSince);
    const event = fromEventBridge();
    const later = {
      ...event,
      detail: { ...event.detail, state: { ...event.detail.state, timestamp: at.clock.now() } },
    };
    const taken = await call(at, later);
    expect(taken).toMatchObject({ started: true, incident: expect.not.stringContaining('INC-2026-1123-001') });
    expect(at.ports.executions.inputs.get((taken as { execution: string }).execution)).toMatchObject({
      incident: { startedAt: badSince },
    });
    expect(await at.ports.ledger.read('plan:svg-ai')).toMatchObject([
      { actor: 'pipeline', result: { order: 'incident-close', incident: 'INC-2026-1123-001' } },
    ]);
  });

  const goOn = /INC-2026-1123-001 is open.*continuity start svg-ai.*continuity incident close INC-2026-1123-001/;

  it.each([
    ['left the service half moved', true],
    ['is over', false],
  ])('pages when the run of an incident that is not over %s, and starts nothing', async (_what, changed) => {
    const at = world();
    const badSince = at.clock.now();
    await ended(at, changed);
    at.clock.advance(60_000);
    await seen(at, badSince);
    await call(at, fromEventBridge());
    expect(at.ports.executions.inputs.size).toBe(1);
    expect((await at.ports.incidents.current('svg-ai'))?.id).toBe('INC-2026-1123-001');
    expect(await at.ports.ledger.read('plan:svg-ai')).toMatchObject([
      { kind: 'refused', incident: 'INC-2026-1123-001', result: { page: true, reason: expect.stringMatching(goOn) } },
    ]);
  });

  it("pages, and starts no run of its own, when a person's run has let the promotion begin and is over", async () => {
    const at = world();
    const { id } = await at.ports.incidents.openOrJoin('svg-ai', at.clock.now(), at.clock.now());
    const { epoch } = await at.ports.claims.take('svg-ai', 'arn:jane', at.clock.now(), 0);
    await at.ports.claims.commit('svg-ai', 'arn:jane', epoch, id, at.clock.now());
    await at.ports.claims.release('svg-ai', 'arn:jane', epoch, at.clock.now(), { startsCoolDown: false });
    expect(await call(at, fromEventBridge())).toMatchObject({ stopped: true, incident: id });
    expect(at.ports.executions.inputs.size).toBe(0);
    expect(await at.ports.ledger.read('plan:svg-ai')).toMatchObject([
      { result: { page: true, reason: expect.stringContaining('arn:jane ended without recovery, and a promotion') } },
    ]);
  });

  it('fails, and comes again, when Step Functions does not say what became of the run', async () => {
    const at = world();
    await call(at, fromEventBridge());
    at.ports.executions.known.clear();
    await expect(call(at, fromEventBridge())).rejects.toThrow('ExecutionDoesNotExist');
  });

  const order = { by: 'jane', reason: 'release 42', at: '2026-11-23T23:30:00.000Z' };
  const cooling = async (at: World) => {
    const { epoch } = await at.ports.claims.take('svg-ai', 'arn:old', at.clock.now(), 0);
    await at.ports.claims.release('svg-ai', 'arn:old', epoch, at.clock.now());
  };
  const bad = (at: World, badSince: string) =>
    at.ports.readings.put({
      plan: 'svg-ai',
      vantage: 'standby',
      at: at.clock.now(),
      signals: [{ name: 'http-read', state: 'bad', detail: 'no answer', ms: 1 }],
      badSince,
      serviceBadSince: badSince,
      writes: null,
      lastHealthy: null,
    });
  it.each([
    ['while automation is off', 'GU-010', true, (at: World) => at.ports.standingOrders.switchOff('svg-ai', order)],
    [
      'in a maintenance window',
      'GU-020',
      true,
      (at: World) =>
        at.ports.standingOrders.startMaintenance('svg-ai', { ...order, until: '2026-11-24T23:00:00.000Z' }),
    ],
    [
      'while a run holds the claim',
      'GU-030',
      false,
      (at: World) => at.ports.claims.take('svg-ai', 'arn:person', at.clock.now(), 0),
    ],
    [
      'late, in the cool-down',
      'GU-040',
      false,
      async (at: World) => {
        await bad(at, at.clock.now());
        at.clock.advance(1_000);
        await cooling(at);
      },
    ],
    [
      'of a second failure, in the cool-down',
      'GU-040',
      true,
      async (at: World) => {
        await cooling(at);
        at.clock.advance(1_000);
        await bad(at, '2026-11-23T00:00:00.000Z');
      },
    ],
  ] as const)('starts nothing %s: on record, and told when nobody recovers', async (_when, guard, page, before) => {
    const at = world();
    await before(at);
    expect(await call(at, fromEventBridge())).toMatchObject({ refused: true, guard });
    expect(at.ports.executions.inputs.size).toBe(0);
    expect(await at.ports.incidents.current('svg-ai')).toBeNull();
    expect(await at.ports.ledger.read('plan:svg-ai')).toMatchObject([
      { kind: 'refused', state: 'ReceiveAlarm', result: { alarm: 'service-unhealthy', guard, page } },
    ]);
  });

  it('fails, and comes again, when the orders cannot be read or the record not written', async () => {
    const at = world();
    at.ports.standingOrders.down = true;
    await expect(call(at, fromEventBridge())).rejects.toThrow('Throttling');
    at.ports.standingOrders.down = false;
    await at.ports.standingOrders.switchOff('svg-ai', order);
    at.ports.ledger.down = true;
    await expect(call(at, fromEventBridge())).rejects.toMatchObject({ name: 'LedgerUnavailableError' });
    expect(at.ports.executions.inputs.size).toBe(0);
  });

  it('takes the message that CloudWatch itself sends to a topic', async () => {
    const at = world();
    const message = {
      AlarmName: 'service-unhealthy',
      AlarmDescription: null,
      AWSAccountId: '123456789012',
      NewStateValue: 'ALARM',
      NewStateReason: 'Threshold Crossed',
      StateChangeTime: '2026-11-23T23:38:00.236+0000',
      Region: 'US West (Oregon)',
      OldStateValue: 'INSUFFICIENT_DATA',
      Trigger: {},
    };
    expect(await call(at, fromSns(message))).toMatchObject({ started: true });
  });

  it.each([
    ['OK', 'INSUFFICIENT_DATA'],
    ['ALARM', 'OK'],
    ['ALARM', 'ALARM'],
  ])('ignores %s to %s', async (from, to) => {
    const at = world();
    expect(await call(at, fromEventBridge(from, to))).toEqual({ ignored: true, reason: expect.any(String) });
    expect(at.ports.executions.inputs.size).toBe(0);
    expect(await at.ports.incidents.current('svg-ai')).toBeNull();
  });

  it.each([
    ['nothing', null],
    ['another source', { ...fromEventBridge(), source: 'aws.ec2' }],
    ['an unknown state', fromEventBridge('OK', 'BROKEN')],
    ['no previous state', { ...fromEventBridge(), detail: { ...fromEventBridge().detail, previousState: undefined } }],
    ['an SNS message that is no JSON', { Records: [{ EventSource: 'aws:sns', Sns: { Message: 'hello' } }] }],
    ['two SNS records', { Records: [fromSns({}).Records[0], fromSns({}).Records[0]] }],
  ])('refuses %s', (_what, event) => {
    expect(() => parseAlarmEvent(event)).toThrow(/no alarm state change: event/);
  });
});
