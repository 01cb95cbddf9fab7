import { describe, expect, it } from 'vitest';
import type { ContractCloud } from '#test/support/contract-cloud.ts';

const order = (reason: string) => ({ by: 'jane', reason, at: '2026-11-23T12:00:00.000Z' });

export const describeStandingOrders = (at: () => ContractCloud) =>
  describe('standing orders', () => {
    it('are none at first', async () => {
      const { standingOrders } = at().ports;
      await expect(standingOrders.read(at().freshId())).resolves.toEqual({ automationOff: null, maintenance: null });
    });

    it('keep the first who switched off, until somebody switches on', async () => {
      const { standingOrders } = at().ports;
      const plan = at().freshId();
      await standingOrders.switchOff(plan, order('a migration'));
      const again = await standingOrders.switchOff(plan, order('again'));
      expect(again.automationOff).toEqual(order('a migration'));
      await expect(standingOrders.read(plan)).resolves.toEqual(again);
      await expect(standingOrders.read(at().freshId())).resolves.toMatchObject({ automationOff: null });
      await expect(standingOrders.switchOn(plan)).resolves.toMatchObject({ automationOff: null });
      await expect(standingOrders.switchOn(plan)).resolves.toMatchObject({ automationOff: null });
    });

    it('have one window, the last that was started, over or not', async () => {
      const { standingOrders } = at().ports;
      const plan = at().freshId();
      await standingOrders.startMaintenance(plan, { ...order('a release'), until: '2026-11-23T13:00:00.000Z' });
      const longer = { ...order('it takes longer'), until: '2026-11-23T14:00:00.000Z' };
      await standingOrders.startMaintenance(plan, longer);
      await standingOrders.switchOff(plan, order('as well'));
      await expect(standingOrders.read(plan)).resolves.toEqual({
        automationOff: order('as well'),
        maintenance: longer,
      });
      await expect(standingOrders.endMaintenance(plan)).resolves.toMatchObject({ maintenance: null });
    });

    it("keep somebody else's window that is open and lasts longer", async () => {
      const { standingOrders } = at().ports;
      const plan = at().freshId();
      const hers = { ...order('a migration'), until: '2026-11-23T18:00:00.000Z' };
      const by = (person: string, now: string, until: string) => ({ by: person, reason: 'a patch', at: now, until });
      await standingOrders.startMaintenance(plan, hers);
      const short = by('bob', '2026-11-23T13:00:00.000Z', '2026-11-23T13:01:00.000Z');
      await expect(standingOrders.startMaintenance(plan, short)).resolves.toBeNull();
      await expect(standingOrders.read(plan)).resolves.toMatchObject({ maintenance: hers });
      const own = by('jane', '2026-11-23T13:00:00.000Z', '2026-11-23T17:00:00.000Z');
      await expect(standingOrders.startMaintenance(plan, own)).resolves.toMatchObject({ maintenance: own });
      const longer = by('bob', '2026-11-23T13:00:00.000Z', '2026-11-23T19:00:00.000Z');
      await expect(standingOrders.startMaintenance(plan, longer)).resolves.toMatchObject({ maintenance: longer });
      const later = { ...order('the next'), at: '2026-11-23T19:00:00.000Z', until: '2026-11-23T19:30:00.000Z' };
      await expect(standingOrders.startMaintenance(plan, later)).resolves.toMatchObject({ maintenance: later });
    });
  });
