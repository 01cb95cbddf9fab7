import { defineConfig } from 'vitest/config';

/** Bounds in tests widen by one factor on a slow machine: `TEST_SLOWNESS=3 npm test`. */
const slowness = Number(process.env.TEST_SLOWNESS ?? (process.env.CI ? '3' : '1'));

const oneOf = <T extends string>(name: string, allowed: readonly T[]): T => {
  const value = (process.env[name] ?? '') as T;
  if (!allowed.includes(value)) throw new Error(`${name} is ${allowed.filter(Boolean).join(' or ')}, not ${value}`);
  return value;
};
/** `CLOUD=moto npm run test:contract`: the ports' suites on a server of the AWS API that others wrote, and nothing else; `CLOUD=lab`: all but them. */
const cloud = oneOf('CLOUD', ['', 'lab', 'moto']);
/** `npm test` has the stories that everything rests on; the rest of them take a while. `SCENARIOS=all`: both, `SCENARIOS=long`: the rest alone. */
const scenarios = oneOf('SCENARIOS', ['', 'all', 'long']);

const ON_MOTO = 'test/contract/ports-on-moto.test.ts';
const LONG = ['test/scenarios/decisions/**/*.test.ts', 'test/e2e/long/**/*.test.ts'];
const LABS = ['test/scenarios/**/*.test.ts', 'test/contract/**/*.test.ts', 'test/e2e/**/*.test.ts'];
const EVERYTHING = 'test/**/*.test.ts';

const common = { testTimeout: 10_000 * slowness, hookTimeout: 30_000 * slowness, pool: 'forks' as const };
const without = [...(scenarios === '' ? LONG : []), ...(cloud === 'lab' ? [ON_MOTO] : [])];

/** Each processor loads the project once for all of them (a third less time than once a file): a test leaves nothing behind in its process. */
const parts = {
  test: {
    ...common,
    name: 'parts',
    include: [EVERYTHING],
    exclude: LABS,
    maxWorkers: 2,
    isolate: false,
    unstubEnvs: true,
    // The functions' own logs are no part of the tests' output; tests of them capture it.
    env: { POWERTOOLS_LOG_LEVEL: 'SILENT', POWERTOOLS_METRICS_DISABLED: 'true' },
    sequence: { groupOrder: 0 },
  },
};
/** A story in which this machine itself stood still (test/support/scenario-lab.ts) is told once more, in another lab. */
const retry = { count: 1, condition: /the machine stood still/ };
/** One lab at a time: two regions on this machine are enough for two processors, and its durations are real. */
const labs = (include: string[]) => ({
  test: { ...common, retry, name: 'labs', include, exclude: without, maxWorkers: 1, sequence: { groupOrder: 1 } },
});

export default defineConfig({
  test: {
    projects: cloud === 'moto' ? [labs([ON_MOTO])] : scenarios === 'long' ? [labs(LONG)] : [parts, labs(LABS)],
  },
});
