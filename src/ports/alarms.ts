import type { AlarmReading } from '#domain/reading.ts';

/** The health alarms of the plan as they are now, in the standby region's CloudWatch, never the primary's. */
export interface Alarms {
  /** Every health alarm of the deployed stack, by name. Throws ServiceUnavailableError, CallRefusedError. */
  states(): Promise<readonly AlarmReading[]>;
}
