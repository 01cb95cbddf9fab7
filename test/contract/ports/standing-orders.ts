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
  });
