import type { Properties } from '#lab/stack/deploy.ts';

/** CloudFormation takes numbers as text too, and parameters always come as text. */
export const withNumbers = (properties: Properties, names: readonly string[]): Properties => {
  const changed = names
    .filter((name) => typeof properties[name] === 'string')
    .map((name) => [name, Number(properties[name])]);
  return { ...properties, ...Object.fromEntries(changed) };
};

export const isTrue = (value: unknown): boolean => value === true || value === 'true';

/** Documents may be given as text or as an object; the API takes text. */
export const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Throws when a property that the lab needs is missing. */
export const needed = (properties: Properties, name: string): string => {
  const value = properties[name];
  if (typeof value !== 'string' || value === '') throw new Error(`the property ${name} is missing`);
  return value;
};
