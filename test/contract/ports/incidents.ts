import { describe, expect, it } from 'vitest';
import type { ContractCloud } from '#test/support/contract-cloud.ts';

const STARTED = '2026-11-23T11:59:00.000Z';
const DETECTED = '2026-11-23T12:00:00.000Z';

export const describeIncidents = (at: () => ContractCloud) =>
  describe('incidents', () => {
    it('open once, and are joined while open', async () => {
      const { incidents } = at().ports;
      const plan = at().freshId();
      await expect(incidents.current(plan)).resolves.toBeNull();
      const opened = await incidents.openOrJoin(plan, STARTED, DETECTED);
      expect(opened).toEqual({
        plan,
        id: 'INC-2026-1123-001',
        startedAt: STARTED,
        detectedAt: DETECTED,
        executionName: `${plan}-INC-2026-1123-001`,
        opened: true,
        left: null,
        answeredBy: null,
      });
      const joined = await incidents.openOrJoin(plan, DETECTED, '2026-11-23T12:00:07.000Z');
      expect(joined).toEqual({ ...opened, opened: false });
      await expect(incidents.current(plan)).resolves.toEqual(joined);
    });

    it('are one when two alarms come at the same instant', async () => {
      const plan = at().freshId();
      const all = await Promise.all(
        Array.from({ length: 4 }, () => at().ports.incidents.openOrJoin(plan, STARTED, DETECTED)),
      );
      expect(new Set(all.map(({ id }) => id))).toEqual(new Set(['INC-2026-1123-001']));
      expect(all.filter(({ opened }) => opened)).toHaveLength(1);
    });

    it('count up within the day and begin anew with the next, never backwards', async () => {
      const { incidents } = at().ports;
      const plan = at().freshId();
      const ids: string[] = [];
      for (const day of ['23', '23', '24', '23']) {
        const { id } = await incidents.openOrJoin(plan, STARTED, `2026-11-${day}T12:00:00.000Z`);
        ids.push(id);
        await incidents.close(plan, { id, answeredBy: null }, DETECTED);
      }
      expect(ids).toEqual(['INC-2026-1123-001', 'INC-2026-1123-002', 'INC-2026-1124-001', 'INC-2026-1124-002']);
    });

    it('remember the last run that left them open, and that one of them changed something', async () => {
      const { incidents } = at().ports;
      const plan = at().freshId();
      const { id } = await incidents.openOrJoin(plan, STARTED, DETECTED);
      const left = async () => (await incidents.current(plan))?.left;
      await incidents.leave(plan, 'INC-2026-1123-777', { by: 'arn:x', at: DETECTED, changed: true });
      expect(await left()).toBeNull();
      await incidents.leave(plan, id, { by: 'arn:a', at: DETECTED, changed: false });
      expect(await left()).toEqual({ by: 'arn:a', at: DETECTED, changed: false });
      await incidents.leave(plan, id, { by: 'arn:b', at: DETECTED, changed: true });
      await incidents.leave(plan, id, { by: 'arn:c', at: '2026-11-23T12:09:00.000Z', changed: false });
      expect(await left()).toEqual({ by: 'arn:c', at: '2026-11-23T12:09:00.000Z', changed: true });
      await incidents.close(plan, { id, answeredBy: null }, DETECTED);
      expect(await incidents.openOrJoin(plan, STARTED, DETECTED)).toMatchObject({ opened: true, left: null });
      expect(await left()).toBeNull();
    });

    it('are closed only by their own id', async () => {
      const { incidents } = at().ports;
      const plan = at().freshId();
      const { id } = await incidents.openOrJoin(plan, STARTED, DETECTED);
      await incidents.close(plan, { id: 'INC-2026-1123-777', answeredBy: null }, DETECTED);
      await expect(incidents.current(plan)).resolves.toMatchObject({ id });
      await expect(incidents.close(plan, { id, answeredBy: null }, DETECTED)).resolves.toBe(true);
      await expect(incidents.close(plan, { id, answeredBy: null }, DETECTED)).resolves.toBe(true);
      await expect(incidents.current(plan)).resolves.toBeNull();
    });

    it('are not closed by who looked before a run began to answer them', async () => {
      const { incidents } = at().ports;
      const plan = at().freshId();
      const seen = await incidents.openOrJoin(plan, STARTED, DETECTED);
      await expect(incidents.answer(plan, seen, 'arn:a')).resolves.toMatchObject({ id: seen.id, opened: false });
      await expect(incidents.close(plan, seen, DETECTED)).resolves.toBe(false);
      await incidents.answer(plan, seen, 'arn:b');
      await expect(incidents.close(plan, { ...seen, answeredBy: 'arn:a' }, DETECTED)).resolves.toBe(false);
      const now = await incidents.current(plan);
      expect(now).toEqual({ ...seen, opened: false, answeredBy: 'arn:b' });
      await expect(incidents.close(plan, { id: seen.id, answeredBy: 'arn:b' }, DETECTED)).resolves.toBe(true);
      await expect(incidents.current(plan)).resolves.toBeNull();
    });

    it('are open again when they are answered after they were closed, and never beside another', async () => {
      const { incidents } = at().ports;
      const plan = at().freshId();
      const first = await incidents.openOrJoin(plan, STARTED, DETECTED);
      const { id, startedAt, detectedAt } = first;
      await incidents.close(plan, first, DETECTED);
      const again = await incidents.answer(plan, { id, startedAt, detectedAt }, 'arn:a');
      expect(again).toEqual({ ...first, opened: true, answeredBy: 'arn:a' });
      await expect(incidents.current(plan)).resolves.toEqual({ ...again, opened: false });
      await incidents.close(plan, again, DETECTED);
      const second = await incidents.openOrJoin(plan, STARTED, DETECTED);
      expect(second.id).not.toBe(id);
      await expect(incidents.answer(plan, { id, startedAt, detectedAt }, 'arn:a')).resolves.toMatchObject({
        id: second.id,
      });
      await expect(incidents.current(plan)).resolves.toEqual({ ...second, opened: false });
    });
  });
