import type { Left } from '#domain/incident.ts';
import type { Incident } from '#domain/request.ts';
import type { Instant } from '#domain/side.ts';

export interface OpenIncident extends Incident {
  readonly plan: string;
  /** Name of the execution that answers it: `<plan>-<incident id>`; the same incident can start only one. */
  readonly executionName: string;
  /** True when this call opened it; false when it joined one that was open. */
  readonly opened: boolean;
  /** What is known of its runs that ended; null while none has. */
  readonly left: Left | null;
  /** Execution that took the claim for it last; null while none has. */
  readonly answeredBy: string | null;
}

/** One open incident per plan: two alarms at the same instant are one incident, hence one execution. */
export interface Incidents {
  /** Opens an incident, or joins the open one. Ids count up per day (`INC-2026-1123-001`). Idempotent while it is open. */
  openOrJoin(plan: string, startedAt: Instant, detectedAt: Instant): Promise<OpenIncident>;
  /**
   * Puts down that a run of it ended and left it open, if it is the open one; otherwise changes nothing. `changed`: that run changed something and did
   * not undo it; true stays true.
   */
  leave(plan: string, incidentId: string, left: Left): Promise<void>;
  /**
   * Puts down that this execution answers it, which holds the claim: nobody who looked at the incident before that closes it. Was it closed meanwhile and
   * none is open, it is open again, with its id and times. Gives the incident that is open then: another one when that was opened meanwhile, and then
   * nothing was changed. Repeating it changes nothing.
   */
  answer(plan: string, incident: Incident, execution: string): Promise<OpenIncident>;
  /**
   * Closes the incident if it is open and still answered by the one by whom it was when the caller looked. One conditional write. True when it is not
   * open any more, also when it was closed before; false when another run has begun to answer it: then nothing was changed.
   */
  close(plan: string, seen: Pick<OpenIncident, 'id' | 'answeredBy'>, now: Instant): Promise<boolean>;
  current(plan: string): Promise<OpenIncident | null>;
}
