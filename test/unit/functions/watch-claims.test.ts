import { describe, expect, it } from 'vitest';
import { EXECUTION, type World, world } from '#test/support/fakes/world.ts';
import { handler, RTO_SHARE, watchClaims } from '../../../functions/watch-claims.ts';
import { lambdaContext } from '../pipeline/lambda-context.ts';

const environment = { FAILOVER_MACHINE_ARN: 'arn:aws:states:us-west-2:123456789012:stateMachine:regional-failover' };

const known = (at: World, status: 'RUNNING' | 'ABORTED' | 'SUCCEEDED'): void => {
  const now = at.clock.now();
  at.ports.executions.known.set(EXECUTION, {
    arn: EXECUTION,
    name: 'run',
    status,
    startedAt: now,
    stoppedAt: status === 'RUNNING' ? null : now,
    input: { incident: at.request.incident } as never,
    output: null,
    error: null,
    cause: null,
  });
};

const watch = (at: World) => watchClaims({ ...at, environment });

describe('WatchClaims', () => {
  it('frees a claim whose execution is over, and records its end', async () => {
    const at = world();
    await at.ports.claims.take(at.plan.plan, EXECUTION, at.clock.now(), 0);
    known(at, 'ABORTED');
    expect(await watch(at)).toMatchObject({ settled: [{ execution: EXECUTION, claimReleased: true }], late: [] });
    expect((await at.ports.claims.read(at.plan.plan))?.holder).toBeNull();
    expect(await watch(at)).toEqual({ settled: [], late: [] });
  });

  it('records an end that nobody recorded, once the rule had its time', async () => {
    const at = world();
    known(at, 'ABORTED');
    expect(await watch(at)).toMatchObject({ settled: [] });
    at.clock.advance(180_000);
    expect(await watch(at)).toMatchObject({ settled: [{ recorded: true }] });
    expect((await at.ports.ledger.read(EXECUTION)).map(({ state, incident }) => [state, incident])).toEqual([
      ['RecordDeath', 'INC-2026-1123-001'],
      ['RecordDeath', 'INC-2026-1123-001'],
    ]);
    expect(await watch(at)).toMatchObject({ settled: [] });
  });

  it('lets a run go on, and pages once when it takes more than its share of the RTO', async () => {
    const at = world();
    await at.ports.claims.take(at.plan.plan, EXECUTION, at.clock.now(), 0);
    known(at, 'RUNNING');
    expect(await watch(at)).toEqual({ settled: [], late: [] });
    at.clock.advance(at.plan.objectives.rtoSeconds * RTO_SHARE * 1_000 + 1_000);
    expect(await watch(at)).toEqual({ settled: [], late: [EXECUTION] });
    expect(await watch(at)).toEqual({ settled: [], late: [] });
    expect(at.ports.announcer.sent.map(({ subject }) => subject)).toEqual([
      'SVG-AI Parameter Optimization System: recovery is running late',
    ]);
    expect((await at.ports.claims.read(at.plan.plan))?.holder).toBe(EXECUTION);
  });

  it('lets go of a switch that is no longer needed, and is not kept from its work by one that refuses', async () => {
    const at = world();
    at.ports.traffic.held = true;
    expect(await watch(at)).toEqual({ settled: [], late: [], rested: true });
    expect(await watch(at)).toEqual({ settled: [], late: [] });
    at.ports.traffic.refuses = true;
    expect(await watch(at)).toEqual({ settled: [], late: [] });
  });

  it('has on record that it could not page', async () => {
    const at = world();
    known(at, 'RUNNING');
    at.clock.advance(at.plan.objectives.rtoSeconds * 1_000);
    at.ports.announcer.down = true;
    await watch(at);
    expect((await at.ports.ledger.read(EXECUTION)).at(-1)).toMatchObject({
      kind: 'notice',
      error: { name: 'NoticeNotSentError' },
    });
  });

  it('pages again at each look until the page is sent, and not after it', async () => {
    const at = world();
    known(at, 'RUNNING');
    at.clock.advance(at.plan.objectives.rtoSeconds * 1_000);
    at.ports.announcer.down = true;
    for (const _look of [1, 2])
      expect(await watch(at)).toMatchObject({
        late: [],
        failed: [{ of: EXECUTION, error: expect.stringContaining('NoticeNotSentError') }],
      });
    at.ports.announcer.down = false;
    expect(await watch(at)).toEqual({ settled: [], late: [EXECUTION] });
    expect(await watch(at)).toEqual({ settled: [], late: [] });
    expect(at.ports.announcer.sent).toHaveLength(1);
  });
});

describe('a look that fails in one place', () => {
  const OTHER = `${EXECUTION}-other`;
  const LATE = `${EXECUTION}-late`;

  /** The claim's holder is one that Step Functions does not know any more; another run is dead, a third one late, and a switch held. */
  const much = async (): Promise<World> => {
    const at = world();
    await at.ports.claims.take(at.plan.plan, EXECUTION, at.clock.now(), 0);
    const start = at.clock.now();
    at.clock.advance(at.plan.objectives.rtoSeconds * 1_000);
    const run = { name: 'run', input: {} as never, output: null, error: null, cause: null, startedAt: start };
    at.ports.executions.known.set(OTHER, { ...run, arn: OTHER, status: 'ABORTED', stoppedAt: start });
    at.ports.executions.known.set(LATE, { ...run, arn: LATE, status: 'RUNNING', stoppedAt: null });
    at.ports.traffic.held = true;
    return at;
  };

  it('goes on everywhere else, and says what lifts a claim whose holder nobody knows any more', async () => {
    const at = await much();
    expect(await watch(at)).toMatchObject({
      settled: [{ execution: OTHER, recorded: true }],
      late: [LATE],
      rested: true,
      failed: [{ of: EXECUTION, error: expect.stringContaining('continuity claim release svg-ai --reason') }],
    });
    expect((await at.ports.claims.read(at.plan.plan))?.holder).toBe(EXECUTION);
  });

  it('names no such command for a holder that could not be asked about', async () => {
    const at = await much();
    const { executions } = at.ports;
    const describe = (arn: string) =>
      arn === EXECUTION ? Promise.reject(new Error('ThrottlingException')) : executions.describe(arn);
    const { failed } = await watch({ ...at, ports: { ...at.ports, executions: { ...executions, describe } } });
    expect(failed).toEqual([{ of: EXECUTION, error: 'Error: ThrottlingException' }]);
  });

  it('lets the traffic go also when nobody says what runs', async () => {
    const at = await much();
    at.ports.executions.list = () => Promise.reject(new Error('ThrottlingException'));
    expect(await watch(at)).toMatchObject({
      rested: true,
      failed: [{ of: environment.FAILOVER_MACHINE_ARN }, { of: EXECUTION }],
    });
  });

  it('fails as a function in the end, so that its alarm tells of it', async () => {
    const at = await much();
    const { ports, plan, clock } = at;
    const looking = handler.with({ ports: ports as never, plan, clock, environment })({}, lambdaContext());
    await expect(looking).rejects.toMatchObject({
      name: 'WatchIncompleteError',
      message: expect.stringContaining(EXECUTION),
    });
    expect(ports.traffic.held).toBe(false);
    expect(ports.announcer.sent).toHaveLength(1);
  });
});
