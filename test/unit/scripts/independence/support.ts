import { readFileSync } from 'node:fs';
import type { Plan } from '#domain/plan.ts';
import type { Call } from '../../../../scripts/independence/calls.ts';
import { checkIndependence, type Independence } from '../../../../scripts/independence/check.ts';
import { projectSources } from '../../../../scripts/independence/sources.ts';
import { callsOf } from '../../../../scripts/independence/walk.ts';
import { machines } from '../../../../scripts/state-graph.ts';

const ROOT = `${process.cwd()}/`;

export const read = (path: string): string => readFileSync(ROOT + path, 'utf8');

export const PLAN = JSON.parse(read('.build/plan.json')) as Plan;

export const planWith = (traffic: Partial<Plan['traffic']>): Plan => ({
  ...PLAN,
  traffic: { ...PLAN.traffic, ...traffic },
});

interface Tried {
  /** Files in the place of the project's. */
  readonly overlay?: Readonly<Record<string, string>>;
  readonly plan?: Plan;
  readonly only?: readonly string[];
}

export const check = ({ overlay = {}, plan = PLAN, only }: Tried = {}): Independence =>
  checkIndependence(projectSources(ROOT, overlay), plan, machines(), only);

/** The file with a part of it replaced; the part has to be there. */
export const edited = (path: string, part: string, by: string): Readonly<Record<string, string>> => {
  const text = read(path);
  if (!text.includes(part)) throw new Error(`${path} has no ${part}`);
  return { [path]: text.replaceAll(part, by) };
};

/** What a handler of its own would call: `body` is that of an async function of `{ ports, plan, run }`, over all ports. */
export const callsOfBody = (body: string, before = ''): readonly Call[] => {
  const file = 'functions/tried.ts';
  const text = `
    import { pipeline } from '#pipeline/pipeline.ts';
    import { database, databaseSession, serviceProbe, workloads } from '#src/composition.ts';
    import { attempt, attemptRepeatedly } from '#src/attempt.ts';
    ${before}
    const tried = async ({ ports, plan, run }) => { ${body} };
    export const handler = pipeline({ ports: { database, databaseSession, serviceProbe, workloads } }).handler(tried);`;
  return callsOf(projectSources(ROOT, { [file]: text }), PLAN, file);
};

/** `rds:DescribeDBInstances us-east-1 [withinMs]`, the record's own calls left out. */
export const said = (calls: readonly Call[]): readonly string[] => [
  ...new Set(
    calls
      .filter(({ service }) => service !== 'dynamodb')
      .map(({ service, operation, region, host, source, withinMs }) => {
        const where = region ?? host ?? source?.region ?? '?';
        return `${service}:${operation} ${where}${withinMs === null ? '' : ` [${withinMs}]`}`;
      }),
  ),
];
