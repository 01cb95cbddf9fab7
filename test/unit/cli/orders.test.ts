import { beforeEach, describe, expect, it } from 'vitest';
import { ORDERS } from '#cli/commands/control.ts';
import type { Target, Verb } from '#cli/run-order.ts';
import type { Json } from '#domain/side.ts';
import { FORCEABLE } from '#domain/steps.ts';
import { EXECUTION, type World, world } from '#test/support/fakes/world.ts';

const MACHINE = 'arn:aws:states:us-west-2:123456789012:stateMachine:regional-failover';
const NAME = EXECUTION.split(':').at(-1) ?? '';

let at: World;

beforeEach(() => {
  at = world();
});

interface About {
  readonly status?: string;
  readonly input?: Json;
  readonly error?: string | null;
}

const target = ({ status = 'RUNNING', input = { plan: 'svg-ai', mode: 'failover' }, error = null }: About): Target =>
  ({
    ...at.ports,
    plan: at.plan,
    machineArn: MACHINE,
    arn: EXECUTION,
    about: { arn: EXECUTION, name: NAME, status, input, error },
    now: () => at.clock.now(),
  }) as unknown as Target;

const order = (verb: Verb, about: About = {}, state = '', by = 'jane'): Promise<string> =>
  ORDERS[verb](target(about), { by, reason: 'as tested', at: at.clock.now() }, state);

const started = () => [...at.ports.executions.inputs.values()] as Record<string, unknown>[];

describe('retry', () => {
  const FAILED = { status: 'FAILED', error: 'ServiceUnavailableError' };

  it('of a dry run starts a dry run, and says so', async () => {
    const said = await order('retry', { ...FAILED, input: { plan: 'svg-ai', reason: 'r', mode: 'dry-run' } });
    expect(started()).toMatchObject([{ mode: 'dry-run', by: 'jane' }]);
    expect(said).toContain('it is a dry run, as the first was: nothing is changed');
  });

  it('asks for approval where people were asked, and says so', async () => {
    const said = await order('retry', { ...FAILED, error: 'ApprovalDeclinedError' });
    expect(started()).toMatchObject([{ mode: 'failover', approval: 'required' }]);
    expect(said).toContain('people are asked for their approval again');
  });

  it('asks for approval where a run was aborted while people were asked', async () => {
    at.ports.approvals.requests.set(EXECUTION, {} as never);
    await order('retry', { ...FAILED, error: 'AbortedError' });
    expect(started()).toMatchObject([{ approval: 'required' }]);
  });

  it('says which overrides it leaves out', async () => {
    const input = { plan: 'svg-ai', reason: 'r', mode: 'failover', by: 'bob', overrides: { 'GU-210': 'the board' } };
    const said = await order('retry', { ...FAILED, input });
    expect(said).toMatch(/overrides are not taken over.*GU-210="the board"; .*--override GU-210="the board"/);
    expect(started()[0]).not.toHaveProperty('overrides');
  });

  it('is refused, off the record, where the first was nothing that can be done again', async () => {
    await expect(order('retry', { ...FAILED, input: 'text' })).rejects.toMatchObject({ name: 'UsageError' });
    expect(at.ports.ledger.entries).toEqual([]);
  });
});

describe('an order to a run that is over', () => {
  it('names the retry as what it is: a dry run goes on with nothing', async () => {
    const input = { plan: 'svg-ai', mode: 'dry-run' };
    await expect(order('pause', { status: 'FAILED', input })).rejects.toThrow(/to look once more: continuity retry$/);
    await expect(order('pause', { status: 'FAILED' })).rejects.toThrow(/to go on where it stopped: continuity retry$/);
  });
});

