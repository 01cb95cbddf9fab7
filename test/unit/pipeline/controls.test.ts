import type { Context } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import type { Controls } from '#ports/controls.ts';
import { fakeControls } from '#test/support/fakes/state.ts';
import { world } from '#test/support/fakes/world.ts';
import { handler as assess } from '../../../functions/assess-evidence.ts';
import { handler as fence, fencePrimary } from '../../../functions/fence-primary.ts';
import { handler as promote } from '../../../functions/promote-replica.ts';
import { handler as scaleUp } from '../../../functions/scale-up-workloads.ts';

const ORDER = { by: 'jane', reason: 'look first', at: '2026-11-23T23:36:00.000Z' };

const claimed = async (controls: Controls) => {
  const at = world();
  const { ports, clock, plan, run, request } = at;
  const { epoch } = await ports.claims.take('svg-ai', run.execution, clock.now(), 0);
  const parts = { ports, claims: ports.claims, ledger: ports.ledger, clock, plan, controls, environment: {} };
  const context = { getRemainingTimeInMillis: () => 15_000 } as Context;
  const fenced = await fencePrimary(at);
  const event = (state: string, input?: unknown, attempt = 0) => ({
    run: { ...run, state, attempt },
    request,
    epoch,
    input,
  });
  return {
    at,
    assess: () => assess.with(parts)(event('AssessEvidence'), context),
    fence: (attempt: number) => fence.with(parts)(event('FencePrimary', undefined, attempt), context),
    scaleUp: () => scaleUp.with(parts)(event('ScaleUpWorkloads'), context),
    promote: () => promote.with(parts)(event('PromoteReplica', { fence: fenced }), context),
  };
};

describe('orders of people', () => {
  it('a pause holds a change back, off the record, until it is resumed', async () => {
    const controls = fakeControls({ pause: ORDER });
    const { at, scaleUp: call } = await claimed(controls);
    await expect(call()).rejects.toMatchObject({ name: 'PausedError', message: expect.stringContaining('jane') });
    expect(at.ports.ledger.entries).toEqual([]);
    expect(at.ports.workloads.clusters.standby.deployments.get('svg-ai-api')?.wanted).toBe(0);
    await controls.resume(at.run.execution);
    await call();
    expect(at.ports.workloads.clusters.standby.deployments.get('svg-ai-api')?.wanted).toBe(3);
  });

  it('a pause holds evidence back, and a fence that was not begun; one that was is made whole', async () => {
    const { at, assess: look, fence: call } = await claimed(fakeControls({ pause: ORDER }));
    await expect(look()).rejects.toMatchObject({ name: 'PausedError' });
    await expect(call(0)).rejects.toMatchObject({ name: 'PausedError' });
    expect((await at.ports.claims.read('svg-ai'))?.actingAt).toBeNull();
    expect(await call(1)).toMatchObject({ fenced: true, verified: true });
    expect(at.ports.ledger.entries.map(({ state }) => state)).toEqual(['FencePrimary', 'FencePrimary']);
  });

  it('an abort holds the promotion back, also one that comes while the step begins', async () => {
    const late = fakeControls({ abort: ORDER });
    const { at, promote: call } = await claimed({
      ...late,
      read: async () => ({ ...(await late.read('')), abort: null }),
    });
    await expect(call()).rejects.toMatchObject({ name: 'AbortedError' });
    expect(at.ports.database.calls.promote).toBe(0);
    expect(at.ports.ledger.entries.map(({ kind }) => kind)).toEqual(['entered', 'failed']);
  });

  it('an incident is marked before its promotion begins, not when an abort holds it back or the claim is another’s', async () => {
    const held = await claimed(fakeControls({ abort: ORDER }));
    await expect(held.promote()).rejects.toMatchObject({ name: 'AbortedError' });
    expect((await held.at.ports.claims.read('svg-ai'))?.promotion).toBeUndefined();

    const { at, promote: call } = await claimed(fakeControls());
    at.ports.database.promote = async () => {
      expect((await at.ports.claims.read('svg-ai'))?.promotion).toMatchObject({
        incident: at.request.incident.id,
        execution: at.run.execution,
      });
      throw new Error('the process dies');
    };
    await expect(call()).rejects.toThrow('the process dies');

    const { ports, clock } = at;
    await ports.claims.release('svg-ai', at.run.execution, at.epoch, clock.now(), { startsCoolDown: false });
    await ports.claims.take('svg-ai', 'arn:other', clock.now(), 0);
    ports.database.promote = async () => expect.unreachable();
    await expect(call()).rejects.toMatchObject({ name: 'StaleEpochError' });
  });

  it('there is no abort once the promotion was let begin', async () => {
    const controls = fakeControls();
    const { at, promote: call } = await claimed(controls);
    await call();
    expect(at.ports.database.calls.promote).toBe(1);
    expect(await controls.abort(at.run.execution, ORDER)).toBe(false);
    await expect(call()).resolves.toBeDefined();
  });

  it('skips a step that may be skipped, and says what is given up; not one that may not', async () => {
    const {
      at,
      scaleUp: call,
      promote: one,
    } = await claimed(fakeControls({ skips: { ScaleUpWorkloads: ORDER, PromoteReplica: ORDER } }));
    expect(await call()).toMatchObject({ skipped: ORDER, consequence: expect.stringContaining('replicas') });
    expect(at.ports.workloads.clusters.standby.deployments.get('svg-ai-api')?.wanted).toBe(0);
    await one();
    expect(at.ports.database.calls.promote).toBe(1);
  });
});
