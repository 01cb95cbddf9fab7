import type { WaitState } from './definition.ts';
import { evaluateAs, isCount, isString, QueryError } from './evaluate.ts';
import { type Run, siteOf, type Thread, type Visit } from './run.ts';
import { pause } from './timing.ts';

/** RFC 3339 with a capital T and a zone, as AWS parses Timestamp. */
const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

/** Declared seconds that the state waits; a time that has passed is 0. */
const declaredSeconds = async (run: Run, thread: Thread, visit: Visit, state: WaitState): Promise<number> => {
  const site = siteOf(run, thread, visit);
  if (state.Seconds !== undefined) {
    return evaluateAs(state.Seconds, 'Seconds', site, 'non-negative integer', isCount);
  }
  const text = await evaluateAs(state.Timestamp ?? null, 'Timestamp', site, 'string', isString);
  const at = TIMESTAMP.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) {
    const detail = `The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${text}`;
    throw new QueryError(site, detail, 'Timestamp', false);
  }
  return Math.max(0, at - Date.now()) / 1000;
};

/** Both forms run at the lab's time scale: a moment 60 s from now comes after 60 declared seconds. */
export const wait = async (run: Run, thread: Thread, visit: Visit, state: WaitState): Promise<void> => {
  const seconds = await declaredSeconds(run, thread, visit, state);
  if (seconds > 0) await pause(run.engine.time.ms(seconds), thread.signal);
};
