import { describe, expect, it } from 'vitest';
import type { ContractCloud } from '#test/support/contract-cloud.ts';

export const describeClock = (at: () => ContractCloud) =>
  describe('clock', () => {
    it('gives UTC with milliseconds, and goes forward', () => {
      const { clock } = at().ports;
      const [first, second] = [clock.now(), clock.now()];
      expect(first).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(second >= first).toBe(true);
      expect(Math.abs(Date.parse(first) - Date.now())).toBeLessThan(5_000);
    });
  });