describe('what an order says is what is', () => {
  const jane = () => ({ by: 'jane', reason: 'look', at: at.clock.now() });
  const entry = (kind: 'entered' | 'left') =>
    at.ports.ledger.append({
      execution: EXECUTION,
      plan: 'svg-ai',
      incident: null,
      state: 'ScaleUpWorkloads',
      kind,
      at: at.clock.now(),
      attempt: 0,
      actor: 'pipeline',
      inputDigest: '',
    });

  it('pause: while people are asked their time runs on', async () => {
    expect(await order('pause')).toMatch(/^paused: it holds before its next change/);
    at.ports.approvals.requests.set(EXECUTION, { status: 'open', expiresAt: '2026-11-24T00:00:00.000Z' } as never);
    expect(await order('pause')).toMatch(
      /^paused, but the time of the people who are asked runs on, until 2026-11-24T/,
    );
  });

  it('pause: a run that was aborted holds nowhere', async () => {
    await at.ports.controls.abort(EXECUTION, jane());
    await expect(order('pause')).rejects.toThrow(/was aborted by jane at .*: it ends, and holds nowhere$/);
  });

  it('resume: only what is paused', async () => {
    await expect(order('resume')).rejects.toThrow(/is not paused: there is nothing to resume$/);
    await at.ports.controls.pause(EXECUTION, jane());
    expect(await order('resume')).toMatch(/^resumed/);
  });

  it('skip: a step that has begun is skipped if it is tried again, one that is over is not', async () => {
    expect(await order('skip', {}, 'ScaleUpWorkloads')).toMatch(/^ScaleUpWorkloads will be skipped: /);
    await entry('entered');
    expect(await order('skip', {}, 'ScaleUpWorkloads')).toMatch(/^ScaleUpWorkloads has begun: if it is tried again/);
    await entry('left');
    const before = at.ports.ledger.entries.length;
    await expect(order('skip', {}, 'ScaleUpWorkloads')).rejects.toThrow(/is over: there is nothing to skip$/);
    expect(at.ports.ledger.entries).toHaveLength(before);
  });
});

describe('force', () => {
  const looked = (state: string, result: Json) =>
    at.ports.ledger.append({
      execution: EXECUTION,
      plan: 'svg-ai',
      incident: null,
      state,
      kind: 'left',
      at: at.clock.now(),
      attempt: 0,
      actor: 'pipeline',
      inputDigest: '',
      result,
    });
  const orders = () => at.ports.ledger.entries.filter(({ kind }) => kind === 'control');
  const TOO_FEW = { done: false, detail: 'svg-ai-api has 1 ready of 3' };

  it('lets the run go past what it waits for, and puts person, reason and what is given up on record', async () => {
    await looked('ConfirmWorkloads', { done: false, detail: 'svg-ai-api has 0 ready of 3' });
    await looked('ConfirmWorkloads', TOO_FEW);
    const said = await order('force');
    expect(said).toMatch(/^forced past ConfirmWorkloads \(svg-ai-api has 1 ready of 3\): the standby goes on with the/);
    const { forces } = await at.ports.controls.read(EXECUTION);
    expect(forces).toEqual({ ConfirmWorkloads: { by: 'jane', reason: 'as tested', at: at.clock.now() } });
    expect(orders()).toMatchObject([
      {
        actor: 'person:jane',
        result: {
          order: 'force',
          by: 'jane',
          reason: 'as tested',
          state: 'ConfirmWorkloads',
          consequence: FORCEABLE.ConfirmWorkloads,
        },
      },
    ]);
    expect(said).toContain(FORCEABLE.ConfirmWorkloads);
  });

  it('leaves alone what has confirmed since, and what a rule of the design needs', async () => {
    await looked('ConfirmPromotion', { done: false, detail: 'in recovery' });
    await looked('ConfirmWorkloads', TOO_FEW);
    await order('force');
    expect(Object.keys((await at.ports.controls.read(EXECUTION)).forces)).toEqual(['ConfirmWorkloads']);
    await looked('ConfirmWorkloads', { done: true, detail: 'forced by jane' });
    await expect(order('force')).rejects.toThrow(/waits for ConfirmPromotion \(in recovery\): a rule of the design/);
    expect(orders()).toHaveLength(1);
  });

  it('is refused where nothing is waited for, and after the end', async () => {
    await expect(order('force')).rejects.toThrow(
      /waits for no confirmation now; these can be forced: ConfirmWorkloads/,
    );
    await looked('ConfirmWorkloads', TOO_FEW);
    await expect(order('force', { status: 'FAILED' })).rejects.toThrow(/is FAILED: only a running execution/);
    expect(orders()).toEqual([]);
    expect((await at.ports.controls.read(EXECUTION)).forces).toEqual({});
  });
});
