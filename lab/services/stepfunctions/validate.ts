import { checkCatchers, checkFields, checkRetriers } from './check-handlers.ts';
import { checkTask } from './check-task.ts';
import type { Machine, State } from './definition.ts';
import { type Diagnostic, Findings, isObject } from './diagnostics.ts';
import { REQUIRED, RULE_FIELDS, STATE_FIELDS } from './fields.ts';

/** https://states-language.net/spec.html#states-fields */
const MAX_NAME = 80;

interface Scope {
  readonly findings: Findings;
  readonly language: unknown;
  readonly integrates: boolean;
  /** Every state name of the machine: they are unique over all graphs. */
  readonly names: Set<string>;
  /** Variables that the graphs around this one assign: a graph inside may read them, not assign them. */
  readonly outer: ReadonlySet<string>;
}

type Target = readonly [target: unknown, location: string];

const assignmentsOf = (state: Readonly<Record<string, unknown>>): readonly string[] => {
  const holders = [state, ...[state.Choices, state.Catch].flatMap((list) => (Array.isArray(list) ? list : []))];
  return holders.flatMap((holder) => (isObject(holder) && isObject(holder.Assign) ? Object.keys(holder.Assign) : []));
};

const checkTransition = (state: Readonly<Record<string, unknown>>, at: string, findings: Findings): Target[] => {
  const { Type: type, Next: next, End: end } = state;
  if (type === 'Choice' || type === 'Succeed' || type === 'Fail') return [];
  if (next === undefined && end !== true) findings.error('MISSING_END_STATE', at, "Expected 'Next' or 'End': true");
  if (next !== undefined && end === true) findings.schema(at, "'Next' and 'End' exclude each other");
  return next === undefined ? [] : [[next, `${at}/Next`]];
};

const checkChoices = (state: Readonly<Record<string, unknown>>, at: string, findings: Findings): Target[] => {
  const { Choices: rules, Default: fallback } = state;
  const targets: Target[] = fallback === undefined ? [] : [[fallback, `${at}/Default`]];
  if (rules === undefined) return targets;
  if (!Array.isArray(rules) || rules.length === 0 || !rules.every(isObject)) {
    findings.schema(`${at}/Choices`, 'Choices has to be a list of one or more rules');
    return targets;
  }
  for (const [index, rule] of rules.entries()) {
    const location = `${at}/Choices[${index}]`;
    checkFields(rule, RULE_FIELDS, location, findings);
    for (const field of ['Condition', 'Next']) {
      if (rule[field] === undefined) findings.schema(location, `The field '${field}' is required but was missing`);
    }
    if (rule.Next !== undefined) targets.push([rule.Next, `${location}/Next`]);
  }
  return targets;
};

const checkInner = (state: Readonly<Record<string, unknown>>, at: string, scope: Scope): void => {
  const { findings } = scope;
  if (Array.isArray(state.Branches)) {
    if (state.Branches.length === 0) findings.schema(`${at}/Branches`, 'Expected one or more branches');
    for (const [index, branch] of state.Branches.entries()) checkGraph(branch, `${at}/Branches[${index}]`, scope);
  } else if (state.Branches !== undefined) findings.schema(`${at}/Branches`, 'Expected a list of branches');
  const { ItemProcessor: processor } = state;
  if (processor === undefined) return;
  checkGraph(processor, `${at}/ItemProcessor`, scope);
  const config = isObject(processor) ? processor.ProcessorConfig : undefined;
  if (config === undefined) return;
  const inline = isObject(config) && config.Mode === 'INLINE' && config.ExecutionType === undefined;
  if (!inline) findings.schema(`${at}/ItemProcessor/ProcessorConfig`, 'Only an inline Map is supported by the lab');
};

