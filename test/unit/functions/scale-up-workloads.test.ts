import { describe, expect, it } from 'vitest';
import { CallRefusedError } from '#domain/errors.ts';
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
      autoscalers: [],
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
    const well = { badSince: null, serviceBadSince: null, writes: null };
    const reading = { plan: 'svg-ai', vantage: 'standby' as const, at: at.clock.now(), signals: [], ...well };
    const peak = [{ name: 'svg-ai-api', replicas: 7, at: at.clock.now() }];
    await at.ports.readings.put({ ...reading, lastHealthy: null, peak });
    const list = async () => Promise.reject(new Error('ThrottlingException'));
    const blind = { ...at, ports: { ...at.ports, readings: { list } } };
    expect(await scaleUpWorkloads(blind)).toMatchObject({ deployments: [{ from: 'plan', after: 3 }] });
    expect(await scaleUpWorkloads(at)).toMatchObject({ deployments: [{ from: 'peak', before: 0, after: 7 }] });
    const later = { ...at.run, execution: 'arn:later' };
    expect(await scaleUpWorkloads({ ...at, run: later })).toMatchObject({ deployments: [{ before: 7, after: 7 }] });
  });

  it('says what was there before the run, also when it is repeated and when an earlier one scaled up', async () => {
    const at = world();
    const deployment = at.ports.workloads.clusters.standby.deployments.get('svg-ai-api');
    Object.assign(deployment ?? {}, { wanted: 1, rescaled: { before: 0, after: 1, execution: 'arn:earlier' } });
    for (const _ of [1, 2])
      expect(await scaleUpWorkloads(at)).toMatchObject({ deployments: [{ before: 1, after: 3 }] });
    expect(deployment).toMatchObject({ wanted: 3, rescaled: { before: 1, after: 3, execution: at.run.execution } });
  });

  const scaled = (more: object = {}) => {
    const at = world();
    const one = { name: 'hpa', deployment: 'svg-ai-api', min: 1, max: 9, minBefore: null, ...more };
    at.ports.workloads.clusters.standby.autoscalers = [one];
    return at;
  };

  it("raises an autoscaler's minimum before it scales, and says what it was, also when it is repeated", async () => {
    const at = scaled();
    const order: string[] = [];
    const { rescale, raiseMinimum } = at.ports.workloads;
    const workloads = {
      ...at.ports.workloads,
      rescale: async (...args: Parameters<typeof rescale>) => {
        order.push('scale');
        await rescale(...args);
      },
      raiseMinimum: async (...args: Parameters<typeof raiseMinimum>) => {
        order.push('raise');
        await raiseMinimum(...args);
      },
    };
    const recorded = { name: 'hpa', deployment: 'svg-ai-api', before: 1, after: 3, max: 9 };
    const step = { ...at, ports: { ...at.ports, workloads } };
    expect(await scaleUpWorkloads(step)).toMatchObject({ autoscalers: [recorded] });
    expect(order).toEqual(['raise', 'scale']);
    expect(await scaleUpWorkloads(step)).toMatchObject({ autoscalers: [recorded] });
    expect(order).toEqual(['raise', 'scale']);
    expect(at.ports.workloads.clusters.standby.autoscalers).toMatchObject([{ min: 3, minBefore: 1 }]);
  });

  it('leaves a minimum that is high enough, and takes what the maximum allows where a person accepted that', async () => {
    expect(await scaleUpWorkloads(scaled({ min: 5 }))).toMatchObject({ autoscalers: [{ before: 5, after: 5 }] });
    const capped = scaled({ max: 2 });
    expect(await scaleUpWorkloads(capped)).toMatchObject({
      deployments: [{ after: 2 }],
      autoscalers: [{ before: 1, after: 2, max: 2 }],
    });
    await confirmWorkloads(capped);
    expect(await confirmWorkloads(capped)).toMatchObject({ done: true, deployments: [{ ready: 2 }] });
  });

  it('goes on when it may not raise or read a minimum, and says so; has failed when it reads back lower', async () => {
    const at = scaled();
    const refuse = async () => Promise.reject(new CallRefusedError('403 forbidden'));
    const over = (more: object) => ({ ...at, ports: { ...at.ports, workloads: { ...at.ports.workloads, ...more } } });
    expect(await scaleUpWorkloads(over({ raiseMinimum: refuse }))).toMatchObject({
      deployments: [{ after: 3 }],
      autoscalers: [{ before: 1, after: 1, refused: '403 forbidden' }],
    });
    expect(await scaleUpWorkloads(over({ autoscalers: refuse }))).toMatchObject({
      deployments: [{ after: 3 }],
      autoscalersUnread: '403 forbidden',
    });
    await expect(scaleUpWorkloads(over({ raiseMinimum: async () => undefined }))).rejects.toMatchObject({
      name: 'NoEffectError',
      message: 'raised, but: hpa has a minimum of 1, not 3',
    });
  });

  it('changes nothing when enough are wanted, and never scales down', async () => {
    const at = world();
    for (const one of at.ports.workloads.clusters.standby.deployments.values()) one.wanted = 9;
    expect(await scaleUpWorkloads(at)).toMatchObject({ deployments: [{ before: 9, after: 9 }] });
  });

  it('has failed when the scale reads back otherwise', async () => {
    const at = world();
    const workloads = { ...at.ports.workloads, rescale: async () => undefined };
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
