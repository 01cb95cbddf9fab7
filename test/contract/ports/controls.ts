import { describe, expect, it } from 'vitest';
import { NOTHING_ORDERED } from '#ports/controls.ts';
import type { ContractCloud } from '#test/support/contract-cloud.ts';

const NOW = '2026-11-23T12:00:00.000Z';
const order = (reason: string) => ({ by: 'jane', reason, at: NOW });

export const describeControls = (at: () => ContractCloud) =>
  describe('controls', () => {
    it('are none at first', async () => {
      await expect(at().ports.controls.read(at().freshId())).resolves.toEqual(NOTHING_ORDERED);
    });

    it('pause by the first order, and resume', async () => {
      const { controls } = at().ports;
      const run = at().freshId();
      await controls.pause(run, order('look first'));
      await expect(controls.pause(run, order('again'))).resolves.toMatchObject({ pause: order('look first') });
      await expect(controls.read(run)).resolves.toMatchObject({ pause: order('look first'), abort: null });
      await expect(controls.resume(run)).resolves.toEqual(NOTHING_ORDERED);
      await expect(controls.resume(run)).resolves.toEqual(NOTHING_ORDERED);
    });

    it('skip state by state', async () => {
      const { controls } = at().ports;
      const run = at().freshId();
      await controls.skip(run, 'ScaleUpWorkloads', order('enough run'));
      await controls.skip(run, 'ScaleUpWorkloads', order('again'));
      await controls.skip(run, 'RepointApplication', order('by hand'));
      await expect(controls.read(run)).resolves.toMatchObject({
        skips: { ScaleUpWorkloads: order('enough run'), RepointApplication: order('by hand') },
        pause: null,
      });
    });

    it('take an abort and no promotion after it', async () => {
      const { controls } = at().ports;
      const run = at().freshId();
      await expect(controls.abort(run, order('it came back'))).resolves.toBe(true);
      await expect(controls.abort(run, order('again'))).resolves.toBe(true);
      await expect(controls.commit(run, NOW)).resolves.toBe(false);
      await expect(controls.read(run)).resolves.toMatchObject({ abort: order('it came back'), committedAt: null });
    });

    it('take a promotion and no abort after it', async () => {
      const { controls } = at().ports;
      const run = at().freshId();
      await expect(controls.commit(run, NOW)).resolves.toBe(true);
      await expect(controls.commit(run, '2026-11-23T12:00:05.000Z')).resolves.toBe(true);
      await expect(controls.abort(run, order('too late'))).resolves.toBe(false);
      await expect(controls.read(run)).resolves.toMatchObject({ abort: null, committedAt: NOW });
    });

    it('let one of the two through when both come at the same instant', async () => {
      const { controls } = at().ports;
      for (let round = 0; round < 8; round += 1) {
        const run = at().freshId();
        const both = await Promise.all([controls.abort(run, order('now')), controls.commit(run, NOW)]);
        expect(both.filter(Boolean)).toHaveLength(1);
      }
    });

    it('are taken when the answer to the writing was lost', async () => {
      const run = at().freshId();
      const fault = at().faults.inject({
        operation: 'UpdateItem',
        count: 1,
        effect: { kind: 'lose-answer' },
      });
      await expect(at().ports.controls.commit(run, NOW)).resolves.toBe(true);
      expect(fault.hits).toBe(1);
    });
  });
