import type { OverridableGuard, Override } from '#domain/override.ts';
import type { SeverityLevel } from '#domain/severity.ts';
import type { Instant } from '#domain/side.ts';

/** `dry-run`: look at everything, name every change, make none. */
export const MODES = ['failover', 'dry-run'] as const;
export type Mode = (typeof MODES)[number];
export const isMode = (value: unknown): value is Mode => MODES.some((mode) => mode === value);

/** Of a reason, in characters. */
export const MOST_REASON = 1_000;
/** Of the name of who asks, in characters. */
export const MOST_NAME = 100;

/** The incident id of a dry run while no incident is open: it opens none. */
export const NO_INCIDENT = 'dry-run';

/** What a person types in the Step Functions console, or `continuity start` sends: these three, and what they ask for beyond. */
export interface ConsoleInput {
  readonly plan: string;
  readonly reason: string;
  readonly mode: Mode;
  /** Ask for approval also where the plan's policy does not. */
  readonly approval?: 'required';
  /** A duration shorter than the plan's `approval.timeout`. */
  readonly decideWithin?: string;
  /** Who asks. With overrides it has to be said: the record names the person. */
  readonly by?: string;
  /** How grave it is, 1 (the gravest) to 4, where the person knows more than the probes see. */
  readonly severity?: SeverityLevel;
  /** Guard -> why the person overrides it. */
  readonly overrides?: Partial<Record<OverridableGuard, string>>;
}

export interface Incident {
  /** `INC-YYYY-MMDD-XXX`: unique and in order per plan and day (plan, "Initial Incident Notification"). */
  readonly id: string;
  /** First bad signal. Recovery time is counted from here. */
  readonly startedAt: Instant;
  /** When the alarm changed to ALARM, or the person asked. */
  readonly detectedAt: Instant;
}

/** A request that was accepted: what every later state gets. */
export interface RecoveryRequest {
  readonly plan: string;
  readonly mode: Mode;
  readonly reason: string;
  readonly trigger: 'alarm' | 'person';
  /** `alarm:<alarm name>`, `person` or `person:<name>`. */
  readonly actor: string;
  readonly incident: Incident;
  /** People have to approve whatever the plan's policy says. `withinSeconds`: they get less time than the plan gives. */
  readonly approval?: { readonly withinSeconds: number | null };
  /** As the person who asked gave it. */
  readonly severity?: SeverityLevel;
  /** Guards that the person overrides. */
  readonly overrides?: readonly Override[];
}
