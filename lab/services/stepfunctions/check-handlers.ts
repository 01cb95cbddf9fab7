import { checkValue } from './check-values.ts';
import { type Findings, isObject } from './diagnostics.ts';
import { CATCHER_FIELDS, type FieldKind, JSONPATH_FIELDS, RETRIER_FIELDS, UNSUPPORTED_FIELDS } from './fields.ts';

/** Unknown fields, JSONPath fields and unsupported ones; then the value of every known one. */
export const checkFields = (
  value: Readonly<Record<string, unknown>>,
  fields: Readonly<Record<string, FieldKind>>,
  location: string,
  findings: Findings,
): void => {
  for (const [field, content] of Object.entries(value)) {
    const at = `${location}/${field}`;
    const kind = fields[field];
    const lacking = UNSUPPORTED_FIELDS[field];
    if (kind) checkValue(kind, content, at, findings);
    else if (lacking) findings.schema(at, `The field '${field}' (${lacking}) is not supported by the lab`);
    else if (JSONPATH_FIELDS.has(field)) {
      findings.schema(at, `The field '${field}' is JSONPath; only QueryLanguage JSONata is supported by the lab`);
    } else findings.schema(at, `The field '${field}' is not supported`);
  }
};

const checkErrorEquals = (value: unknown, isLast: boolean, location: string, findings: Findings): void => {
  const at = `${location}/ErrorEquals`;
  if (!Array.isArray(value) || value.length === 0 || value.some((name) => typeof name !== 'string')) {
    findings.schema(at, 'ErrorEquals has to be a list of one or more error names');
    return;
  }
  if (!value.includes('States.ALL')) return;
  if (value.length > 1) findings.schema(at, 'States.ALL has to stand alone in ErrorEquals');
  if (!isLast) findings.schema(at, 'States.ALL has to be in the last entry');
};

const entries = (value: unknown, location: string, findings: Findings): readonly Record<string, unknown>[] => {
  if (Array.isArray(value) && value.every(isObject)) return value;
  findings.schema(location, 'Expected a list of objects');
  return [];
};

const NUMBERS: Readonly<Record<string, readonly [minimum: number, maximum: number, integer: boolean]>> = {
  IntervalSeconds: [1, 99_999_999, true],
  MaxAttempts: [0, 99_999_999, true],
  BackoffRate: [1, Number.POSITIVE_INFINITY, false],
  MaxDelaySeconds: [1, 31_622_399, true],
};

export const checkRetriers = (value: unknown, location: string, findings: Findings): void => {
  const list = entries(value, location, findings);
  for (const [index, retrier] of list.entries()) {
    const at = `${location}[${index}]`;
    checkFields(retrier, RETRIER_FIELDS, at, findings);
    checkErrorEquals(retrier.ErrorEquals, index === list.length - 1, at, findings);
    for (const [field, [minimum, maximum, integer]] of Object.entries(NUMBERS)) {
      const number = retrier[field];
      if (number === undefined) continue;
      const valid = typeof number === 'number' && number >= minimum && number <= maximum;
      if (!valid || (integer && !Number.isInteger(number))) {
        const range = maximum === Number.POSITIVE_INFINITY ? `${minimum} or more` : `${minimum} to ${maximum}`;
        findings.schema(`${at}/${field}`, `Expected ${integer ? 'an integer' : 'a number'}, ${range}`);
      }
    }
    const jitter = retrier.JitterStrategy;
    if (jitter !== undefined && jitter !== 'FULL' && jitter !== 'NONE') {
      findings.schema(`${at}/JitterStrategy`, 'Expected FULL or NONE');
    }
  }
};

/** Gives the targets, as every other check of transitions does. */
export const checkCatchers = (
  value: unknown,
  location: string,
  findings: Findings,
): readonly (readonly [target: unknown, location: string])[] => {
  const list = entries(value, location, findings);
  return list.map((catcher, index) => {
    const at = `${location}[${index}]`;
    checkFields(catcher, CATCHER_FIELDS, at, findings);
    checkErrorEquals(catcher.ErrorEquals, index === list.length - 1, at, findings);
    return [catcher.Next, `${at}/Next`] as const;
  });
};
