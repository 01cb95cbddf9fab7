/**
 * Event patterns of event source mappings, the EventBridge subset that they allow.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
 */
type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

const compare: Record<string, (a: number, b: number) => boolean> = {
  '=': (a, b) => a === b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

const matchesNumeric = (tests: Json[], value: Json | undefined): boolean => {
  if (typeof value !== 'number') return false;
  for (let index = 0; index < tests.length; index += 2) {
    const test = compare[String(tests[index])];
    if (!test?.(value, Number(tests[index + 1]))) return false;
  }
  return true;
};

const matchesRule = (rule: Json, value: Json | undefined): boolean => {
  if (rule === null || typeof rule !== 'object') return rule === value;
  if (Array.isArray(rule)) return false;
  return Object.entries(rule).every(([kind, argument]) => {
    switch (kind) {
      case 'exists':
        return (value !== undefined) === argument;
      case 'prefix':
        return typeof value === 'string' && value.startsWith(String(argument));
      case 'suffix':
        return typeof value === 'string' && value.endsWith(String(argument));
      case 'equals-ignore-case':
        return typeof value === 'string' && value.toLowerCase() === String(argument).toLowerCase();
      case 'anything-but':
        return (
          value !== undefined &&
          !(Array.isArray(argument) ? argument : [argument]).some((entry) => matchesRule(entry, value))
        );
      case 'numeric':
        return Array.isArray(argument) && matchesNumeric(argument, value);
      default:
        throw new Error(`event filter: comparison operator ${kind} is not supported`);
    }
  });
};

const matchesPattern = (pattern: Json, event: Json | undefined): boolean => {
  if (Array.isArray(pattern)) {
    const values = Array.isArray(event) ? event : [event];
    return pattern.some((rule) => values.some((value) => matchesRule(rule, value)));
  }
  if (pattern === null || typeof pattern !== 'object') throw new Error('event filter: a leaf must be an array');
  return Object.entries(pattern).every(([key, part]) => {
    if (key === '$or' && Array.isArray(part)) return part.some((branch) => matchesPattern(branch, event));
    const inner = event !== null && typeof event === 'object' && !Array.isArray(event) ? event[key] : undefined;
    return matchesPattern(part, inner);
  });
};

/** True when one of the patterns (JSON texts) matches, or when there is none. Throws on a pattern that is not supported. */
export const passesFilters = (
  filters: readonly { readonly Pattern?: string }[] | undefined,
  event: object,
): boolean => {
  if (!filters || filters.length === 0) return true;
  return filters.some(({ Pattern }) => Pattern === undefined || matchesPattern(JSON.parse(Pattern), event as Json));
};
