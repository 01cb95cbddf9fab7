/** An error that a state reports: what Retry and Catch match, and what fails the execution when nothing does. */
export class StateError extends Error {
  override readonly name = 'StateError';
  /** Error name as in ErrorEquals; undefined for a Fail state that names none. */
  readonly error: string | undefined;
  readonly reason: string | undefined;
  /** Further names under which a Retrier or Catcher may match it. */
  readonly aliases: readonly string[];
  constructor(error: string | undefined, reason?: string, aliases: readonly string[] = []) {
    super(`${error ?? 'Fail'}${reason ? `: ${reason}` : ''}`);
    this.error = error;
    this.reason = reason;
    this.aliases = aliases;
  }
}

/**
 * A task ran longer than TimeoutSeconds, or was silent longer than HeartbeatSeconds. AWS reports both as States.Timeout in the
 * history; States.HeartbeatTimeout exists for matching only
 * (https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html).
 */
export const taskTimeout = (): StateError => new StateError('States.Timeout');
export const heartbeatTimeout = (): StateError =>
  new StateError('States.Timeout', undefined, ['States.HeartbeatTimeout']);

/** Names that States.ALL does not match (same page). */
const UNCATCHABLE = new Set(['States.DataLimitExceeded', 'States.Runtime']);

/**
 * Whether ErrorEquals matches. States.TaskFailed matches anything but a time-out; States.ALL matches anything but the two
 * terminal errors.
 */
export const matches = (errorEquals: readonly string[], error: StateError): boolean => {
  const names = error.error === undefined ? error.aliases : [error.error, ...error.aliases];
  if (errorEquals.some((name) => names.includes(name))) return true;
  if (names.some((name) => UNCATCHABLE.has(name))) return false;
  return errorEquals.some(
    (name) => name === 'States.ALL' || (name === 'States.TaskFailed' && !names.includes('States.Timeout')),
  );
};

/**
 * Not an error of the machine: work was told to stop. `sibling`: another branch failed, the stopped state is written to the
 * history behind event `after`. `execution`: the whole execution was stopped or timed out, nothing more is written.
 */
export class Halted extends Error {
  override readonly name = 'Halted';
  readonly scope: 'sibling' | 'execution';
  readonly after: number;
  constructor(scope: 'sibling' | 'execution', after = 0) {
    super(`stopped: ${scope}`);
    this.scope = scope;
    this.after = after;
  }
}

/** The next event would be number 25,000: the execution ends here and the number is kept for ExecutionFailed. */
export class HistoryFull extends Error {
  override readonly name = 'HistoryFull';
}
