/** One property that is not as the template says. */
export interface Difference {
  readonly path: string;
  readonly wanted: unknown;
  readonly actual: unknown;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What only CloudFormation can resolve: `{ Ref }`, `{ Fn::GetAtt }`, and text with a placeholder in it. */
const isReference = (value: unknown): boolean =>
  (isRecord(value) &&
    Object.keys(value).length === 1 &&
    /^(Ref|Condition|Fn::\w+)$/.test(Object.keys(value)[0] ?? '')) ||
  (typeof value === 'string' && value.includes('${'));

/** Numbers and booleans of a template may be text. */
const same = (wanted: unknown, actual: unknown): boolean => String(wanted) === String(actual);

/**
 * Where `actual` is not what the template says. Only what the template says is looked at: services add defaults of their own. References are
 * passed over. A list is compared item by item and by its length.
 */
export const differences = (wanted: unknown, actual: unknown, path = ''): readonly Difference[] => {
  if (wanted === undefined || isReference(wanted)) return [];
  const at = (key: string | number) => (path === '' ? String(key) : `${path}.${key}`);
  if (Array.isArray(wanted)) {
    if (!Array.isArray(actual) || actual.length !== wanted.length) return [{ path, wanted, actual }];
    return wanted.flatMap((item, index) => differences(item, actual[index], at(index)));
  }
  if (isRecord(wanted)) {
    if (!isRecord(actual)) return [{ path, wanted, actual }];
    return Object.entries(wanted).flatMap(([key, value]) => differences(value, actual[key], at(key)));
  }
  return same(wanted, actual) ? [] : [{ path, wanted, actual }];
};
