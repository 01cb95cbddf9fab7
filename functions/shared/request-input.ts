import * as z from 'zod';
import { parseDuration } from '#domain/durations.ts';
import { InvalidRequestError } from '#domain/errors.ts';
import { GUARDS } from '#domain/guards.ts';
import { nearest } from '#domain/nearest.ts';
import { notOverridable, OVERRIDABLE_IDS, type OverridableGuard } from '#domain/override.ts';
import { MODES, MOST_NAME, MOST_REASON } from '#domain/request.ts';
import { SEVERITY_LEVELS } from '#domain/severity.ts';

/** Each field's error text is what is allowed there: the refusal says it. */
const reasonText = `a text of 1 to ${MOST_REASON} characters`;
const instantText = 'a time such as 2026-11-23T23:35:07.123Z';
const instant = z.iso.datetime({ error: instantText });
const text = z.string({ error: 'a text' }).min(1, { error: 'a text' });

const fields = {
  plan: text,
  reason: z.string({ error: reasonText }).trim().min(1, { error: reasonText }).max(MOST_REASON, { error: reasonText }),
  mode: z.enum(MODES, { error: '"failover" or "dry-run"' }),
};

const withinText = 'a duration of 2s or more, such as 10m';
const why = z
  .string({ error: reasonText })
  .trim()
  .min(1, { error: reasonText })
  .max(MOST_REASON, { error: reasonText });
const overridesText = `an object such as {"${OVERRIDABLE_IDS[0]}": "why"}`;
const byText = `a name of 1 to ${MOST_NAME} characters`;
/** What a person may ask for beyond what the plan needs. */
const extras = {
  approval: z.literal('required', { error: '"required"' }).exactOptional(),
  decideWithin: z
    .string({ error: withinText })
    .refine((given) => (parseDuration(given) ?? 0) >= 2, { error: withinText })
    .transform((given) => parseDuration(given) ?? 0)
    .exactOptional(),
  severity: z.literal(SEVERITY_LEVELS, { error: SEVERITY_LEVELS.join(', ') }).exactOptional(),
  by: z.string({ error: byText }).trim().min(1, { error: byText }).max(MOST_NAME, { error: byText }).exactOptional(),
  overrides: z
    .strictObject(
      Object.fromEntries(OVERRIDABLE_IDS.map((id) => [id, why.exactOptional()])) as {
        [K in OverridableGuard]: z.ZodExactOptional<typeof why>;
      },
      { error: (issue) => (issue.code === 'invalid_type' ? overridesText : undefined) },
    )
    .exactOptional(),
};

/** What a person types in the Step Functions console. */
const consoleInput = z.strictObject({ ...fields, ...extras }).refine((input) => !input.overrides || input.by, {
  path: ['by'],
  error: `who overrides: ${byText}`,
});

/** What the alarm intake starts. */
const intakeInput = z.strictObject({
  ...fields,
  mode: z.literal('failover', { error: '"failover"' }),
  trigger: z.strictObject({ alarm: text, at: instant }),
  incident: z.strictObject({ id: text, startedAt: instant, detectedAt: instant }),
});

export type ConsoleRequest = z.output<typeof consoleInput>;
export type IntakeRequest = z.output<typeof intakeInput>;

const at = (input: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], input);

const shown = (value: unknown): string =>
  value === undefined ? 'is missing' : `is ${JSON.stringify(value).slice(0, 80)}`;

const line = (input: unknown, issue: z.core.$ZodIssue): string => {
  const where = ['input', ...issue.path.map(String)].join('.');
  if (issue.code !== 'unrecognized_keys') return `${where} ${shown(at(input, issue.path))}; allowed: ${issue.message}`;
  if (issue.path[0] === 'overrides') {
    const guards = GUARDS.map(({ id }) => id);
    return issue.keys.map((key) => `${where}: ${notOverridable(key, guards)}`).join('; ');
  }
  const allowed = Object.keys({ ...fields, ...extras });
  const unknown = issue.keys.map((key) => {
    const meant = nearest(key, allowed);
    return meant === null ? key : `${key} (${meant}?)`;
  });
  return `${where} has unknown keys: ${unknown.join(', ')}; allowed: ${allowed.join(', ')}`;
};

/** Parses the input of an execution, or throws InvalidRequestError: one line that says what is wrong, where, and what is allowed. */
export const parseRequestInput = (input: unknown): ConsoleRequest | IntakeRequest => {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new InvalidRequestError(
      `input ${shown(input)}; allowed: {"plan": "...", "reason": "...", "mode": "failover"}`,
    );
  }
  const schema = 'trigger' in input || 'incident' in input ? intakeInput : consoleInput;
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw new InvalidRequestError(result.error.issues.map((issue) => line(input, issue)).join('; '));
};
