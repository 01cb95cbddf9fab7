import { describe, expect, it } from 'vitest';
import { world } from '#test/support/fakes/world.ts';
import { acceptRequest } from '../../../functions/accept-request.ts';

const typed = { plan: 'svg-ai', reason: 'region is gone', mode: 'failover' };

describe('AcceptRequest', () => {
  it('makes a request of what a person typed, with an incident that starts when the service was first seen bad', async () => {
    const at = world();
    const serviceBadSince = '2026-11-23T23:33:00.000Z';
    await at.ports.readings.put({
      plan: 'svg-ai',
      vantage: 'witness',
      at: at.clock.now(),
      signals: [],
      badSince: '2026-11-23T17:00:00.000Z',
      serviceBadSince,
      writes: null,
      lastHealthy: null,
    });

    const request = await acceptRequest({ ...at, input: typed });

    expect(request).toEqual({
      ...typed,
      trigger: 'person',
      actor: 'person',
      incident: { id: 'INC-2026-1123-001', startedAt: serviceBadSince, detectedAt: at.run.enteredAt },
    });
  });

  it('starts an incident now when who saw the service bad has been silent since', async () => {
    const at = world();
    const seen = { signals: [], badSince: null, writes: null, lastHealthy: null };
    const [silentAt, serviceBadSince] = ['2026-11-01T08:00:00.000Z', '2026-11-01T07:50:00.000Z'];
    await at.ports.readings.put({ plan: 'svg-ai', vantage: 'witness', at: silentAt, ...seen, serviceBadSince });
    expect((await acceptRequest({ ...at, input: typed })).incident.startedAt).toBe(at.run.enteredAt);
  });

  it('takes how grave the person says that it is, and what a dry run was asked for as well', async () => {
    const asked = { severity: 3, approval: 'required', decideWithin: '10m' };
    for (const mode of ['failover', 'dry-run'])
      expect(await acceptRequest({ ...world(), input: { ...typed, ...asked, mode } })).toMatchObject({
        severity: 3,
        approval: { withinSeconds: 600 },
      });
  });

  it('takes who asks and what they override, each with its reason', async () => {
    const overrides = { 'GU-210': ' accepted by the board ', 'GU-040': 'another cause' };
    expect(await acceptRequest({ ...world(), input: { ...typed, by: 'jane', overrides } })).toMatchObject({
      actor: 'person:jane',
      overrides: [
        { guard: 'GU-040', by: 'jane', reason: 'another cause' },
        { guard: 'GU-210', by: 'jane', reason: 'accepted by the board' },
      ],
    });
  });

  it('opens no incident for a dry run, and looks at the open one', async () => {
    const at = world();
    const dry = { ...typed, mode: 'dry-run' };
    expect(await acceptRequest({ ...at, input: dry })).toMatchObject({ mode: 'dry-run', incident: { id: 'dry-run' } });
    expect(await at.ports.incidents.current('svg-ai')).toBeNull();
    const { id, startedAt } = await at.ports.incidents.openOrJoin('svg-ai', at.clock.now(), at.clock.now());
    expect(await acceptRequest({ ...at, input: dry })).toMatchObject({ incident: { id, startedAt } });
  });

  it('gives the same request when it is asked again', async () => {
    const at = world();
    const first = await acceptRequest({ ...at, input: typed });
    at.clock.advance(5_000);
    expect(await acceptRequest({ ...at, input: typed })).toEqual(first);
  });

  it('opens another incident when the open one is over, and a dry run takes no notice of that', async () => {
    const at = world();
    const first = await acceptRequest({ ...at, input: typed });
    const left = { by: 'arn:declined', at: at.clock.now(), changed: true };
    await at.ports.incidents.leave('svg-ai', first.incident.id, left);
    at.clock.advance(21 * 86_400_000);
    const badSince = at.clock.now();
    for (const vantage of ['standby', 'witness'] as const)
      await at.ports.readings.put({
        plan: 'svg-ai',
        vantage,
        at: badSince,
        signals: [{ name: 'http-read', state: 'bad', detail: '', ms: 1 }],
        badSince,
        serviceBadSince: badSince,
        writes: null,
        lastHealthy: null,
      });
    at.clock.advance(60_000);
    const now = { ...at, run: { ...at.run, enteredAt: at.clock.now() } };
    const dry = await acceptRequest({ ...now, input: { ...typed, mode: 'dry-run' } });
    expect(dry.incident).toMatchObject({ id: 'dry-run', startedAt: badSince });
    expect((await at.ports.incidents.current('svg-ai'))?.id).toBe(first.incident.id);

    const { incident } = await acceptRequest({ ...now, input: typed });
    expect(incident.id).not.toBe(first.incident.id);
    expect(incident.startedAt).toBe(badSince);
    expect(at.ports.ledger.entries).toMatchObject([{ result: { order: 'incident-close' } }]);
  });

  it('joins the open incident when a run took the claim for it after the claim was looked at', async () => {
    const at = world();
    const first = await acceptRequest({ ...at, input: typed });
    await at.ports.incidents.leave('svg-ai', first.incident.id, { by: 'arn:a', at: at.clock.now(), changed: true });
    at.clock.advance(86_400_000);
    for (const vantage of ['standby', 'witness'] as const)
      await at.ports.readings.put({
        plan: 'svg-ai',
        vantage,
        at: at.clock.now(),
        signals: [{ name: 'http-read', state: 'good', detail: '', ms: 1 }],
        badSince: null,
        serviceBadSince: null,
        writes: null,
        lastHealthy: null,
      });
    const openOrJoin: typeof at.ports.incidents.openOrJoin = async (...asked) => {
      await at.ports.claims.take('svg-ai', 'arn:another', at.clock.now(), 0);
      return at.ports.incidents.openOrJoin(...asked);
    };
    const ports = { ...at.ports, incidents: { ...at.ports.incidents, openOrJoin } };
    expect((await acceptRequest({ ...at, ports, input: typed })).incident.id).toBe(first.incident.id);
    expect(at.ports.ledger.entries).toEqual([]);
  });

  it('takes what the alarm intake starts', async () => {
    const at = world();
    const incident = {
      id: 'INC-2026-1123-007',
      startedAt: '2026-11-23T23:00:00.000Z',
      detectedAt: '2026-11-23T23:03:00.000Z',
    };
    const trigger = { alarm: 'service-unhealthy', at: incident.detectedAt };
    const request = await acceptRequest({ ...at, input: { ...typed, trigger, incident } });
    expect(request).toMatchObject({ trigger: 'alarm', actor: 'alarm:service-unhealthy', incident });
    expect(await at.ports.incidents.current('svg-ai')).toBeNull();
  });

  it.each([
    ['nothing', null, 'input is null; allowed: {"plan": "...", "reason": "...", "mode": "failover"}'],
    ['a list', [typed], 'input is [{"plan":"svg-ai"'],
    ['a missing reason', { plan: 'svg-ai', mode: 'failover' }, 'input.reason is missing; allowed: a text of 1 to 1000'],
    ['an empty reason', { ...typed, reason: '  ' }, 'input.reason is "  "; allowed: a text of 1 to 1000 characters'],
    ['another mode', { ...typed, mode: 'fail-over' }, 'input.mode is "fail-over"; allowed: "failover" or "dry-run"'],
    ['a severity that there is not', { ...typed, severity: 5 }, 'input.severity is 5; allowed: 1, 2, 3, 4'],
    ['another plan', { ...typed, plan: 'other' }, 'input.plan is "other"; allowed: "svg-ai"'],
    [
      'an unknown key',
      { ...typed, resaon: 'x' },
      'input has unknown keys: resaon (reason?); allowed: plan, reason, mode, approval, decideWithin, severity, by, overrides',
    ],
    [
      'a guard that nobody may override',
      { ...typed, by: 'jane', overrides: { 'GU-120': 'old data will do' } },
      'input.overrides: GU-120 cannot be overridden; these can: GU-020, GU-040, GU-210, GU-320, GU-330, GU-340',
    ],
    [
      'a guard that there is not',
      { ...typed, by: 'jane', overrides: { 'GU-211': 'yes' } },
      'input.overrides: there is no guard GU-211 (GU-210?)',
    ],
    [
      'an override without a reason',
      { ...typed, by: 'jane', overrides: { 'GU-210': ' ' } },
      'input.overrides.GU-210 is " "; allowed: a text of 1 to 1000 characters',
    ],
    ['overrides as a list', { ...typed, by: 'jane', overrides: ['GU-210'] }, 'allowed: an object such as {"GU-020": '],
    [
      'overrides by nobody',
      { ...typed, overrides: { 'GU-210': 'yes' } },
      'input.by is missing; allowed: who overrides',
    ],
    [
      'overrides of an alarm',
      { ...typed, trigger: { alarm: 'a', at: '2026-11-23T23:35:07.123Z' }, overrides: { 'GU-210': 'yes' } },
      'unknown keys: overrides',
    ],
    ['half an intake', { ...typed, trigger: { alarm: 'a', at: 'now' } }, 'input.trigger.at is "now"; allowed: a time'],
  ])('refuses %s', async (_what, input, message) => {
    const refused = await acceptRequest({ ...world(), input }).catch((error: Error) => error);
    expect(refused).toMatchObject({ name: 'InvalidRequestError', message: expect.stringContaining(message) });
  });
});
