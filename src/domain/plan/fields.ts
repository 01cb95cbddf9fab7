import * as z from 'zod';
import { DURATION_PATTERN, parseDuration } from '#domain/durations.ts';

/*
 * The building blocks of the plan's schema. Convention: the message of every schema says what is ALLOWED; plan-check.ts looks up
 * the value and says what is wrong with it.
 */

/** An object that takes its keys and no others. The message of an unknown key is the list of the known ones. */
export const section = <const S extends z.core.$ZodShape>(shape: S) =>
  z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? Object.keys(shape).join(', ') : undefined),
  });

type InSeconds<T, K extends PropertyKey> = {
  [P in keyof T as P extends K & string ? `${P}Seconds` : P]: T[P];
};

/** `{ rto: 14400 }` -> `{ rtoSeconds: 14400 }` for the named keys, so that the parsed plan carries its units. */
export const inSeconds =
  <K extends string>(...keys: readonly K[]) =>
  <T extends object>(value: T): InSeconds<T, K> =>
    Object.fromEntries(
      Object.entries(value).map(([key, item]) => [keys.some((known) => known === key) ? `${key}Seconds` : key, item]),
    ) as InSeconds<T, K>;

const durationText = 'a duration longer than nothing, such as 30s, 15m, 4h, 1d or 1h30m';

/** `4h` -> 14400. Longer than nothing. */
export const duration = z
  .string({ error: durationText })
  .regex(DURATION_PATTERN, { error: durationText, abort: true })
  .transform((text) => parseDuration(text) ?? 0)
  .refine((seconds) => seconds > 0, { error: durationText })
  .meta({ description: durationText });

/** As `duration`, but `0s` is one too: the start of a window. */
export const durationFromZero = z
  .string({ error: 'a duration such as 0s, 15m or 4h' })
  .regex(DURATION_PATTERN, { error: 'a duration such as 0s, 15m or 4h', abort: true })
  .transform((text) => parseDuration(text) ?? 0);

/** Text of at least one character that is not a blank. */
export const text = z.string({ error: 'a text' }).regex(/\S/, { error: 'a text that is not empty' });

export const texts = z.array(text, { error: 'a list of texts' }).min(1, { error: 'a list of at least one text' });

const idText = 'an id: a small letter, then up to 62 small letters, digits or hyphens';
export const id = z
  .string({ error: idText })
  .regex(/^[a-z][a-z0-9-]{0,62}$/, { error: idText })
  .meta({ description: idText });

const regionText = 'an AWS region such as us-west-2';
export const region = z
  .string({ error: regionText })
  .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, { error: regionText })
  .meta({ description: regionText });

const hostText = 'a host name such as api.example.com (no scheme, no port)';
export const host = z
  .string({ error: hostText })
  .max(253, { error: hostText })
  .regex(/^(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))+$/, { error: hostText });

const pathText = 'a path that begins with a slash, such as /health';
export const urlPath = z
  .string({ error: pathText })
  .regex(/^\/[\x21-\x7e]*$/, { error: pathText })
  .meta({ description: pathText });

const dateText = 'a date as YYYY-MM-DD';
/** A date that the calendar has: `2026-02-30` is none. */
export const date = z.iso.date({ error: dateText }).meta({ description: dateText });

const emailText = 'an e-mail address such as jane@example.com';
export const email = z.email({ error: emailText });

export const whole = (least: number, most: number, what = 'a whole number') => {
  const error = `${what} from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
};

export const money = z
  .number({ error: 'an amount of money, 0 or more' })
  .min(0, { error: 'an amount of money, 0 or more' });

/** The same thing in both regions. */
export const bothSides = <T extends z.ZodType>(item: T) => section({ primary: item, standby: item });

/** One of the words. */
export const oneOf = <const T extends readonly string[]>(...words: T) => z.enum(words, { error: words.join(', ') });

export const listOf = <T extends z.ZodType>(item: T, what: string) =>
  z.array(item, { error: `a list of ${what}` }).min(1, { error: `a list of at least one of ${what}` });

const phoneText = 'a phone number such as +1-555-0101 (letters of a keypad are fine), in quotes or not';
export const phone = z
  .string({ error: phoneText })
  .regex(/^\+?[0-9A-Z][0-9A-Z ()-]{4,30}$/, { error: phoneText })
  .meta({ description: phoneText });

export const FREQUENCIES = ['weekly', 'monthly', 'quarterly', 'annual'] as const;
export const frequency = oneOf(...FREQUENCIES);

const instantText = 'a time in UTC as 2026-11-23T09:00:00Z, in quotes';
export const instant = z.iso.datetime({ error: instantText }).meta({ description: instantText });
