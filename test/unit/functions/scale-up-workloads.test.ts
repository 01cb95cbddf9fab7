import { describe, expect, it } from 'vitest';
import { world } from '#test/support/fakes/world.ts';
import { confirmWorkloads } from '../../../functions/confirm-workloads.ts';
import { scaleUpWorkloads } from '../../../functions/scale-up-workloads.ts';

const ORDER = { by: 'jane', reason: 'enough for now', at: '2026-11-23T23:36:00.000Z' };

describe('ScaleUpWorkloads and ConfirmWorkloads', () => {
  it('scales up to the plan, is not ready at first, and is then', async () => {
    const at = world();
    const [wanted] = at.plan.workloads.deployments;
    expect(await scaleUpWorkloads(at)).toEqual({
      deployments: [{ name: wanted?.name, from: 'plan', before: 0, after: wanted?.replicas }],
    });
    at.ports.workloads.settles = false;
    for (const one of at.ports.workloads.clusters.standby.deployments.values()) one.ready = 1;
    expect(await confirmWorkloads(at)).toEqual({ done: false, detail: expect.stringContaining('1 ready of 3') });
    at.ports.workloads.settles = true;
    await confirmWorkloads(at);
    expect(await confirmWorkloads(at)).toMatchObject({ done: true, deployments: [{ ready: wanted?.replicas }] });
  });

  it('scales up to the most that was seen in the primary, and to the plan when that cannot be read', async () => {
    const at = world();
    const reading = { plan: 'svg-ai', vantage: 'standby' as const, at: at.clock.now(), signals: [], badSince: null };
    const peak = [{ name: 'svg-ai-api', replicas: 7, at: at.clock.now() }];
    await at.ports.readings.put({ ...reading, lastHealthy: null, peak });
    const list = async () => Promise.reject(new Error('ThrottlingException'));
    const blind = { ...at, ports: { ...at.ports, readings: { list } } };
    expect(await scaleUpWorkloads(blind)).toMatchObject({ deployments: [{ from: 'plan', after: 3 }] });
    expect(await scaleUpWorkloads(at)).toMatchObject({ deployments: [{ from: 'peak', before: 3, after: 7 }] });
  });

  it('changes nothing when enough are wanted, and never scales down', async () => {
    const at = world();
    for (const one of at.ports.workloads.clusters.standby.deployments.values()) one.wanted = 9;
    expect(await scaleUpWorkloads(at)).toMatchObject({ deployments: [{ before: 9, after: 9 }] });
  });

  it('has failed when the scale reads back otherwise', async () => {
    const at = world();
    const workloads = { ...at.ports.workloads, scale: async () => undefined };
    const failed = scaleUpWorkloads({ ...at, ports: { ...at.ports, workloads } });
    await expect(failed).rejects.toMatchObject({ name: 'NoEffectError', message: expect.stringContaining('0 of 3') });
  });

  it('is not done before the controller has seen the spec', async () => {
    const at = world();
    await scaleUpWorkloads(at);
    await confirmWorkloads(at);
    const status: typeof at.ports.workloads.status = async (side, names) =>
      (await at.ports.workloads.status(side, names)).map((one) => ({ ...one, observed: false }));
    const seen = await confirmWorkloads({
      ...at,
      ports: { ...at.ports, workloads: { ...at.ports.workloads, status } },
    });
    expect(seen).toEqual({ done: false, detail: expect.stringContaining('spec not seen yet') });
  });

  it('goes on with what is ready when a person forces it, and says who and what was not confirmed', async () => {
    const at = world();
    const run = { ...at.run, state: 'ConfirmWorkloads' };
    await at.ports.controls.force(run.execution, 'ConfirmRepoint', ORDER);
    expect(await confirmWorkloads({ ...at, run })).toMatchObject({ done: false });
    await at.ports.controls.force(run.execution, 'ConfirmWorkloads', ORDER);
    expect(await confirmWorkloads({ ...at, run })).toMatchObject({
      done: true,
      forced: ORDER,
      detail: expect.stringMatching(/forced by jane: enough for now; not confirmed: svg-ai-api has 0 ready/),
      deployments: [{ ready: 0 }],
    });
  });

  it('waits for nothing that a person told the run not to scale up', async () => {
    const at = world();
    await at.ports.controls.skip(at.run.execution, 'ScaleUpWorkloads', ORDER);
    expect(await confirmWorkloads(at)).toMatchObject({ done: true, detail: expect.stringContaining('not scaled up') });
  });
});
