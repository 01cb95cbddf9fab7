import { describe, expect, it } from 'vitest';
import { world } from '#test/support/fakes/world.ts';
import { claimRecovery } from '../../../functions/claim-recovery.ts';

describe('ClaimRecovery', () => {
  it('takes the claim, and gives the same one when it is asked again', async () => {
    const at = world();
    const { startedAt, detectedAt } = at.request.incident;
    await at.ports.incidents.openOrJoin('svg-ai', startedAt, detectedAt);
    const first = await claimRecovery(at);
    at.clock.advance(1_000);
    expect(await claimRecovery(at)).toEqual(first);
    expect(first.epoch).toBe(1);
  });

  it('is taken from nobody for an incident that is not the open one', async () => {
    const at = world();
    await at.ports.incidents.openOrJoin('svg-ai', at.clock.now(), at.clock.now());
    const alarm = await claimRecovery({ ...at, run: { execution: 'arn:alarm' } });
    const incident = { ...at.request.incident, id: 'INC-2026-1123-000' };
    const person = { ...at.request, incident, trigger: 'person' as const, actor: 'person:jane' };
    await expect(claimRecovery({ ...at, request: person })).rejects.toMatchObject({ name: 'IncidentClosedError' });
    expect(await at.ports.claims.read('svg-ai')).toMatchObject({ holder: 'arn:alarm', epoch: alarm.epoch });
  });

  it('is refused while another execution holds it', async () => {
    const at = world();
    await claimRecovery({ ...at, run: { execution: 'arn:other' } });
    await expect(claimRecovery(at)).rejects.toMatchObject({ name: 'ClaimHeldError' });
  });

  it("goes to a person while an alarm's run only watches, and not once that has begun to act", async () => {
    const at = world();
    const alarm = await claimRecovery({ ...at, run: { execution: 'arn:alarm' } });
    const person = { ...at, request: { ...at.request, trigger: 'person' as const, actor: 'person:jane' } };
    const taken = await claimRecovery(person);
    expect(taken).toMatchObject({ epoch: alarm.epoch + 1, tookOverFrom: 'arn:alarm' });
    await expect(at.ports.claims.act('svg-ai', 'arn:alarm', alarm.epoch, at.clock.now())).rejects.toMatchObject({
      name: 'StaleEpochError',
    });
    await expect(claimRecovery({ ...person, run: { execution: 'arn:second' } })).rejects.toMatchObject({
      name: 'ClaimHeldError',
    });

    const other = world();
    const { epoch } = await claimRecovery({ ...other, run: { execution: 'arn:alarm' } });
    await other.ports.claims.act('svg-ai', 'arn:alarm', epoch, other.clock.now());
    await expect(claimRecovery({ ...person, ports: other.ports })).rejects.toMatchObject({ name: 'ClaimHeldError' });
  });

  it('is given while the plan cools down when a person overrides that', async () => {
    const at = world();
    const { epoch } = await claimRecovery({ ...at, run: { execution: 'arn:other' } });
    await at.ports.claims.release('svg-ai', 'arn:other', epoch, at.clock.now());
    const overrides = [{ guard: 'GU-040', by: 'jane', reason: 'another cause' }] as const;
    const person = { ...at, request: { ...at.request, trigger: 'person' as const, overrides } };
    expect(await claimRecovery(person)).toMatchObject({ epoch: 2, tookOverFrom: null });
  });

  it('is refused while the plan cools down', async () => {
    const at = world();
    const { epoch } = await claimRecovery({ ...at, run: { execution: 'arn:other' } });
    await at.ports.claims.release('svg-ai', 'arn:other', epoch, at.clock.now());
    at.clock.advance(at.plan.detection.coolDownSeconds * 1_000 - 1);
    await expect(claimRecovery(at)).rejects.toMatchObject({ name: 'CoolDownError' });
    at.clock.advance(1);
    expect((await claimRecovery(at)).epoch).toBe(2);
  });
});
