import type { Diagnostic } from './diagnostics.ts';
import { isObject } from './diagnostics.ts';

type Validator = (
  definition: unknown,
  options: { checkPaths: boolean; checkArn: boolean },
) => {
  isValid: boolean;
  errors: readonly { 'Error code': string; Message: string }[];
};

/** Loaded when the first definition is checked: its schemas take longer to compile than the rest of the service to load. */
let loaded: Promise<Validator> | undefined;
const load = (): Promise<Validator> => {
  // The package has no types; a name in a variable keeps the compiler from looking for them.
  const name = 'asl-validator';
  loaded ??= import(name).then((module: { default: Validator }) => module.default);
  return loaded;
};

/**
 * asl-validator 4.0.0 takes no Output that is neither an object nor an expression, which AWS does; and it fills in
 * QueryLanguage in place. It gets a copy in which such an Output is an expression.
 */
const prepared = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(prepared);
  if (!isObject(value)) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) copy[key] = key === 'Output' ? '{% 1 %}' : prepared(item);
  return copy;
};

/** What asl-validator finds in a definition that the service's own checks have accepted. */
export const secondOpinion = async (definition: unknown): Promise<readonly Diagnostic[]> => {
  const validator = await load();
  const { errors } = validator(prepared(definition), { checkPaths: false, checkArn: false });
  return errors.map((error) => ({
    severity: 'ERROR' as const,
    code: error['Error code'],
    message: error.Message,
    location: '/',
  }));
};
