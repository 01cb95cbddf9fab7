import type { Json, TaskState } from './definition.ts';
import { StateError, taskTimeout } from './errors.ts';
import { evaluate, evaluateAs, isSeconds, type Site } from './evaluate.ts';
import { WHOLE } from './history.ts';
import { integrate, invokeByApi, invokeDirectly } from './integration.ts';
import { parseResource, type Resource } from './resource.ts';
import { type Run, record, siteOf, type Thread, type Visit } from './run.ts';
import { childOf, deadline, untilAborted } from './timing.ts';
import type { Pending } from './tokens.ts';

interface Limits {
  /** Real seconds; undefined means none. */
  readonly timeout: number | undefined;
  readonly heartbeat: number | undefined;
}

const limitsOf = async (state: TaskState, site: Site): Promise<Limits> => {
  const seconds = async (field: 'TimeoutSeconds' | 'HeartbeatSeconds'): Promise<number | undefined> => {
    const template = state[field];
    return template === undefined ? undefined : evaluateAs(template, field, site, 'positive integer', isSeconds);
  };
  return { timeout: await seconds('TimeoutSeconds'), heartbeat: await seconds('HeartbeatSeconds') };
};

/** Writes the events of one attempt, in the words of its kind of resource. */
interface Journal {
  scheduled(args: Json, limits: Limits): void;
  started(): void;
  submitted(output: Json): void;
  succeeded(output: Json): void;
  failed(error: StateError): void;
  timedOut(error: StateError): void;
}

const failure = (error: StateError): { error?: string; cause?: string } => ({
  ...(error.error !== undefined && { error: error.error }),
  ...(error.reason !== undefined && { cause: error.reason }),
});

const functionJournal = (run: Run, thread: Thread, state: TaskState): Journal => ({
  scheduled: (args, { timeout }) =>
    void record(run, thread, 'LambdaFunctionScheduled', {
      lambdaFunctionScheduledEventDetails: {
        resource: state.Resource,
        input: JSON.stringify(args),
        inputDetails: WHOLE,
        ...(timeout !== undefined && { timeoutInSeconds: timeout }),
      },
    }),
  started: () => void record(run, thread, 'LambdaFunctionStarted'),
  submitted: () => {},
  succeeded: (output) =>
    void record(run, thread, 'LambdaFunctionSucceeded', {
      lambdaFunctionSucceededEventDetails: { output: JSON.stringify(output), outputDetails: WHOLE },
    }),
  failed: (error) =>
    void record(run, thread, 'LambdaFunctionFailed', { lambdaFunctionFailedEventDetails: failure(error) }),
  timedOut: (error) =>
    void record(run, thread, 'LambdaFunctionTimedOut', { lambdaFunctionTimedOutEventDetails: failure(error) }),
});

const taskJournal = (run: Run, thread: Thread, resourceType: string, resource: string): Journal => {
  const names = { resourceType, resource };
  const result = (output: Json) => ({ ...names, output: JSON.stringify(output), outputDetails: WHOLE });
  return {
    scheduled: (args, { timeout, heartbeat }) =>
      void record(run, thread, 'TaskScheduled', {
        taskScheduledEventDetails: {
          ...names,
          region: run.engine.region,
          parameters: JSON.stringify(args),
          ...(timeout !== undefined && { timeoutInSeconds: timeout }),
          ...(heartbeat !== undefined && { heartbeatInSeconds: heartbeat }),
        },
      }),
    started: () => void record(run, thread, 'TaskStarted', { taskStartedEventDetails: names }),
    submitted: (output) => void record(run, thread, 'TaskSubmitted', { taskSubmittedEventDetails: result(output) }),
    succeeded: (output) => void record(run, thread, 'TaskSucceeded', { taskSucceededEventDetails: result(output) }),
    failed: (error) =>
      void record(run, thread, 'TaskFailed', { taskFailedEventDetails: { ...names, ...failure(error) } }),
    timedOut: (error) =>
      void record(run, thread, 'TaskTimedOut', { taskTimedOutEventDetails: { ...names, ...failure(error) } }),
  };
};

const call = (run: Run, resource: Resource, args: Json, signal: AbortSignal): Promise<Json> => {
  if (resource.kind === 'function') return invokeDirectly(run, resource, args, signal);
  return resource.service === 'lambda' ? invokeByApi(run, args, signal) : integrate(run, resource, args, signal);
};

/**
 * The call that hands out a token. A failure sent with the token, or a missed heartbeat, ends the task at once; a success that
 * comes early waits until the call is over.
 */
const submit = (work: Promise<Json>, pending: Pending): Promise<Json> =>
  Promise.race([work, pending.outcome.then(() => work)]);

const attempt = async (
  run: Run,
  thread: Thread,
  state: TaskState,
  site: Site,
  resource: Resource,
  pending: Pending | undefined,
): Promise<Json> => {
  const args =
    state.Arguments === undefined ? (site.states.input ?? null) : await evaluate(state.Arguments, 'Arguments', site);
  const limits = await limitsOf(state, site);
  const journal =
    resource.kind === 'function'
      ? functionJournal(run, thread, state)
      : taskJournal(run, thread, resource.service, resource.action);
  if (thread.signal.aborted) throw thread.signal.reason;
  journal.scheduled(args, limits);
  journal.started();
  if (limits.heartbeat !== undefined) pending?.watch(limits.heartbeat);

  const limit = limits.timeout === undefined ? undefined : deadline(limits.timeout * 1000, taskTimeout);
  const { controller, unlink } = childOf(thread.signal);
  const bounded = (work: Promise<Json>): Promise<Json> =>
    untilAborted(limit ? Promise.race([work, limit.expired]) : work, controller.signal);
  try {
    const work = call(run, resource, args, controller.signal);
    let output = await bounded(pending ? submit(work, pending) : work);
    if (pending) {
      journal.submitted(output);
      output = await bounded(pending.outcome);
    }
    journal.succeeded(output);
    return output;
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    if (error.error === 'States.Timeout') {
      controller.abort(error);
      journal.timedOut(error);
    } else journal.failed(error);
    throw error;
  } finally {
    limit?.stop();
    unlink();
  }
};

/** One attempt at a Task: its result, or a StateError. The handler's AbortSignal fires when nobody waits for it any more. */
export const performTask = async (run: Run, thread: Thread, visit: Visit, state: TaskState): Promise<Json> => {
  const resource = parseResource(state.Resource);
  if (!resource) throw new StateError('States.Runtime', `The resource ${state.Resource} is not supported`);
  const waits = resource.kind === 'integration' && resource.pattern === 'waitForTaskToken';
  const pending = waits ? run.engine.tokens.issue() : undefined;
  visit.token = pending?.token;
  try {
    return await attempt(run, thread, state, siteOf(run, thread, visit), resource, pending);
  } finally {
    pending?.release();
  }
};
