import { functionOf, kebab, type Machine, type Node, nodesOf, type Rule } from './state-graph.ts';

/** Everything after this line of state-machines/README.md is printed from the machines. */
export const MARK = '<!-- From here on printed by scripts/write-state-machines.ts. -->';

const code = (text: string): string => `\`${text}\``;
const cell = (text: string): string => text.replaceAll('|', '\\|') || ' ';
const row = (...cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
const table = (head: readonly string[], rows: readonly string[]): readonly string[] => [
  row(...head),
  row(...head.map(() => '---')),
  ...rows,
  '',
];

const sayRule = (rule: Rule): string => {
  const { ErrorEquals, MaxAttempts, IntervalSeconds, BackoffRate, MaxDelaySeconds } = rule;
  const times = `${MaxAttempts} times, after ${IntervalSeconds} s, then x ${BackoffRate} up to ${MaxDelaySeconds} s, full jitter`;
  return row(ErrorEquals.map(code).join(', '), times);
};

/** Where a state goes when all is well: its Next, or its choices in order. */
const sayNext = ({ state }: Node): string => {
  if (state.Branches) {
    return `${state.Branches.map(({ StartAt }) => StartAt).join(' beside ')}, then ${state.Next}`;
  }
  const choices = (state.Choices ?? []).map(({ Condition, Next }) => `${Next} if ${code(Condition.slice(3, -3))}`);
  return [...choices, ...(state.Default === undefined ? [] : [`else ${state.Default}`]), state.Next ?? '']
    .filter(Boolean)
    .join('; ');
};

const sayCatch = ({ state, within }: Node): string =>
  (state.Catch ?? []).map(({ ErrorEquals, Next }) => `${ErrorEquals.join(', ')}: ${Next}`).join('; ') ||
  (state.Type === 'Task' && within?.Catch ? 'stops the Parallel' : '');

const sayTimeout = (seconds: number | string | undefined): string => {
  if (seconds === undefined) return '';
  return typeof seconds === 'number' ? `${seconds} s` : `${code(seconds.slice(3, -3))} s`;
};

const machinePage = (name: string, machine: Machine): readonly string[] => {
  const nodes = nodesOf(machine);
  const distinct = [...new Set(nodes.flatMap(({ state }) => state.Retry ?? []).map(sayRule))];
  const retries = ({ state }: Node): string =>
    (state.Retry ?? []).map((rule) => `R${distinct.indexOf(sayRule(rule)) + 1}`).join(' ');
  const states = nodes.map((node) => {
    const key = functionOf(node.state);
    const timeout = sayTimeout(node.state.TimeoutSeconds);
    const handler = key === null ? '' : code(`functions/${kebab(key)}.ts`);
    const error = node.state.Error === undefined ? '' : code(node.state.Error.replace(/^\{% (.*) %\}$/, '$1'));
    return row(node.name, node.state.Type, handler, timeout, retries(node), sayNext(node), sayCatch(node) || error);
  });
  return [
    `## ${name}`,
    machine.Comment ?? '',
    '',
    `Stops after ${machine.TimeoutSeconds} s at the latest.`,
    '',
    ...table(['state', 'type', 'function', 'time-out', 'retries', 'next', 'on error, or the error it ends in'], states),
    ...table(
      ['retry', 'errors', 'how often'],
      distinct.map((rule, index) => `| R${index + 1} ${rule}`),
    ),
  ];
};

/** state-machines/README.md: what stands before the mark is kept, the rest is printed anew. */
export const stateMachinesPage = (
  readme: string,
  all: readonly { readonly name: string; readonly machine: Machine }[],
): string => {
  const kept = (readme.split(MARK)[0] ?? '').trimEnd();
  const printed = all.flatMap(({ name, machine }) => machinePage(name, machine)).join('\n');
  return `${kept}\n\n${MARK}\n\n${printed.trimEnd()}\n`;
};
