import { MOST_NAME, MOST_REASON } from '#domain/request.ts';
import { UsageError } from './exit.ts';

/** A text of a person as it will stand in the record. Throws UsageError when it says nothing, or is longer than what a request takes. */
const said = (option: string, text: string, what: string, most: number): string => {
  const trimmed = text.trim();
  if (trimmed === '') throw new UsageError(`${option} must say ${what}: it stands in the record`);
  if (trimmed.length <= most) return trimmed;
  throw new UsageError(`${option} must be ${most} characters at most, got ${trimmed.length}`);
};

/** Who orders something, and why. Throws UsageError when one of them says nothing, or too much. */
export const personsWord = (options: { readonly reason: string; readonly as: string }, does = 'orders') => ({
  reason: said('--reason', options.reason, 'why', MOST_REASON),
  by: said('--as', options.as, `who ${does} it`, MOST_NAME),
});
