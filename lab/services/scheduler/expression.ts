/**
 * Schedule expressions `rate(5 minutes)`, `cron(0 2 * * ? *)` (UTC) and `at(2026-01-02T03:04:05)`:
 * docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html. Their time runs `scale` times faster in the lab,
 * counted from the moment the schedule was made.
 */
import { type LabTime, ServiceFault } from '#lab/contract.ts';

export type Expression =
  | { readonly kind: 'rate'; readonly seconds: number }
  | { readonly kind: 'at'; readonly at: number }
  | { readonly kind: 'cron'; readonly fields: Cron };

interface Cron {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number> | undefined;
  readonly months: ReadonlySet<number>;
  /** 1 is Sunday; undefined where the expression says `?`. */
  readonly weekdays: ReadonlySet<number> | undefined;
  readonly years: ReadonlySet<number>;
  /** `L`: the last day of the month. */
  readonly isLastDay: boolean;
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

const invalid = (text: string): ServiceFault =>
  new ServiceFault('ValidationException', `Invalid Schedule Expression ${text}.`);

/** `*`, `5`, `1-5`, `0/15`, `MON-FRI`, and lists of these. */
const field = (text: string, low: number, high: number, names: readonly string[] = []): ReadonlySet<number> => {
  const number = (part: string): number => {
    const named = names.indexOf(part.toUpperCase());
    const value = named >= 0 ? named + 1 : Number(part);
    if (!Number.isInteger(value) || value < low || value > high) throw new RangeError(part);
    return value;
  };
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const [range = '', step] = part.split('/');
    const [from = '', to] = range.split('-');
    const first = range === '*' || range === '?' ? low : number(from);
    const last =
      range === '*' || range === '?' ? high : to !== undefined ? number(to) : step !== undefined ? high : first;
    const by = step === undefined ? 1 : Number(step);
    if (!(by >= 1) || last < first) throw new RangeError(part);
    for (let value = first; value <= last; value += by) values.add(value);
  }
  return values;
};

const parseCron = (text: string): Cron => {
  const [minutes, hours, days, months, weekdays, years, ...more] = text.trim().split(/\s+/);
  if (!minutes || !hours || !days || !months || !weekdays || !years || more.length > 0)
    throw new RangeError('six fields');
  if ((days === '?') === (weekdays === '?')) throw new RangeError('one of day of month and day of week must be ?');
  return {
    minutes: field(minutes, 0, 59),
    hours: field(hours, 0, 23),
    days: days === '?' || days === 'L' ? undefined : field(days, 1, 31),
    months: field(months, 1, 12, MONTHS),
    weekdays: weekdays === '?' ? undefined : field(weekdays, 1, 7, WEEKDAYS),
    years: field(years, 1970, 2199),
    isLastDay: days === 'L',
  };
};

const UNITS: Record<string, number> = { second: 1, minute: 60, hour: 3_600, day: 86_400 };

export const parseExpression = (text: string): Expression => {
  const [, kind, inside = ''] = /^(rate|cron|at)\((.*)\)$/.exec(text.trim()) ?? [];
  if (kind === 'rate') {
    const [, count, unit = ''] = /^(\d+) (minute|hour|day)s?$/.exec(inside.trim()) ?? [];
    const seconds = Number(count) * (UNITS[unit] ?? Number.NaN);
    if (!(seconds > 0)) throw invalid(text);
    return { kind, seconds };
  }
  if (kind === 'at') {
    const at = Date.parse(`${inside.trim()}Z`);
    if (Number.isNaN(at)) throw invalid(text);
    return { kind, at };
  }
  if (kind !== 'cron') throw invalid(text);
  try {
    return { kind, fields: parseCron(inside) };
  } catch {
    throw invalid(text);
  }
};

const DAY_MS = 86_400_000;
const HORIZON_DAYS = 366 * 8;

const isDay = (cron: Cron, day: Date): boolean => {
  if (!cron.years.has(day.getUTCFullYear()) || !cron.months.has(day.getUTCMonth() + 1)) return false;
  if (cron.isLastDay) return new Date(day.getTime() + DAY_MS).getUTCDate() === 1;
  return cron.days ? cron.days.has(day.getUTCDate()) : (cron.weekdays?.has(day.getUTCDay() + 1) ?? true);
};

/** The first time after `after` (ms since the epoch) that the expression names, or undefined. */
export const nextTime = (expression: Expression, after: number, anchor: number): number | undefined => {
  if (expression.kind === 'at') return expression.at > after ? expression.at : undefined;
  if (expression.kind === 'rate') {
    const step = expression.seconds * 1000;
    return anchor + (Math.floor((after - anchor) / step) + 1) * step;
  }
  const cron = expression.fields;
  const firstDay = Math.floor(after / DAY_MS) * DAY_MS;
  for (let n = 0; n < HORIZON_DAYS; n += 1) {
    const day = firstDay + n * DAY_MS;
    if (!isDay(cron, new Date(day))) continue;
    for (const hour of [...cron.hours].sort((a, b) => a - b)) {
      for (const minute of [...cron.minutes].sort((a, b) => a - b)) {
        const at = day + (hour * 60 + minute) * 60_000;
        if (at > after) return at;
      }
    }
  }
  return undefined;
};

export interface Repetition {
  stop(): void;
}

/** Node's timers take no more than this; longer waits are cut. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Runs `run` at each time of the expression until stopped. Times that passed while the process stood still are run once. */
export const repeat = (options: {
  readonly expression: Expression;
  readonly time: LabTime;
  readonly now: () => number;
  /** A rate schedule of EventBridge Scheduler runs when it is made, a rule one interval later. */
  readonly isFirstAtOnce: boolean;
  readonly run: () => void;
}): Repetition => {
  const { expression, time, now, isFirstAtOnce, run } = options;
  const anchor = now();
  const toReal = (declared: number): number => anchor + time.ms((declared - anchor) / 1000);
  const declaredNow = (): number => anchor + (now() - anchor) * time.scale;
  let timer: NodeJS.Timeout | undefined;

  const arm = (declared: number | undefined): void => {
    if (declared === undefined) return;
    const wait = Math.max(0, toReal(declared) - now());
    timer = setTimeout(
      () => {
        if (wait > MAX_TIMER_MS) return arm(declared);
        run();
        arm(nextTime(expression, Math.max(declared, declaredNow()), anchor));
      },
      Math.min(wait, MAX_TIMER_MS),
    );
    timer.unref();
  };

  if (isFirstAtOnce && expression.kind === 'rate') arm(anchor);
  // A past `at` runs at once, as on AWS within its first minute.
  else if (expression.kind === 'at' && expression.at <= anchor) arm(anchor);
  else arm(nextTime(expression, anchor, anchor));
  return { stop: () => clearTimeout(timer) };
};
