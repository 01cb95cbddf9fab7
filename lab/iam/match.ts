/** Wildcards of policies: `*` is any number of characters, `?` is one. */

const compiled = new Map<string, RegExp>();

const expression = (source: string, flags = ''): RegExp => {
  const key = `${flags}/${source}`;
  const known = compiled.get(key);
  if (known) return known;
  const made = new RegExp(`^${source}$`, `s${flags}`);
  compiled.set(key, made);
  return made;
};

const escaped = (text: string): string => text.replace(/[\\^$.|+()[\]{}]/g, '\\$&');

/** Wildcards that know no segments, case told apart: StringLike. */
export const isLike = (pattern: string, text: string): boolean =>
  expression(escaped(pattern).replaceAll('*', '.*').replaceAll('?', '.')).test(text);

/** Actions do not tell case apart. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html */
export const isAction = (pattern: string, action: string): boolean =>
  expression(escaped(pattern).replaceAll('*', '.*').replaceAll('?', '.'), 'i').test(action);

/**
 * A resource in a statement. A wildcard stays inside its segment, but for a `*` at the end of one, which reaches beyond the colons.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html#reference_policies_elements_resource_wildcards
 */
export const isResource = (pattern: string, resource: string): boolean => {
  if (pattern === '*') return true;
  const source = escaped(pattern)
    .replace(/\*+(?=:|$)/g, '\u0000')
    .replaceAll('*', '[^:]*')
    .replaceAll('?', '[^:]')
    .replaceAll('\u0000', '.*');
  return expression(source).test(resource);
};

/** The six parts of an ARN; the last may have colons of its own. */
const partsOf = (arn: string): readonly string[] => {
  const all = arn.split(':');
  return [...all.slice(0, 5), all.slice(5).join(':')];
};

/**
 * ArnEquals and ArnLike are the same: each of the six parts is compared by itself.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
 */
export const isArn = (pattern: string, arn: string): boolean => {
  if (pattern.split(':').length < 6 || arn.split(':').length < 6) return false;
  const given = partsOf(arn);
  return partsOf(pattern).every((part, index) => isLike(part, given[index] ?? ''));
};
