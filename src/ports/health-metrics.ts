import type { Instant } from '#domain/side.ts';

export interface HealthMetric {
  readonly name: string;
  readonly value: number;
  readonly unit: 'None' | 'Seconds' | 'Milliseconds' | 'Count';
  readonly dimensions: Readonly<Record<string, string>>;
  readonly at: Instant;
  /** Kept by the second, for alarms with periods below a minute. Default: by the minute. */
  readonly highResolution?: boolean;
}

/** Metrics that alarms look at, always in the standby region's CloudWatch, never the primary's. */
export interface HealthMetrics {
  put(metrics: readonly HealthMetric[]): Promise<void>;
}