/** One state; gives the states that it leads to. `inside` is the scope of the graphs in it. */
const checkState = (name: string, state: unknown, at: string, scope: Scope, inside: Scope): Target[] => {
  const { findings } = scope;
  if (name.length > MAX_NAME) findings.schema(at, `A state's name has at most ${MAX_NAME} characters`);
  if (scope.names.has(name)) findings.error('DUPLICATE_STATE_NAME', at, `The state name '${name}' is used twice`);
  scope.names.add(name);
  if (!isObject(state)) {
    findings.schema(at, 'A state has to be an object');
    return [];
  }
  if ((state.QueryLanguage ?? scope.language ?? 'JSONPath') !== 'JSONata') {
    findings.schema(
      `${at}/QueryLanguage`,
      'Only QueryLanguage JSONata is supported by the lab, this state is JSONPath',
    );
    return [];
  }
  const type = state.Type as State['Type'];
  if (typeof type !== 'string' || !Object.hasOwn(STATE_FIELDS, type)) {
    findings.schema(`${at}/Type`, `Expected one of ${Object.keys(STATE_FIELDS).join(', ')}`);
    return [];
  }
  checkFields(state, STATE_FIELDS[type], at, findings);
  for (const field of REQUIRED[type] ?? []) {
    if (state[field] === undefined) findings.schema(at, `The field '${field}' is required but was missing`);
  }
  if (type === 'Wait' && (state.Seconds === undefined) === (state.Timestamp === undefined)) {
    findings.schema(at, "Expected one of 'Seconds' and 'Timestamp'");
  }
  if (type === 'Task') checkTask(state, at, findings, scope.integrates);
  for (const variable of assignmentsOf(state)) {
    if (!scope.outer.has(variable)) continue;
    findings.schema(`${at}/Assign/${variable}`, `The variable '${variable}' belongs to an outer scope`);
  }
  checkInner(state, at, inside);
  if (state.Retry !== undefined) checkRetriers(state.Retry, `${at}/Retry`, findings);
  const catches = state.Catch === undefined ? [] : checkCatchers(state.Catch, `${at}/Catch`, findings);
  return [...checkTransition(state, at, findings), ...checkChoices(state, at, findings), ...catches];
};

const reachable = (start: string, targets: ReadonlyMap<string, readonly Target[]>): ReadonlySet<string> => {
  const seen = new Set<string>();
  const visit = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    for (const [target] of targets.get(name) ?? []) if (typeof target === 'string') visit(target);
  };
  visit(start);
  return seen;
};

const checkGraph = (graph: unknown, at: string, scope: Scope): void => {
  const { findings } = scope;
  if (!isObject(graph)) {
    findings.schema(at || '/', 'Expected an object with StartAt and States');
    return;
  }
  const missing = ['StartAt', 'States'].filter((field) => graph[field] === undefined);
  if (missing.length > 0) {
    findings.schema(at || '/', `These fields are required: [${missing.join(', ')}]`);
    return;
  }
  const { StartAt: start, States: states } = graph;
  if (!isObject(states) || Object.keys(states).length === 0) {
    findings.schema(`${at}/States`, 'Expected one or more states');
    return;
  }
  const own = Object.values(states).flatMap((state) => (isObject(state) ? assignmentsOf(state) : []));
  const inside: Scope = { ...scope, outer: new Set([...scope.outer, ...own]) };
  const targets = new Map<string, Target[]>();
  for (const [name, state] of Object.entries(states)) {
    const location = `${at}/States/${name}`;
    targets.set(name, checkState(name, state, location, scope, inside));
  }
  for (const [target, location] of [[start, `${at}/StartAt`] as Target, ...[...targets.values()].flat()]) {
    if (typeof target !== 'string' || !Object.hasOwn(states, target)) {
      findings.error('MISSING_TRANSITION_TARGET', location, `Missing target state: ${String(target)}`);
    }
  }
  if (typeof start !== 'string' || !Object.hasOwn(states, start)) return;
  const seen = reachable(start, targets);
  for (const name of Object.keys(states)) {
    if (seen.has(name)) continue;
    findings.error('MISSING_TRANSITION_TARGET', `${at}/States/${name}`, `State "${name}" is not reachable.`);
  }
};

const MACHINE_FIELDS = new Set(['Comment', 'StartAt', 'States', 'QueryLanguage', 'TimeoutSeconds', 'Version']);

export type Validation = { readonly machine: Machine; readonly diagnostics: readonly Diagnostic[] };

/** Findings of a definition, errors first. `machine` is safe to run when there are no errors. */
export const validate = (text: string, { integrates }: { integrates: boolean }): Validation => {
  const findings = new Findings();
  let definition: unknown;
  try {
    definition = JSON.parse(text);
  } catch (error) {
    findings.error('INVALID_JSON_DESCRIPTION', '/', String((error as Error).message));
    return { machine: { StartAt: '', States: {} }, diagnostics: findings.list };
  }
  if (isObject(definition)) {
    for (const field of Object.keys(definition)) {
      if (!MACHINE_FIELDS.has(field)) findings.schema(`/${field}`, `The field '${field}' is not supported`);
    }
    const { TimeoutSeconds: timeout, QueryLanguage: language } = definition;
    if (timeout !== undefined && !(typeof timeout === 'number' && Number.isInteger(timeout) && timeout > 0)) {
      findings.schema('/TimeoutSeconds', 'Expected a positive integer');
    }
    if (language !== undefined && language !== 'JSONata' && language !== 'JSONPath') {
      findings.schema('/QueryLanguage', 'Expected JSONata or JSONPath');
    }
  }
  const language = isObject(definition) ? definition.QueryLanguage : undefined;
  checkGraph(definition, '', { findings, language, integrates, names: new Set(), outer: new Set() });
  return { machine: definition as Machine, diagnostics: findings.list };
};
