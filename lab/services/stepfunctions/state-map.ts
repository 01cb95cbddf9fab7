import type { Json, MapState } from './definition.ts';
import { Halted } from './errors.ts';
import { evaluate, evaluateAs, isArray, isCount, QueryError } from './evaluate.ts';
import { fork } from './fork.ts';
import { type Checkpoint, type Descend, type Run, record, siteOf, type Thread, type Visit } from './run.ts';

/** An inline Map never runs more iterations at once (https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html). */
const MAX_CONCURRENCY = 40;

const itemsOf = async (run: Run, thread: Thread, visit: Visit, state: MapState): Promise<Json[]> => {
  const site = siteOf(run, thread, visit);
  if (state.Items !== undefined) return evaluateAs(state.Items, 'Items', site, 'array', isArray);
  if (isArray(visit.input)) return visit.input;
  throw new QueryError(site, `Map state input must be an array but was: ${JSON.stringify(visit.input)}`);
};

const concurrencyOf = async (run: Run, thread: Thread, visit: Visit, state: MapState): Promise<number> => {
  const site = siteOf(run, thread, visit);
  const limit = await evaluateAs(state.MaxConcurrency ?? 0, 'MaxConcurrency', site, 'non-negative integer', isCount);
  return limit === 0 ? MAX_CONCURRENCY : Math.min(limit, MAX_CONCURRENCY);
};

/** One iteration in a thread of its own, framed by its events. */
const iterate = async (
  run: Run,
  visit: Visit,
  state: MapState,
  thread: Thread,
  item: { Index: number; Value: Json },
  descend: Descend,
  from: Checkpoint | undefined,
): Promise<{ output: Json; succeeded: number }> => {
  const details = { index: item.Index, name: visit.name };
  if (!from) record(run, thread, 'MapIterationStarted', { mapIterationStartedEventDetails: details });
  try {
    const input =
      state.ItemSelector === undefined
        ? item.Value
        : await evaluate(state.ItemSelector, 'ItemSelector', siteOf(run, thread, visit));
    const output = await descend(run, state.ItemProcessor, input, thread, from);
    const succeeded = run.history.add('MapIterationSucceeded', thread.previous, {
      mapIterationSucceededEventDetails: details,
    });
    return { output, succeeded };
  } catch (error) {
    if (error instanceof Halted) {
      if (error.scope === 'sibling') {
        run.history.add('MapIterationAborted', error.after, { mapIterationAbortedEventDetails: details });
      }
    } else run.history.add('MapIterationFailed', thread.previous, { mapIterationFailedEventDetails: details });
    throw error;
  }
};

/** The outputs of the iterations, in the order of the items. */
export const performMap = async (
  run: Run,
  thread: Thread,
  visit: Visit,
  state: MapState,
  descend: Descend,
): Promise<Json> => {
  const items = await itemsOf(run, thread, visit, state);
  const concurrency = await concurrencyOf(run, thread, visit, state);
  if (!visit.redriven)
    record(run, thread, 'MapStateStarted', { mapStateStartedEventDetails: { length: items.length } });
  const results = await fork(thread, visit, items.length, concurrency, (index, child, from) => {
    const item = { Index: index, Value: items[index] ?? null };
    child.map = { Item: item };
    return iterate(run, visit, state, child, item, descend, from);
  });
  // As on AWS, the event after this one follows the last iteration as well, not this one.
  thread.previous = results.reduce((last, { succeeded }) => Math.max(last, succeeded), thread.previous);
  run.history.add('MapStateSucceeded', thread.previous);
  return results.map(({ output }) => output);
};
