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
  /** Closes the incident if it is the open one; otherwise changes nothing. */
  close(plan: string, incidentId: string, now: Instant): Promise<void>;
  current(plan: string): Promise<OpenIncident | null>;
}
