/**
 * CloudFormation's intrinsic functions.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
 */

/** What a template's expressions can see. Look-ups throw when there is nothing of the name. */
export interface Scope {
  /** Parameters and pseudo parameters (`AWS::Region`); undefined when the name is neither. */
  parameter(name: string): unknown;
  condition(name: string): boolean;
  ref(logicalId: string): unknown;
  attribute(logicalId: string, name: string): unknown;
  mapping(map: string, top: string, second: string): unknown;
}

export const NO_VALUE = Symbol('AWS::NoValue');

const list = (value: unknown, what: string): unknown[] => {
  if (Array.isArray(value)) return value;
  throw new Error(`${what} needs a list, got ${JSON.stringify(value)}`);
};
const text = (value: unknown, what: string): string => {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new Error(`${what} needs text, got ${JSON.stringify(value)}`);
};

const ref = (name: string, scope: Scope): unknown => {
  if (name === 'AWS::NoValue') return NO_VALUE;
  const parameter = scope.parameter(name);
  return parameter === undefined ? scope.ref(name) : parameter;
};

/** `A.B.C` is the attribute `B.C` of `A`. */
export const splitAttribute = (argument: unknown): [string, string] => {
  if (Array.isArray(argument)) return [String(argument[0]), argument.slice(1).map(String).join('.')];
  const whole = String(argument);
  const dot = whole.indexOf('.');
  if (dot < 0) throw new Error(`Fn::GetAtt needs <resource>.<attribute>, got ${whole}`);
  return [whole.slice(0, dot), whole.slice(dot + 1)];
};

/** Variables of a Fn::Sub text; `${!Literal}` stays as `${Literal}`. */
export const SUBSTITUTION = /\$\{(!?)([^}]*)\}/g;

const substitute = (argument: unknown, scope: Scope): string => {
  const [template, variables] = Array.isArray(argument)
    ? [argument[0], argument[1] as Record<string, unknown>]
    : [argument, {}];
  return text(template, 'Fn::Sub').replaceAll(SUBSTITUTION, (_whole, literal: string, inner: string) => {
    const name = inner.trim();
    if (literal) return `\${${inner}}`;
    if (name in variables) return text(resolve(variables[name], scope), `Fn::Sub variable ${name}`);
    const value = name.includes('.') ? scope.attribute(...splitAttribute(name)) : ref(name, scope);
    return text(value, `Fn::Sub variable ${name}`);
  });
};

type Intrinsic = (argument: unknown, scope: Scope) => unknown;

const resolveList = (argument: unknown, scope: Scope, what: string) => list(resolve(argument, scope), what);

const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  Ref: (argument, scope) => ref(String(argument), scope),
  Condition: (argument, scope) => scope.condition(String(argument)),
  'Fn::GetAtt': (argument, scope) => {
    const [id, name] = splitAttribute(argument);
    return scope.attribute(id, text(resolve(name, scope), 'Fn::GetAtt'));
  },
  'Fn::Sub': substitute,
  'Fn::Join': (argument, scope) => {
    const [separator, parts] = list(argument, 'Fn::Join');
    return resolveList(parts, scope, 'Fn::Join')
      .map((part) => text(part, 'Fn::Join'))
      .join(String(separator));
  },
  'Fn::Split': (argument, scope) => {
    const [separator, whole] = list(argument, 'Fn::Split');
    return text(resolve(whole, scope), 'Fn::Split').split(String(separator));
  },
  'Fn::Select': (argument, scope) => {
    const [index, items] = list(argument, 'Fn::Select');
    const from = resolveList(items, scope, 'Fn::Select');
    const at = Number(resolve(index, scope));
    if (!(at in from)) throw new Error(`Fn::Select: there is no item ${at} of ${from.length}`);
    return from[at];
  },
  'Fn::If': (argument, scope) => {
    const [condition, yes, no] = list(argument, 'Fn::If');
    return resolve(scope.condition(String(condition)) ? yes : no, scope);
  },
  'Fn::Equals': (argument, scope) => {
    const [left, right] = resolveList(argument, scope, 'Fn::Equals');
    return typeof left === 'object' || typeof right === 'object'
      ? JSON.stringify(left) === JSON.stringify(right)
      : String(left) === String(right);
  },
  'Fn::Not': (argument, scope) => resolveList(argument, scope, 'Fn::Not')[0] !== true,
  'Fn::And': (argument, scope) => resolveList(argument, scope, 'Fn::And').every((part) => part === true),
  'Fn::Or': (argument, scope) => resolveList(argument, scope, 'Fn::Or').some((part) => part === true),
  'Fn::FindInMap': (argument, scope) => {
    const [map, top, second] = resolveList(argument, scope, 'Fn::FindInMap');
    return scope.mapping(String(map), String(top), String(second));
  },
  'Fn::Base64': (argument, scope) => Buffer.from(text(resolve(argument, scope), 'Fn::Base64')).toString('base64'),
  'Fn::ToJsonString': (argument, scope) => JSON.stringify(resolve(argument, scope)),
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The single intrinsic that an object stands for, if it does. An object with more keys is data. */
export const intrinsicOf = (value: Record<string, unknown>): [string, unknown] | undefined => {
  const [[name, argument] = [undefined, undefined], ...more] = Object.entries(value);
  if (name === undefined || more.length > 0) return undefined;
  if (name in INTRINSICS) {
    // An IAM statement has a key Condition of its own, whose value is an object.
    return name === 'Condition' && typeof argument !== 'string' ? undefined : [name, argument];
  }
  if (name.startsWith('Fn::')) throw new Error(`the intrinsic function ${name} is not supported`);
  return undefined;
};

/** The value with every intrinsic function carried out; members and items that are AWS::NoValue are left out. */
export const resolve = (value: unknown, scope: Scope): unknown => {
  if (Array.isArray(value)) return value.map((item) => resolve(item, scope)).filter((item) => item !== NO_VALUE);
  if (!isRecord(value)) return value;
  const intrinsic = intrinsicOf(value);
  if (intrinsic) return INTRINSICS[intrinsic[0]]?.(intrinsic[1], scope);
  const members = Object.entries(value).map(([name, member]) => [name, resolve(member, scope)] as const);
  return Object.fromEntries(members.filter(([, member]) => member !== NO_VALUE));
};

/** Names that a value refers to by Ref, Fn::GetAtt and Fn::Sub; of a Fn::If only in the branch that is taken. */
export const references = (
  value: unknown,
  condition: (name: string) => boolean,
  found = new Set<string>(),
): Set<string> => {
  if (Array.isArray(value)) for (const item of value) references(item, condition, found);
  if (!isRecord(value)) return found;
  const intrinsic = intrinsicOf(value);
  if (!intrinsic) {
    for (const member of Object.values(value)) references(member, condition, found);
    return found;
  }
  const [name, argument] = intrinsic;
  if (name === 'Ref') found.add(String(argument));
  else if (name === 'Fn::GetAtt') found.add(splitAttribute(argument)[0]);
  else if (name === 'Fn::If') {
    const [which, yes, no] = list(argument, 'Fn::If');
    references(condition(String(which)) ? yes : no, condition, found);
  } else if (name === 'Fn::Sub') {
    const [template, variables] = Array.isArray(argument) ? argument : [argument, {}];
    references(variables, condition, found);
    for (const [, literal, inner = ''] of String(template).matchAll(SUBSTITUTION)) {
      const id = inner.trim().split('.')[0];
      if (!literal && id && !(inner.trim() in (variables as object))) found.add(id);
    }
  } else references(argument, condition, found);
  return found;
};
