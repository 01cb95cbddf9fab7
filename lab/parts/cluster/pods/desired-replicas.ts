/**
 * What the HorizontalPodAutoscaler's controller computes, without its clock and its measurements.
 * https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#algorithm-details
 */

export interface Recommendation {
  /** Milliseconds. */
  readonly at: number;
  readonly replicas: number;
}

export interface AutoscalerLook {
  readonly now: number;
  readonly current: number;
  readonly min: number;
  readonly max: number;
  /** Percent of what the pods ask for; undefined when a pod of it is not measured yet. */
  readonly utilization: number | undefined;
  readonly target: number;
  /** Scaling down waits until nothing in this time recommended more. Milliseconds. */
  readonly stabilizationMs: number;
  /** False: `behavior.scaleDown.selectPolicy: Disabled`. */
  readonly scalesDown: boolean;
  /** Of earlier looks. */
  readonly before: readonly Recommendation[];
}

export interface AutoscalerDecision {
  readonly desired: number;
  /** For the next look. */
  readonly recommendations: readonly Recommendation[];
}

const TOLERANCE = 0.1;

/** The default policies of scaling up: double, or four more. */
const atMost = (current: number): number => Math.max(current * 2, current + 4);

export const desiredReplicas = (look: AutoscalerLook): AutoscalerDecision => {
  const { now, current, min, max, utilization, target, stabilizationMs, scalesDown, before } = look;
  // Scaled to nothing is switched off; and it starts afresh when it is on again.
  if (current === 0) return { desired: 0, recommendations: [] };
  if (current > max) return { desired: max, recommendations: before };
  if (current < min) return { desired: min, recommendations: before };
  if (utilization === undefined) return { desired: current, recommendations: before };
  const ratio = utilization / target;
  const asked = Math.abs(ratio - 1) <= TOLERANCE ? current : Math.ceil(current * ratio);
  const bounded = Math.min(max, Math.max(min, Math.min(asked, atMost(current))));
  const young = before.filter(({ at }) => now - at < stabilizationMs);
  const first = before.length === 0 ? [{ at: now, replicas: current }] : young;
  const recommendations = [...first, { at: now, replicas: bounded }];
  const highest = Math.max(...recommendations.map(({ replicas }) => replicas));
  const down = scalesDown ? Math.min(current, Math.max(min, highest)) : current;
  return { desired: bounded >= current ? bounded : down, recommendations };
};
