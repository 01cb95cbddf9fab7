import type { Autoscaler, Room } from '#domain/capacity.ts';
import type { Rescaling } from '#domain/rescaling.ts';
import type { Side } from '#domain/side.ts';

export interface WorkloadStatus {
  readonly name: string;
  /** spec.replicas */
  readonly wanted: number;
  readonly ready: number;
  /** Replicas that run the newest template. */
  readonly updated: number;
  /** Replicas of any template that are not being ended: more than `updated` while old ones still serve. */
  readonly total: number;
  /** The controller has seen the newest spec (observedGeneration >= generation). */
  readonly observed: boolean;
  /** What `rescale` kept on the deployment; null where it never did, or `scale` took it away. Stays when others change spec.replicas. */
  readonly rescaled: Rescaling | null;
}

/** Deployments and configuration of one region's cluster. Throws UnreachableError (time-out 2 s), WorkloadNotFoundError. */
export interface Workloads {
  status(side: Side, deployments: readonly string[]): Promise<readonly WorkloadStatus[]>;
  /**
   * What the cluster can take now: left on each node that is ready, schedulable and untainted (allocatable less the requests of its pods), left of
   * each ResourceQuota of the plan's namespace, and what a replica of each deployment asks for. A node that an autoscaler would make is not there.
   * Needs `list` on nodes and on pods of all namespaces. Throws CallRefusedError without it.
   */
  room(side: Side, deployments: readonly string[]): Promise<Room>;
  /** What a recovery has to do in the plan's namespace and the caller may not, in words: `patch deployments`. Empty when nothing is missing. */
  rightsMissing(side: Side): Promise<readonly string[]>;
  /**
   * The HorizontalPodAutoscalers (autoscaling/v2) of the plan's namespace that scale one of the deployments. Needs `list` on them. Throws
   * CallRefusedError without it.
   */
  autoscalers(side: Side, deployments: readonly string[]): Promise<readonly Autoscaler[]>;
  /**
   * Raises spec.minReplicas. What it was is kept on the object, in the same write: a try that dies before its answer is on record forgets nothing,
   * and raising again keeps the first value. Needs `patch`. Throws CallRefusedError without it, and for a minimum beyond the maximum.
   */
  raiseMinimum(side: Side, autoscaler: Autoscaler, min: number): Promise<void>;
  /** Puts spec.minReplicas back to what it was before it was raised; changes nothing where it was not. */
  restoreMinimum(side: Side, autoscaler: Autoscaler): Promise<void>;
  /**
   * Sets spec.replicas to `after`. The whole rescaling is kept on the deployment, in the same write: a try that dies before its answer is on record
   * forgets nothing. Repeatable. What is kept is what the caller says: it looks first, so that it does not keep its own number.
   */
  rescale(side: Side, deployment: string, rescaling: Rescaling): Promise<void>;
  /** Sets spec.replicas, and takes away what is kept there, in the same write. Setting what is already set changes nothing. */
  scale(side: Side, deployment: string, replicas: number): Promise<void>;
  /** One key of a ConfigMap; null when the key is absent. */
  readConfig(side: Side, configMap: string, key: string): Promise<string | null>;
  writeConfig(side: Side, configMap: string, key: string, value: string): Promise<void>;
  /** As `kubectl rollout restart`; `stamp` makes it repeatable: the same stamp restarts once. */
  restart(side: Side, deployment: string, stamp: string): Promise<void>;
}
