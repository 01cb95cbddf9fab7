import type * as z from 'zod';
import { nearest } from '#domain/nearest.ts';
import { type Plan, planSchema, planShape } from '#domain/plan.ts';
import { PLAN_RULES } from '#domain/plan-rules.ts';

/** A finding before it has a file and a line: `path` leads to the value, or to the unknown key when `atKey`. */
export interface PlanIssue {
  readonly level: 'error' | 'warning';
  readonly path: readonly PropertyKey[];
  readonly atKey: boolean;
  readonly wrong: string;
  readonly allowed: string;
}

const valueAt = (data: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    data,
  );

/** The value in a few words: short ones whole, long ones cut, collections by their kind. */
const sayValue = (value: unknown): string => {
  if (value === undefined) return 'is missing';
  if (value === null) return 'is empty';
  if (Array.isArray(value)) return value.length === 0 ? 'is an empty list' : `is a list of ${value.length}`;
  if (typeof value === 'object') return 'is a mapping of keys';
  const said = JSON.stringify(value);
  return `is ${said.length > 80 ? `${said.slice(0, 77)}..."` : said}`;
};

const KINDS: Readonly<Record<string, string>> = {
  object: 'a mapping of keys',
  array: 'a list',
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
};

/** What is allowed, for schemas that carry no message of their own. */
const allowedBy = (issue: z.core.$ZodRawIssue): string | undefined => {
  switch (issue.code) {
    case 'invalid_type':
      return KINDS[String(issue.expected)] ?? String(issue.expected);
    case 'invalid_value':
      return Array.isArray(issue.values) ? issue.values.map(String).join(', ') : undefined;
    default:
      return undefined;
  }
};

const fromZod = (issue: z.core.$ZodIssue, data: unknown): readonly PlanIssue[] => {
  if (issue.code !== 'unrecognized_keys') {
    const wrong = sayValue(valueAt(data, issue.path));
    return [{ level: 'error', path: issue.path, atKey: false, wrong, allowed: issue.message }];
  }
  const known = issue.message.split(', ');
  return issue.keys.map((key) => {
    const guess = nearest(key, known);
    return {
      level: 'error',
      path: [...issue.path, key],
      atKey: true,
      wrong: guess === null ? 'is an unknown key' : `is an unknown key: did you mean ${guess}?`,
      allowed: issue.message,
    };
  });
};

/** The sections that are well formed each for itself. */
const soundSections = (data: unknown): Partial<Plan> =>
  Object.fromEntries(
    Object.entries(planShape).flatMap(([name, schema]) => {
      const parsed = schema.safeParse(valueAt(data, [name]));
      return parsed.success ? [[name, parsed.data]] : [];
    }),
  );

/** Breaches of the rules over several values, wherever the sections that a rule needs are sound. */
const brokenRules = (sections: Partial<Plan>, today: string | null): readonly PlanIssue[] =>
  PLAN_RULES.filter(({ needs }) => needs.every((name) => sections[name] !== undefined)).flatMap(({ check }) =>
    check(sections as Plan, today).map(({ level, path, wrong, allowed }) => ({
      level: level ?? ('error' as const),
      path,
      atKey: false,
      wrong,
      allowed,
    })),
  );

/**
 * Checks what a plan file holds, already read from YAML or JSON: every finding at once. With `plan`, the issues are warnings only.
 * `today` as YYYY-MM-DD; null: nothing is checked against the calendar.
 */
export const checkPlanData = (
  data: unknown,
  today: string | null = null,
): { readonly plan: Plan | null; readonly issues: readonly PlanIssue[] } => {
  const parsed = planSchema.safeParse(data, { error: allowedBy });
  const shape = parsed.success ? [] : parsed.error.issues.flatMap((issue) => fromZod(issue, data));
  const issues = [...shape, ...brokenRules(parsed.success ? parsed.data : soundSections(data), today)];
  const sound = parsed.success && issues.every(({ level }) => level === 'warning');
  return { plan: sound ? parsed.data : null, issues };
};
