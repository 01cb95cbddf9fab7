import { defineConfig } from 'vitest/config';

/** Bounds in tests widen by one factor on a slow machine: `TEST_SLOWNESS=3 npm test`. */
const slowness = Number(process.env.TEST_SLOWNESS ?? (process.env.CI ? '3' : '1'));

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // `npm test` stays under five minutes; `SCENARIOS=all npm test`, as CI runs it, leaves nothing out.
    exclude: process.env.SCENARIOS === 'all' ? [] : ['test/scenarios/decisions/**'],
    testTimeout: 10_000 * slowness,
    hookTimeout: 30_000 * slowness,
    pool: 'forks',
    maxWorkers: 2,
  },
});
