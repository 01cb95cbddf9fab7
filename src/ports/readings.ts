import type { Reading, Vantage } from '#domain/reading.ts';

/** The last reading of each vantage point, kept where the standby region can read it without the failed region. */
export interface Readings {
  /** Replaces the vantage's reading unless the stored one is newer. */
  put(reading: Reading): Promise<void>;
  last(plan: string, vantage: Vantage): Promise<Reading | null>;
  /** One per vantage that ever reported. Strongly consistent. */
  list(plan: string): Promise<readonly Reading[]>;
}
