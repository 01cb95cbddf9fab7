/**
 * Event patterns: docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html.
 * A pattern is an object of fields; each leaf is an array of alternatives: literals or operators.
 */

type Json = unknown;

const isObject = (value: Json): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const wildcard = (text: string, pattern: string): boolean => {
  // `\*` is a literal star, `\\` a literal backslash.
  const source = pattern.replace(/\\[*\\]|\*|[.+?^${}()|[\]\\]/g, (part) =>
    part === '*' ? '.*' : part.length === 2 ? `\\${part[1]}` : `\\${part}`,
  );
  return new RegExp(`^${source}$`, 's').test(text);
};

const COMPARE: Record<string, (a: number, b: number) => boolean> = {
  '=': (a, b) => a === b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

const numeric = (value: Json, terms: readonly Json[]): boolean => {
  if (typeof value !== 'number') return false;
  for (let i = 0; i < terms.length; i += 2) {
    const compare = COMPARE[String(terms[i])];
    if (!compare?.(value, Number(terms[i + 1]))) return false;
  }
  return true;
};

const ipToNumber = (ip: string): number | undefined => {
  const parts = ip.split('.').map(Number);
  if (parts.length !== 4 || parts.some((part) => !(part >= 0 && part <= 255))) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
};

const cidr = (value: Json, block: string): boolean => {
  const [base = '', bits = '32'] = block.split('/');
  const [ip, network] = [ipToNumber(String(value)), ipToNumber(base)];
  const size = 2 ** (32 - Number(bits));
  return ip !== undefined && network !== undefined && Math.floor(ip / size) === Math.floor(network / size);
};

const affix = (value: Json, wanted: Json, test: (text: string, part: string) => boolean): boolean => {
  if (typeof value !== 'string') return false;
  const ignored = isObject(wanted) ? wanted['equals-ignore-case'] : undefined;
  if (ignored !== undefined) return test(value.toLowerCase(), String(ignored).toLowerCase());
  return test(value, String(wanted));
};

const anythingBut = (value: Json, but: Json): boolean => {
  if (isObject(but)) {
    const [operator = '', operand] = Object.entries(but)[0] ?? [];
    const operands = Array.isArray(operand) ? operand : [operand];
    return operands.every((one) => !operation(value, operator, one));
  }
  return !(Array.isArray(but) ? but : [but]).includes(value as never);
};

const operation = (value: Json, operator: string, operand: Json): boolean => {
  switch (operator) {
    case 'prefix':
      return affix(value, operand, (text, part) => text.startsWith(part));
    case 'suffix':
      return affix(value, operand, (text, part) => text.endsWith(part));
    case 'wildcard':
      return typeof value === 'string' && wildcard(value, String(operand));
    case 'equals-ignore-case':
      return typeof value === 'string' && value.toLowerCase() === String(operand).toLowerCase();
    case 'numeric':
      return numeric(value, operand as Json[]);
    case 'cidr':
      return cidr(value, String(operand));
    case 'anything-but':
      return anythingBut(value, operand);
    default:
      throw new SyntaxError(`event pattern: ${operator} is not an operator`);
  }
};

/** One alternative of a leaf against a field that may be absent, a value, or an array of values (any of them may match). */
const alternative = (wanted: Json, value: Json): boolean => {
  if (isObject(wanted)) {
    const [operator = '', operand] = Object.entries(wanted)[0] ?? [];
    if (operator === 'exists') return operand === (value !== undefined);
    if (value === undefined) return false;
    if (operator === 'anything-but' && Array.isArray(value))
      return value.some((one) => operation(one, operator, operand));
    return Array.isArray(value)
      ? value.some((one) => operation(one, operator, operand))
      : operation(value, operator, operand);
  }
  return Array.isArray(value) ? value.includes(wanted as never) : value === wanted;
};

export const matchesPattern = (pattern: Json, event: Json): boolean => {
  if (!isObject(pattern)) return false;
  return Object.entries(pattern).every(([key, wanted]) => {
    if (key === '$or') return (wanted as Json[]).some((one) => matchesPattern(one, event));
    const value = isObject(event) ? event[key] : undefined;
    if (Array.isArray(wanted)) return wanted.some((one) => alternative(one, value));
    if (Array.isArray(value)) return value.some((one) => matchesPattern(wanted, one));
    return matchesPattern(wanted, value ?? {});
  });
};

/** Throws what is wrong with one alternative of a leaf; its operand is tried on a text and on a number. */
const checkAlternative = (one: Json): void => {
  if (isObject(one) && 'numeric' in one) {
    const terms = one.numeric;
    const isRight =
      Array.isArray(terms) &&
      terms.length > 0 &&
      terms.length % 2 === 0 &&
      terms.every((term, i) => (i % 2 === 0 ? String(term) in COMPARE : typeof term === 'number'));
    if (!isRight) throw new SyntaxError('numeric takes pairs of =, <, <=, >, >= and a number');
  }
  for (const probe of ['probe', 0]) alternative(one, probe);
};

/** Why this is no pattern, or undefined. */
export const patternProblem = (pattern: Json): string | undefined => {
  if (!isObject(pattern) || Object.keys(pattern).length === 0)
    return 'Event pattern is not valid. Reason: an object with at least one field is expected';
  for (const [key, wanted] of Object.entries(pattern)) {
    if (key === '$or') continue;
    if (Array.isArray(wanted)) {
      if (wanted.length === 0) return `Event pattern is not valid. Reason: Empty arrays are not allowed (${key})`;
      try {
        for (const one of wanted) checkAlternative(one);
      } catch (error) {
        return `Event pattern is not valid. Reason: ${(error as Error).message}`;
      }
    } else if (isObject(wanted)) {
      const problem = patternProblem(wanted);
      if (problem) return problem;
    } else return `Event pattern is not valid. Reason: "${key}" must be an object or an array`;
  }
  return undefined;
};
