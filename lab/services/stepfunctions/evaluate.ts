import jsonata from 'jsonata';
import type { Json, JsonObject, Template } from './definition.ts';
import { StateError } from './errors.ts';
import { awsFunctions } from './functions.ts';

/** Variables by name, without `$`. Never changed in place: an assignment makes a new record, so scopes cost nothing. */
export type Variables = Readonly<Record<string, Json>>;

/** Where an expression runs: the state, the event that entered it, and what `$states` and the variables hold. */
export interface Site {
  readonly state: string;
  readonly entered: number;
  readonly states: JsonObject;
  readonly variables: Variables;
}

/** A JSONata expression failed; the texts are AWS's own. */
export class QueryError extends StateError {
  readonly location: string | undefined;
  /** False when it is the state that could not use the value, not the evaluation that failed. */
  readonly evaluated: boolean;
  constructor(site: Pick<Site, 'state' | 'entered'>, detail: string, location?: string, evaluated = true) {
    const where = `An error occurred while executing the state '${site.state}' (entered at the event id #${site.entered}).`;
    super('States.QueryEvaluationError', `${where} ${detail}`);
    this.location = location;
    this.evaluated = evaluated;
  }
}

/** The text between `{%` and `%}`; undefined for a literal. No white space is allowed outside the marks. */
export const expressionOf = (text: string): string | undefined =>
  text.length >= 4 && text.startsWith('{%') && text.endsWith('%}') ? text.slice(2, -2).trim() : undefined;

/** Definitions repeat few expressions many times; the bound only keeps a long-lived process from growing. */
const MAX_COMPILED = 5_000;
const compiled = new Map<string, jsonata.Expression>();

/** Guard rails: an expression that runs away fails its state, it does not hold up the process. `timeout` is in milliseconds. */
const BOUNDS: jsonata.JsonataOptions = { timeout: 5_000, stack: 1_000 };

/** Throws what jsonata throws: `{ code, position, token, message }`. */
export const compile = (expression: string): jsonata.Expression => {
  const known = compiled.get(expression);
  if (known) return known;
  const fresh = jsonata(expression, BOUNDS);
  if (compiled.size >= MAX_COMPILED) compiled.clear();
  compiled.set(expression, fresh);
  return fresh;
};

export const typeOf = (value: Json): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;

class Unsupported extends Error {}

/** Plain JSON of a JSONata result: its arrays carry marks of their own, its functions are objects or functions. */
const plain = (value: unknown): Json => {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (Array.isArray(value)) return value.map((item) => (item === undefined ? null : plain(item)));
  if (typeof value !== 'object' || '_jsonata_lambda' in value || '_jsonata_function' in value) throw new Unsupported();
  const result: JsonObject = {};
  for (const [key, item] of Object.entries(value)) if (item !== undefined) result[key] = plain(item);
  return result;
};

const messageOf = (error: unknown): string => {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const text = typeof message === 'string' ? message : String(error);
  return typeof code === 'string' ? `${code}: ${text}` : text;
};

const evaluateExpression = async (expression: string, field: string, site: Site): Promise<Json> => {
  const subject = `The JSONata expression '${expression}' specified for the field '${field}'`;
  let result: unknown;
  try {
    result = await compile(expression).evaluate(undefined, {
      ...awsFunctions,
      ...site.variables,
      states: site.states,
    });
  } catch (error) {
    throw new QueryError(site, `${subject} threw an error during evaluation. ${messageOf(error)}`, field);
  }
  if (result === undefined) throw new QueryError(site, `${subject} returned nothing (undefined).`, field);
  try {
    return plain(result);
  } catch (error) {
    if (error instanceof Unsupported) {
      throw new QueryError(site, `${subject} returned an unsupported result type.`, field);
    }
    throw error;
  }
};

/** Whether anything inside is an expression; a template without one is its own value. */
const dynamic = new WeakMap<object, boolean>();
const isDynamic = (template: Template): boolean => {
  if (typeof template === 'string') return expressionOf(template) !== undefined;
  if (template === null || typeof template !== 'object') return false;
  const known = dynamic.get(template);
  if (known !== undefined) return known;
  const result = Object.values(template).some(isDynamic);
  dynamic.set(template, result);
  return result;
};

/**
 * The template with every expression replaced by its value. `field` names it in errors: `Output/result`, `Items[1]`. Throws
 * QueryError.
 */
export const evaluate = async (template: Template, field: string, site: Site): Promise<Json> => {
  if (!isDynamic(template)) return template;
  if (typeof template === 'string') return evaluateExpression(expressionOf(template) ?? '', field, site);
  if (Array.isArray(template)) {
    const items: Json[] = [];
    for (const [index, item] of template.entries()) items.push(await evaluate(item, `${field}[${index}]`, site));
    return items;
  }
  const result: JsonObject = {};
  for (const [key, item] of Object.entries(template as JsonObject)) {
    result[key] = await evaluate(item, `${field}/${key}`, site);
  }
  return result;
};

/** As `evaluate`, for a field that has to be of one type. `accepts` may be narrower than the type that the message names. */
export const evaluateAs = async <T extends Json>(
  template: Template,
  field: string,
  site: Site,
  expected: string,
  accepts: (value: Json) => value is T,
): Promise<T> => {
  const value = await evaluate(template, field, site);
  if (accepts(value)) return value;
  const expression = typeof template === 'string' ? expressionOf(template) : undefined;
  const subject =
    expression === undefined
      ? `The field '${field}' has an unexpected type.`
      : `The JSONata expression '${expression}' specified for the field '${field}' returned an unexpected result type.`;
  const detail = `${subject} Expected '${expected}', but was '${typeOf(value)}' for value: ${JSON.stringify(value)}`;
  throw new QueryError(site, detail, field);
};

export const isArray = (value: Json): value is Json[] => Array.isArray(value);
export const isBoolean = (value: Json): value is boolean => typeof value === 'boolean';
export const isString = (value: Json): value is string => typeof value === 'string';
export const isCount = (value: Json): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0;
export const isSeconds = (value: Json): value is number => isCount(value) && value > 0;
