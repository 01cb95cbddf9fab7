import type { IntOrPercent, Strategy } from '../kube/types.ts';

export interface PodView {
  readonly name: string;
  readonly ready: boolean;
  /** Creation order; larger is younger. */
  readonly order: number;
}

export interface RolloutView {
  readonly replicas: number;
  readonly strategy: Strategy;
  /** Pods of the current template, and of earlier ones. Pods that are going already are in neither. */
  readonly current: readonly PodView[];
  readonly old: readonly PodView[];
}

export interface RolloutStep {
  /** How many pods of the current template to start. */
  readonly start: number;
  /** Names of pods to stop. */
  readonly stop: readonly string[];
}

const resolve = (value: IntOrPercent | undefined, of: number, round: (n: number) => number): number => {
  const text = String(value ?? '25%');
  return text.endsWith('%') ? round((Number(text.slice(0, -1)) * of) / 100) : Number(text);
};

/** The first to go: those that do not serve, then the youngest. */
const expendable = (pods: readonly PodView[]): PodView[] =>
  [...pods].sort((a, b) => Number(a.ready) - Number(b.ready) || b.order - a.order);

/**
 * The next step from what there is towards what is wanted; called again after every change. New pods start within `maxSurge`;
 * old ones that serve go only while enough pods stay ready; old ones that do not serve go at once.
 * https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment
 */
export const nextStep = ({ replicas, strategy, current, old }: RolloutView): RolloutStep => {
  const surplus = expendable(current).slice(0, Math.max(0, current.length - replicas));
  if (strategy.type === 'Recreate') {
    if (old.length > 0) return { start: 0, stop: old.map((pod) => pod.name) };
    return { start: Math.max(0, replicas - current.length), stop: surplus.map((pod) => pod.name) };
  }
  const { maxSurge, maxUnavailable } = strategy.rollingUpdate ?? {};
  const surge = resolve(maxSurge, replicas, Math.ceil);
  const down = resolve(maxUnavailable, replicas, Math.floor);
  // Both rounded to nothing would never move: Kubernetes then lets one be unavailable.
  const unavailable = surge === 0 && down === 0 ? 1 : down;

  const room = replicas + surge - current.length - old.length;
  const start = Math.max(0, Math.min(replicas - current.length, room));

  const ready = [...current, ...old].filter((pod) => pod.ready).length;
  const broken = old.filter((pod) => !pod.ready);
  const serving = expendable(old.filter((pod) => pod.ready));
  const spare = Math.max(0, ready - surplus.filter((pod) => pod.ready).length - (replicas - unavailable));
  return { start, stop: [...surplus, ...broken, ...serving.slice(0, spare)].map((pod) => pod.name) };
};
