/**
 * Every error that the pipeline throws. `name` is a literal: Step Functions matches it in Retry and Catch, and a test compares
 * these names with those in state-machines/. `retryable` says whether trying again unchanged can help.
 */
abstract class ContinuityError extends Error {
  abstract readonly retryable: boolean;
}

/** The request is not one: its shape or its values. Nothing was changed. */
export class InvalidRequestError extends ContinuityError {
  override readonly name = 'InvalidRequestError';
  readonly retryable = false;
}

/** A server did not answer in time, or refused or reset the connection. Says nothing of whether a change was made. */
export class UnreachableError extends ContinuityError {
  override readonly name = 'UnreachableError';
  readonly retryable = true;
}

/** Another recovery of the plan holds the claim. The message names the holder and the command that lifts it. */
export class ClaimHeldError extends ContinuityError {
  override readonly name = 'ClaimHeldError';
  readonly retryable = false;
}

/** The last recovery of the plan ended too short a time ago. */
export class CoolDownError extends ContinuityError {
  override readonly name = 'CoolDownError';
  readonly retryable = false;
}

/** The incident that the run answers was closed, and another one is open, which has a run of its own. Nothing was changed. */
export class IncidentClosedError extends ContinuityError {
  override readonly name = 'IncidentClosedError';
  readonly retryable = false;
}

/** A step carries an epoch that is no longer the plan's: another recovery took over. */
export class StaleEpochError extends ContinuityError {
  override readonly name = 'StaleEpochError';
  readonly retryable = false;
}

/** A person paused the run: asked again until it is resumed. The step was not begun. */
export class PausedError extends ContinuityError {
  override readonly name = 'PausedError';
  readonly retryable = true;
}

/** A person aborted the run before its promotion. The step was not begun; what was done before is undone. */
export class AbortedError extends ContinuityError {
  override readonly name = 'AbortedError';
  readonly retryable = false;
}

/** The evidence does not call for a recovery. */
export class NoRecoveryError extends ContinuityError {
  override readonly name = 'NoRecoveryError';
  readonly retryable = false;
}

/** A guard forbids the recovery; the message lists every reason. Nothing was changed. */
export class GuardsRefusedError extends ContinuityError {
  override readonly name = 'GuardsRefusedError';
  readonly retryable = false;
}

/** The old primary answers and still lets the application write: promoting beside it would make two primaries. Nothing was promoted. */
export class FenceFailedError extends ContinuityError {
  override readonly name = 'FenceFailedError';
  readonly retryable = true;
}

/** The write lease is the other side's, or its application may still write by it: granting it now would make two writers. */
export class LeaseHeldError extends ContinuityError {
  override readonly name = 'LeaseHeldError';
  readonly retryable = true;
}

export class DatabaseNotFoundError extends ContinuityError {
  override readonly name = 'DatabaseNotFoundError';
  readonly retryable = false;
}

/** The database's control plane refused to promote in its present state. */
export class PromotionRefusedError extends ContinuityError {
  override readonly name = 'PromotionRefusedError';
  readonly retryable = false;
}

/** The database's control plane works on the instance, and promotes it when that is over. Nothing was promoted. */
export class PromotionNotYetError extends ContinuityError {
  override readonly name = 'PromotionNotYetError';
  readonly retryable = true;
}

/** A server answers but does not take writes. */
export class NotWritableError extends ContinuityError {
  override readonly name = 'NotWritableError';
  readonly retryable = true;
}

export class WorkloadNotFoundError extends ContinuityError {
  override readonly name = 'WorkloadNotFoundError';
  readonly retryable = false;
}

/** A step that should have changed something read back that it did not. */
export class NoEffectError extends ContinuityError {
  override readonly name = 'NoEffectError';
  readonly retryable = true;
}

/** A verification did not pass: what was asked and what came back. */
export class VerificationFailedError extends ContinuityError {
  override readonly name = 'VerificationFailedError';
  readonly retryable = true;
}

/** A counted poll came to its end and what it waited for had not come. */
export class NotInTimeError extends ContinuityError {
  override readonly name = 'NotInTimeError';
  readonly retryable = false;
}

/** Traffic was moved and the standby serves it as seen from there; the third site, which has to say so as well, was silent. The service is not down. */
export class NotConfirmedError extends ContinuityError {
  override readonly name = 'NotConfirmedError';
  readonly retryable = false;
}

export class TrafficRefusedError extends ContinuityError {
  override readonly name = 'TrafficRefusedError';
  readonly retryable = false;
}

/** What proves a healthy standby is of another time: it is verified again. */
export class VerificationOldError extends ContinuityError {
  override readonly name = 'VerificationOldError';
  readonly retryable = false;
}

export class NoticeNotSentError extends ContinuityError {
  override readonly name = 'NoticeNotSentError';
  readonly retryable = true;
}

export class LedgerUnavailableError extends ContinuityError {
  override readonly name = 'LedgerUnavailableError';
  readonly retryable = true;
}

export class ExecutionRefusedError extends ContinuityError {
  override readonly name = 'ExecutionRefusedError';
  readonly retryable = false;
}

/** A service that we use throttled, failed on its own side or gave no name, after all retries: says nothing of the server that was to be reached by it. */
export class ServiceUnavailableError extends ContinuityError {
  override readonly name = 'ServiceUnavailableError';
  readonly retryable = true;
}

/** AWS refused the call: permission or parameters. Trying again does not help; the message says what to mend. */
export class CallRefusedError extends ContinuityError {
  override readonly name = 'CallRefusedError';
  readonly retryable = false;
}

/** The function was about to reach its time-out and stopped itself while it could still say so. */
export class OutOfTimeError extends ContinuityError {
  override readonly name = 'OutOfTimeError';
  readonly retryable = true;
}

/** The watchdog could not look after everything: the message says after what. The rest is done, and the next look tries again. */
export class WatchIncompleteError extends ContinuityError {
  override readonly name = 'WatchIncompleteError';
  readonly retryable = true;
}

/** A named approver declined: the fence is lifted and nothing is promoted. */
export class ApprovalDeclinedError extends ContinuityError {
  override readonly name = 'ApprovalDeclinedError';
  readonly retryable = false;
}

/** Too few approvals in the time that the plan gives: the fence is lifted and nothing is promoted. */
export class ApprovalTimedOutError extends ContinuityError {
  override readonly name = 'ApprovalTimedOutError';
  readonly retryable = false;
}

/** A decision that does not count: nobody was asked, the person is no approver, has decided already, or comes too late. */
export class DecisionRefusedError extends ContinuityError {
  override readonly name = 'DecisionRefusedError';
  readonly retryable = false;
}

export type { ContinuityError };
