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
const LONG_STORIES = ['test/scenarios/decisions/**/*.test.ts'];
const LONG_E2E = ['test/e2e/long/**/*.test.ts'];
const STORIES = ['test/scenarios/**/*.test.ts'];
const LABS = ['test/contract/**/*.test.ts', 'test/e2e/**/*.test.ts'];
const EVERYTHING = 'test/**/*.test.ts';

const common = { testTimeout: 10_000 * slowness, hookTimeout: 30_000 * slowness, pool: 'forks' as const };
const without = [...(scenarios === '' ? [...LONG_STORIES, ...LONG_E2E] : []), ...(cloud === 'lab' ? [ON_MOTO] : [])];

/** Each processor loads the project once for all of them (a third less time than once a file): a test leaves nothing behind in its process. */
const parts = {
  test: {
    ...common,
    name: 'parts',
    include: [EVERYTHING],
    exclude: [...STORIES, ...LABS],
    maxWorkers: 2,
    isolate: false,
    unstubEnvs: true,
    // The functions' own logs are no part of the tests' output; tests of them capture it.
    env: { POWERTOOLS_LOG_LEVEL: 'SILENT', POWERTOOLS_METRICS_DISABLED: 'true' },
    sequence: { groupOrder: 0 },
  },
};
/** One lab at a time: two regions on this machine are enough for two processors, and its durations are real. */
const labs = (include: string[]) => ({
  test: { ...common, name: 'labs', include, exclude: without, maxWorkers: 1, sequence: { groupOrder: 1 } },
});
/**
 * In one process: a story's lab goes on with the processes of the one before (test/support/scenario-lab.ts). A story that fails because this machine
 * itself stood still is told once more.
 */
const stories = (include: string[]) => ({
  test: {
    ...common,
    name: 'stories',
    include,
    exclude: without,
    maxWorkers: 1,
    isolate: false,
    retry: { count: 1, condition: /the machine stood still/ },
    sequence: { groupOrder: 2 },
  },
});

export default defineConfig({
  test: {
    projects:
      cloud === 'moto'
        ? [labs([ON_MOTO])]
        : scenarios === 'long'
          ? [labs(LONG_E2E), stories(LONG_STORIES)]
          : [parts, labs(LABS), stories(STORIES)],
  },
});
