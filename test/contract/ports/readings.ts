import { describe, expect, it } from 'vitest';
import type { Reading } from '#domain/reading.ts';
import type { ContractCloud } from '#test/support/contract-cloud.ts';

const reading = (plan: string, more: Partial<Reading> = {}): Reading => ({
  plan,
  vantage: 'standby',
  at: '2026-11-23T12:00:00.000Z',
  signals: [{ name: 'http-read', state: 'bad', detail: 'connect ECONNREFUSED 127.0.1.20:8080', ms: 1.5 }],
  badSince: '2026-11-23T11:59:00.000Z',
  serviceBadSince: '2026-11-23T11:59:00.000Z',
  writes: { until: '2026-11-23T11:59:00.000Z', refused: true },
  lastHealthy: {
    at: '2026-11-23T11:58:00.000Z',
    lagSeconds: 0.125,
    primaryLsn: '0/3000060',
    replicaLsn: null,
    heartbeatAt: null,
  },
  ...more,
});

export const describeReadings = (at: () => ContractCloud) =>
  describe('readings', () => {
    it('are kept one per vantage point', async () => {
      const { readings } = at().ports;
      const plan = at().freshId();
      await expect(readings.last(plan, 'standby')).resolves.toBeNull();
      await expect(readings.list(plan)).resolves.toEqual([]);
      const [here, there] = [reading(plan), reading(plan, { vantage: 'witness', badSince: null, lastHealthy: null })];
      await readings.put(here);
      await readings.put(there);
      await expect(readings.last(plan, 'standby')).resolves.toEqual(here);
      await expect(readings.list(plan)).resolves.toEqual([here, there]);
    });

    it('that an earlier release wrote say nothing of the service alone, nor of its writes', async () => {
      const { readings } = at().ports;
      const plan = at().freshId();
      const { serviceBadSince: _, writes: __, ...earlier } = reading(plan);
      await readings.put(earlier as Reading);
      await expect(readings.list(plan)).resolves.toEqual([{ ...earlier, serviceBadSince: null, writes: null }]);
    });

    it('stay when an older one comes late', async () => {
      const { readings } = at().ports;
      const plan = at().freshId();
      const newer = reading(plan, { at: '2026-11-23T12:01:00.000Z' });
      await readings.put(newer);
      await readings.put(reading(plan));
      await expect(readings.last(plan, 'standby')).resolves.toEqual(newer);
    });
  });
