/** The Condition element. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
import { isArn, isLike } from '#lab/iam/match.ts';
import type { ConditionBlock } from '#lab/iam/policy.ts';

/** What is known of a request: key in lower case -> its value, or its values when the key takes many. */
export type Context = Readonly<Record<string, string | readonly string[]>>;

type Compare = (wanted: string, given: string) => boolean;

const equals: Compare = (wanted, given) => wanted === given;
const ignoringCase: Compare = (wanted, given) => wanted.toLowerCase() === given.toLowerCase();

interface Operator {
  readonly compare: Compare;
  /** True when none of the values may match. */
  readonly negated: boolean;
}

const operator = (compare: Compare, negated = false): Operator => ({ compare, negated });

const OPERATORS: Readonly<Record<string, Operator>> = {
  StringEquals: operator(equals),
  StringNotEquals: operator(equals, true),
  StringEqualsIgnoreCase: operator(ignoringCase),
  StringNotEqualsIgnoreCase: operator(ignoringCase, true),
  StringLike: operator(isLike),
  StringNotLike: operator(isLike, true),
  ArnEquals: operator(isArn),
  ArnLike: operator(isArn),
  ArnNotEquals: operator(isArn, true),
  ArnNotLike: operator(isArn, true),
  Bool: operator(ignoringCase),
};

interface Parsed extends Operator {
  readonly set: 'ForAllValues' | 'ForAnyValue' | undefined;
  readonly ifExists: boolean;
}

const FORM = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/;

/** Undefined: not one that can be judged here. `Null` is apart, for it asks whether there is a value. */
const parse = (name: string): Parsed | undefined => {
  const [, set, base = '', ifExists] = FORM.exec(name) ?? [];
  const found = Object.hasOwn(OPERATORS, base) ? OPERATORS[base] : undefined;
  return found && { ...found, set: set as Parsed['set'], ifExists: ifExists !== undefined };
};

export const isOperator = (name: string): boolean => name === 'Null' || parse(name) !== undefined;

export const isForSets = (name: string): boolean => name.startsWith('For');

const valuesOf = (wanted: unknown): readonly string[] => (Array.isArray(wanted) ? wanted : [wanted]).map(String);

const holds = (name: string, wanted: readonly string[], given: string | readonly string[] | undefined): boolean => {
  if (name === 'Null') return wanted.some((value) => (value.toLowerCase() === 'true') === (given === undefined));
  const parsed = parse(name);
  // Deployment refuses such a policy; whoever comes here another way must not be let in by it.
  if (!parsed) throw new Error(`the condition operator ${name} is not supported`);
  const { compare, negated, set, ifExists } = parsed;
  const matches = (value: string): boolean => wanted.some((one) => compare(one, value)) !== negated;
  const values = given === undefined ? [] : typeof given === 'string' ? [given] : given;
  if (set === 'ForAllValues') return values.every(matches);
  // No value: only what is negated, or asks "if there is one", holds.
  if (given === undefined) return ifExists || (negated && set === undefined);
  return values.some(matches);
};

/** Whether all of it holds: every operator, every key, one of each key's values. Keys do not tell case apart. */
export const conditionsHold = (block: ConditionBlock | undefined, context: Context): boolean =>
  Object.entries(block ?? {}).every(([name, keys]) =>
    Object.entries(keys).every(([key, wanted]) => holds(name, valuesOf(wanted), context[key.toLowerCase()])),
  );
