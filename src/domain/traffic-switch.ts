import type { Side } from '#domain/side.ts';

/**
 * The switch of the strategy `health-switch`: one metric in the standby region, which an alarm there and the primary records' health check watch.
 * The stack makes them; the pipeline only writes the metric. By the plan alone, not by the stage: two stages cannot own the same records either.
 */
export interface TrafficSwitch {
  readonly alarm: string;
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

export const trafficSwitch = ({ plan }: { readonly plan: string }): TrafficSwitch => ({
  alarm: `continuity-${plan}-traffic-at-standby`,
  /** A namespace of its own, so that a role may write this and no other metric. */
  namespace: 'Continuity/Traffic',
  metric: 'StandbyTakesOver',
  dimensions: { Plan: plan },
});

/** On (1, ALARM) is traffic at the standby; off is the state of a switch that nobody has ever touched. */
export const SWITCH_VALUE: Readonly<Record<Side, 0 | 1>> = { primary: 0, standby: 1 };
