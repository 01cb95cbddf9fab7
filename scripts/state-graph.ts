import { readdirSync, readFileSync } from 'node:fs';

export interface Rule {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds?: number;
  readonly BackoffRate?: number;
  readonly MaxAttempts?: number;
  readonly MaxDelaySeconds?: number;
  readonly JitterStrategy?: string;
  readonly Next?: string;
}

export interface State {
  readonly Type: string;
  readonly QueryLanguage?: string;
  readonly Next?: string;
  readonly End?: boolean;
  readonly Default?: string;
  readonly Choices?: readonly { readonly Condition: string; readonly Next: string }[];
  readonly Retry?: readonly Rule[];
  readonly Catch?: readonly Rule[];
  readonly Assign?: Readonly<Record<string, unknown>>;
  /** An expression where the plan says it: a wait for people. */
  readonly TimeoutSeconds?: number | string;
  readonly Resource?: string;
  readonly Arguments?: { readonly FunctionName: string };
  readonly Branches?: readonly Branch[];
  readonly Comment?: string;
  readonly Error?: string;
}

export interface Branch {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

export interface Machine extends Branch {
  readonly Comment?: string;
  readonly QueryLanguage?: string;
  readonly TimeoutSeconds?: number;
}

export interface Node {
  readonly name: string;
  readonly state: State;
  /** The Parallel around it. */
  readonly within: State | null;
}

const FOLDER = new URL('../state-machines/', import.meta.url);
const SUFFIX = '.asl.json';

/** Every machine of the project by its name, as it is in the file. */
export const machines = (): readonly { readonly name: string; readonly machine: Machine }[] =>
  readdirSync(FOLDER)
    .filter((file) => file.endsWith(SUFFIX))
    .sort()
    .map((file) => ({
      name: file.slice(0, -SUFFIX.length),
      machine: JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Machine,
    }));

const nodesWithin = (branch: Branch, within: State | null): readonly Node[] =>
  Object.entries(branch.States).flatMap(([name, state]) => [
    { name, state, within },
    ...(state.Branches ?? []).flatMap((inner) => nodesWithin(inner, state)),
  ]);

export const nodesOf = (machine: Machine): readonly Node[] => nodesWithin(machine, null);

export const successorsOf = (state: State): readonly string[] => [
  ...(state.Next === undefined ? [] : [state.Next]),
  ...(state.Default === undefined ? [] : [state.Default]),
  ...(state.Choices ?? []).map(({ Next }) => Next),
  ...(state.Catch ?? []).flatMap(({ Next }) => (Next === undefined ? [] : [Next])),
  ...(state.Branches ?? []).map(({ StartAt }) => StartAt),
];

/** Names of the states that can be reached from one, itself left out unless it can be reached again; never through `without`. */
export const reachable = (machine: Machine, from: string, without?: string): ReadonlySet<string> => {
  const states = new Map(nodesOf(machine).map(({ name, state }) => [name, state]));
  const seen = new Set<string>();
  const visit = (name: string): void => {
    const state = states.get(name);
    if (!state || name === without) return;
    for (const next of successorsOf(state)) {
      if (next === without || seen.has(next)) continue;
      seen.add(next);
      visit(next);
    }
  };
  visit(from);
  return seen;
};

/** True when every path from the start to `state` goes through `gate`. */
export const gates = (machine: Machine, gate: string, state: string): boolean =>
  reachable(machine, machine.StartAt).has(state) && !reachable(machine, machine.StartAt, gate).has(state);

/** The key of the function that a Task invokes: `PromoteReplica` of `${PromoteReplicaLambdaFunction.Arn}`. */
export const functionOf = (state: State): string | null =>
  /^\$\{(\w+)LambdaFunction\.Arn\}$/.exec(state.Arguments?.FunctionName ?? '')?.[1] ?? null;

export const kebab = (name: string): string => name.replace(/(?<!^)([A-Z])/g, '-$1').toLowerCase();
