import type { Instant } from '#domain/side.ts';

const PATTERN = /^INC-(\d{4})-(\d{2})(\d{2})-(\d{3,6})$/;

/** The UTC day that an instant is in: `2026-11-23`. Incidents count up per plan and day. */
export const dayOf = (at: Instant): string => at.slice(0, 10);

/** `INC-2026-1123-001` (plan, "Initial Incident Notification"). `number` counts from 1 within the day. Throws RangeError. */
export const incidentId = (day: string, number: number): string => {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  if (!match) throw new RangeError(`${day} is not a day as YYYY-MM-DD`);
  if (!Number.isInteger(number) || number < 1 || number > 999_999)
    throw new RangeError(`${number} is not the number of an incident`);
  return `INC-${match[1]}-${match[2]}${match[3]}-${String(number).padStart(3, '0')}`;
};

/** Day and number of an incident id; null when the text is none. */
export const parseIncidentId = (id: string): { readonly day: string; readonly number: number } | null => {
  const match = PATTERN.exec(id);
  if (!match) return null;
  const number = Number(match[4]);
  return number < 1 ? null : { day: `${match[1]}-${match[2]}-${match[3]}`, number };
};

/** Earlier incident first. Text order holds up to 999 a day; this holds always. Ids that are none come last. */
export const compareIncidentIds = (a: string, b: string): number => {
  const [one, other] = [parseIncidentId(a), parseIncidentId(b)];
  if (!one || !other) return Number(!one) - Number(!other);
  return one.day === other.day ? one.number - other.number : one.day < other.day ? -1 : 1;
};
