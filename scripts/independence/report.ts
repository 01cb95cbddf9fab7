import type { Plan } from '#domain/plan.ts';
import type { Independence, Judged, JudgedCall } from './check.ts';
import { SERVICES } from './control-planes.ts';
import { SHORT_MS } from './judge.ts';

export interface Row {
  readonly state: string;
  /** `rds:DescribeDBInstances`, several of the same fate together. */
  readonly calls: string;
  readonly where: string;
  readonly plane: string;
  readonly verdict: string;
  readonly reason: string;
}

const ORDER = ['finding', 'accepted', 'third-site', 'best-effort', 'independent'];

const rowsOf = ({ name, calls }: Judged): readonly Row[] => {
  const groups = new Map<string, JudgedCall[]>();
  for (const call of calls) {
    const key = JSON.stringify([call.where, call.plane, call.verdict, call.reason]);
    groups.set(key, [...(groups.get(key) ?? []), call]);
  }
  return [...groups.values()]
    .map((group) => {
      const [{ where, plane, verdict, reason }] = group as [JudgedCall, ...JudgedCall[]];
      const names = [...new Set(group.map(({ service, operation }) => `${service}:${operation}`))].sort();
      return { state: name, calls: names.join(', '), where, plane, verdict, reason };
    })
    .sort((a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict));
};

export const tableOf = ({ judged }: Independence): string => {
  const rows = judged.flatMap(rowsOf);
  const columns = ['state', 'where', 'plane', 'verdict', 'calls'] as const;
  const widths = columns.map((column) => Math.max(column.length, ...rows.map((row) => row[column].length)));
  const line = (row: Readonly<Record<(typeof columns)[number], string>>, reason: string): string =>
    `${columns
      .slice(0, -1)
      .map((column, index) => row[column].padEnd(widths[index] ?? 0))
      .join('  ')}  ${row.calls}${reason === '' ? '' : `: ${reason}`}`;
  const head = line({ state: 'state', where: 'where', plane: 'plane', verdict: 'verdict', calls: 'calls' }, '');
  return [head, ...rows.map((row) => line(row, row.reason))].join('\n');
};

const INTRODUCTION = `# What the recovery leans on

<!-- Printed by scripts/write-independence.ts: a test keeps it in step with the code. -->

Every call over the network that a state's function may make, with the plan of continuity.yml, as \`npm run check:independence\` finds it in the
sources, and who has to answer it. A call that leaves the standby region has to be best effort: the step goes on without it after
${SHORT_MS / 1_000} s at most. How it is found, and what that proves: [adr/0023](adr/0023-static-independence.md). That it holds is tried by the scenario
\`failed-region-and-global-control-planes-blackholed\`.
`;

const table = (judged: readonly Judged[]): string =>
  [
    '| state | calls | where | plane | verdict |',
    '| --- | --- | --- | --- | --- |',
    ...judged
      .flatMap(rowsOf)
      .map(
        ({ state, calls, where, plane, verdict, reason }) =>
          `| ${state} | ${calls.replaceAll(', ', '<br>')} | ${where} | ${plane} | ${verdict}${reason === '' ? '' : `: ${reason}`} |`,
      ),
  ].join('\n');

const servicesTable = (): string =>
  [
    '| service | its control plane is in | operations | page |',
    '| --- | --- | --- | --- |',
    ...Object.values(SERVICES).map(({ prefix, home, planes, page }) => {
      const operations = Object.entries(planes).map(
        ([operation, plane]) => `${operation === '*' ? 'all' : operation} (${plane})`,
      );
      return `| ${prefix} | ${home ?? 'each region'} | ${operations.join(', ')} | ${page} |`;
    }),
  ].join('\n');

/** docs/independence.md */
export const independencePage = ({ judged }: Independence, plan: Plan): string => {
  const machines = [...new Set(judged.map(({ machine }) => machine))];
  const { primary, standby, witness } = plan.regions;
  const parts = machines.map((machine) => {
    const title = machine === null ? 'Functions that no state calls' : machine;
    return `## ${title}\n\n${table(judged.filter((one) => one.machine === machine))}`;
  });
  return [
    INTRODUCTION,
    `Primary ${primary}, standby ${standby}, witness ${witness}, traffic by ${plan.traffic.strategy}.\n`,
    ...parts.map((part) => `${part}\n`),
    '## Where the services live\n',
    'What is not in this table is a finding.\n',
    `${servicesTable()}\n`,
  ].join('\n');
};
