import { defineConfig } from 'vitest/config';

/** Bounds in tests widen by one factor on a slow machine: `TEST_SLOWNESS=3 npm test`. */
const slowness = Number(process.env.TEST_SLOWNESS ?? (process.env.CI ? '3' : '1'));

/** `CLOUD=moto npm run test:contract`: the ports' suites on a server of the AWS API that others wrote, and nothing else; `CLOUD=lab`: all but them. */
const ON_MOTO = 'test/contract/ports-on-moto.test.ts';
const cloud = process.env.CLOUD ?? '';
if (!['', 'lab', 'moto'].includes(cloud)) throw new Error(`CLOUD is lab or moto, not ${cloud}`);
/** `npm test` stays under five minutes; `SCENARIOS=all npm test`, as CI runs it, leaves nothing out. */
const long = process.env.SCENARIOS === 'all' ? [] : ['test/scenarios/decisions/**'];

export default defineConfig({
  test: {
    include: [cloud === 'moto' ? ON_MOTO : 'test/**/*.test.ts'],
    exclude: cloud === 'lab' ? [...long, ON_MOTO] : long,
    testTimeout: 10_000 * slowness,
    hookTimeout: 30_000 * slowness,
    pool: 'forks',
    maxWorkers: 2,
  },
});
