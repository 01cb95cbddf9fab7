import { type Findings, isObject } from './diagnostics.ts';
import { compile, expressionOf } from './evaluate.ts';
import type { FieldKind } from './fields.ts';

/** A variable's name as JSONata and AWS allow it; `states` is the engine's own. */
const VARIABLE = /^[\p{ID_Start}_][\p{ID_Continue}]{0,79}$/u;

const callsEval = (node: unknown): boolean => {
  if (Array.isArray(node)) return node.some(callsEval);
  if (!isObject(node)) return false;
  const { procedure } = node;
  if (isObject(procedure) && procedure.type === 'variable' && procedure.value === 'eval') return true;
  return Object.values(node).some(callsEval);
};

const checkExpression = (expression: string, location: string, findings: Findings): void => {
  try {
    if (callsEval(compile(expression).ast())) {
      findings.schema(location, 'The JSONata function $eval is not supported, use $parse');
    }
  } catch (error) {
    const { message } = error as { message?: unknown };
    findings.schema(location, `The JSONata expression is invalid: ${String(message ?? error)}`);
  }
};

/** Every expression inside a template. */
export const checkTemplate = (value: unknown, location: string, findings: Findings): void => {
  if (typeof value === 'string') {
    const expression = expressionOf(value);
    if (expression !== undefined) checkExpression(expression, location, findings);
    else if (value.startsWith('{%') !== value.endsWith('%}')) {
      findings.schema(location, "A JSONata expression has to start with '{%' and end with '%}'");
    }
    return;
  }
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) checkTemplate(item, `${location}[${index}]`, findings);
  } else if (isObject(value)) {
    for (const [key, item] of Object.entries(value)) checkTemplate(item, `${location}/${key}`, findings);
  }
};

const checkAssign = (value: unknown, location: string, findings: Findings): void => {
  if (!isObject(value)) {
    findings.schema(location, 'Assign has to be an object');
    return;
  }
  for (const name of Object.keys(value)) {
    if (name === 'states') findings.schema(`${location}/${name}`, "The variable name 'states' is reserved");
    else if (!VARIABLE.test(name)) findings.schema(`${location}/${name}`, `'${name}' is not a variable name`);
  }
  checkTemplate(value, location, findings);
};

const integerFrom = (minimum: number) => (value: unknown) =>
  typeof value === 'number' && Number.isInteger(value) && value >= minimum;

/** Literal that the field takes, besides an expression. */
const LITERALS: Readonly<Partial<Record<FieldKind, readonly [(value: unknown) => boolean, string]>>> = {
  count: [integerFrom(0), 'a non-negative integer'],
  seconds: [integerFrom(1), 'a positive integer'],
  condition: [(value) => typeof value === 'boolean', 'a boolean'],
  items: [Array.isArray, 'an array'],
};

/** Checks one field that holds data; graphs, rules and handlers are walked by `validate.ts`. */
export const checkValue = (kind: FieldKind, value: unknown, location: string, findings: Findings): void => {
  const literal = LITERALS[kind];
  if (literal) {
    const [accepts, what] = literal;
    const isExpression = typeof value === 'string' && expressionOf(value) !== undefined;
    if (!isExpression && !accepts(value)) findings.schema(location, `Expected ${what} or a JSONata expression`);
    checkTemplate(value, location, findings);
    return;
  }
  if (kind === 'template') {
    checkTemplate(value, location, findings);
    return;
  }
  if (kind === 'assign') {
    checkAssign(value, location, findings);
    return;
  }
  if (kind === 'string') {
    if (typeof value !== 'string') {
      findings.schema(location, 'Expected a string');
      return;
    }
    checkTemplate(value, location, findings);
    return;
  }
  if (kind === 'flag' && typeof value !== 'boolean') findings.schema(location, 'Expected true or false');
  if (kind === 'name' && typeof value !== 'string') findings.schema(location, 'Expected the name of a state');
};
